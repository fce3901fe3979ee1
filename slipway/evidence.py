"""Why something was decided: the line of the user's repo, or the rule, that caused it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """`file` is relative to the repo, `line` counts from 1, `what` names it ("requires-python")."""

    what: str
    file: str = ""
    line: int | None = None

    def shown(self) -> str:
        """For example `requires-python, pyproject.toml:6`."""
        place = f"{self.file}:{self.line}" if self.file and self.line else self.file
        return ", ".join(part for part in (self.what, place) if part)


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that was decided about a repo, and why.

    `name` is stable and dotted ("python.version"), `title` is for people ("Python 3.13"); `value` is what
    templates print.
    """

    name: str
    value: str
    evidence: tuple[Evidence, ...]
    title: str = ""

    def shown(self) -> str:
        """For example `Python 3.13 (requires-python, pyproject.toml:6)`."""
        because = "; ".join(item.shown() for item in self.evidence)
        return f"{self.title or self.value} ({because})" if because else (self.title or self.value)
