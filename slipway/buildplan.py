"""What the builder decided about a repo, with the evidence for each decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from slipway.evidence import Decision


@dataclass(frozen=True, slots=True)
class Guess:
    """A process that the builder would run, and why."""

    command: Decision
    port: int | None = None


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """Pure data; the same folder gives the same plan.

    `template` names the Dockerfile's template ("dockerfiles/python"), "" when the repo brings its own
    (`dockerfile` is then its path). `values` is what the template sees, next to `decisions` by name.
    """

    stack: str
    template: str
    decisions: tuple[Decision, ...]
    values: Mapping[str, object]
    processes: Mapping[str, Guess] = field(default_factory=dict)
    dockerfile: str = ""
    target: str = ""
    root: str = "."
    release_hint: str = ""
    warnings: tuple[str, ...] = ()

    def decision(self, name: str) -> Decision | None:
        """The decision called `name`, if it was made."""
        return next((decision for decision in self.decisions if decision.name == name), None)

    def headline(self) -> str:
        """One line for people: every decision that has a title, with its evidence."""
        return ", ".join(decision.shown() for decision in self.decisions if decision.title)
