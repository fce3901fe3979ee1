"""What a person watches while work is under way."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a line is drawn: a head begins a phase, out is a program's own output."""

    HEAD = "head"
    OUT = "out"
    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of live output, without a newline; `phase` is "checkout", "detect", "build", "release", … ."""

    text: str
    kind: Kind = Kind.OUT
    phase: str = ""

    def drawn(self) -> str:
        """The line as git push shows it."""
        marks = {Kind.HEAD: "-----> ", Kind.OUT: "       ", Kind.WARN: " !     ", Kind.ERROR: " !     "}
        return f"{marks[self.kind]}{self.text}"


Progress = Callable[[Line], None]
