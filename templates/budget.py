"""What one rendering may use. Counted, not timed by signals, so that it works in any thread."""

import time
from collections.abc import Sized
from contextvars import ContextVar
from dataclasses import dataclass, field

from slipway.errors import TemplateError

STEPS = 100_000
SECONDS = 2.0
MAX_TEXT = 64 << 10
MAX_OUTPUT = 1 << 20
MAX_ITEMS = 10_000
MAX_NUMBER = 1 << 63


@dataclass(slots=True)
class Budget:
    """The steps of one rendering, the evidence it has named, and which template extends which."""

    names: tuple[str, ...] = ()
    deadline: float = field(default_factory=lambda: time.monotonic() + SECONDS)
    steps: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    extends: dict[str, str] = field(default_factory=dict)

    def charge(self, steps: int = 1) -> None:
        """Count steps. Raises `TemplateError` past 100,000 of them or 2 seconds."""
        self.steps += steps
        if self.steps > STEPS:
            raise TemplateError(f"does too much: more than {STEPS:,} steps; is there a loop without end?")
        if time.monotonic() > self.deadline:
            raise TemplateError(f"takes longer than {SECONDS:g} seconds; is there a loop without end?")

    def reason(self, text: str) -> int:
        """The number of a piece of evidence."""
        return self.reasons.setdefault(text, len(self.reasons))


current: ContextVar[Budget] = ContextVar("current")


def charge_for(value: object) -> None:
    """Count the steps of walking over a value."""
    steps = len(value) if isinstance(value, Sized) else 1
    current.get().charge(1 + (steps >> 10 if isinstance(value, str) else steps))


def capped(text: str, most: int = MAX_TEXT) -> str:
    """The text itself. Raises `TemplateError` when it is longer than that."""
    if len(text) > most:
        raise TemplateError(f"a value grew past {most >> 10} KiB")
    return text
