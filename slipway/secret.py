"""A string that never shows itself."""

from collections.abc import Iterable
from dataclasses import dataclass

MASK = "***"


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A value that prints as `***`; `reveal()` is the only way to it.

    `label` says what it is without its value (`env of shop, config 7`): it stands for the value wherever
    a plan is shown or hashed. `masked` is an optional many-line form with every value masked.
    """

    value: str
    label: str = ""
    masked: str = ""

    def reveal(self) -> str:
        return self.value

    def __str__(self) -> str:
        return MASK

    __repr__ = __str__


Text = str | Secret


def reveal(text: Text) -> str:
    """The real value of a text that may be a secret."""
    return text.value if isinstance(text, Secret) else text


def shown(text: Text) -> str:
    """The text as a person may see it."""
    return (text.masked or MASK) if isinstance(text, Secret) else text


class Scrubber:
    """Replaces every known secret value in a text by `***`.

    Values shorter than 4 characters are left alone: masking `1` or `on` everywhere would hide the output.
    Each line of a many-line value is masked too, since output is scrubbed line by line.
    """

    def __init__(self, secrets: Iterable[Text] = ()) -> None:
        values = {part for secret in secrets for part in _parts(reveal(secret))}
        self._values = sorted(values, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for value in self._values:
            if value in text:
                text = text.replace(value, MASK)
        return text


def _parts(value: str) -> Iterable[str]:
    return (part for part in {value, *value.splitlines()} if len(part.strip()) >= 4)
