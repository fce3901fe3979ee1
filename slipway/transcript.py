"""The record of executed steps."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """One executed step, secrets masked. `started_at` is in seconds since 1970; no `exit_code`: no answer."""

    server: str
    stage: str
    why: str
    command: str
    stdin: str
    output: str
    exit_code: int | None
    started_at: float
    seconds: float

    @property
    def ok(self) -> bool:
        return self.exit_code == 0
