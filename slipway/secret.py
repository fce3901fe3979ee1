"""A string that never shows itself."""

import json
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
    Each line of a many-line value is masked too, since output is scrubbed line by line; and a value as
    programs print it when they show their environment, as JSON or as Python's repr.
    """

    def __init__(self, secrets: Iterable[Text] = ()) -> None:
        self._values = sorted({part for secret in secrets for part in _parts(reveal(secret))})

    def __call__(self, text: str) -> str:
        shown, end = [], 0
        for start, stop in _merged(place for value in self._values for place in _places(text, value)):
            shown += [text[end:start], MASK]
            end = stop
        return "".join([*shown, text[end:]])


def _places(text: str, value: str) -> Iterable[tuple[int, int]]:
    start = text.find(value)
    while start >= 0:
        yield start, start + len(value)
        start = text.find(value, start + 1)


def _merged(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The places with those that overlap made one: replacing them one by one would leave halves."""
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(places):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def _parts(value: str) -> Iterable[str]:
    written = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
    return (part for part in {*written, *value.splitlines()} if len(part.strip()) >= 4)
