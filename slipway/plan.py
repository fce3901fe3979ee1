"""Plans: pure data, shown before they are executed, and the same in the transcript afterwards."""

import difflib
import hashlib
import json
import shlex
from dataclasses import dataclass

from slipway.secret import Secret, Text, shown


@dataclass(frozen=True, slots=True)
class Run:
    """Run one command on the server. `tunnel` keeps the control plane's registry reachable meanwhile."""

    why: str
    argv: tuple[Text, ...]
    stdin: Text | None = None
    timeout: float = 60.0
    tunnel: bool = False

    def shown(self) -> str:
        return " ".join(shown(word) if isinstance(word, Secret) else shlex.quote(word) for word in self.argv)


@dataclass(frozen=True, slots=True)
class Write:
    """Write a file, atomically. `before` is what is there now: None for nothing, or its text."""

    why: str
    path: str
    content: Text
    mode: int = 0o644
    before: Text | None = None

    def shown(self) -> str:
        return f"write {self.path} (mode {self.mode:04o})"

    def diff(self) -> str:
        """A unified diff from what is there to what will be; secrets are masked on both sides."""
        old = shown(self.before).splitlines() if self.before is not None else []
        new = shown(self.content).splitlines()
        name = self.path.lstrip("/")
        before = f"a/{name}" if self.before is not None else "/dev/null"
        return "\n".join(difflib.unified_diff(old, new, before, f"b/{name}", lineterm="", n=2))


@dataclass(frozen=True, slots=True)
class Probe:
    """Ask every replica of a process, until each is healthy or `timeout` seconds passed.

    `host` is the Host header; statuses `first`..`last` are healthy. With `port` None the replicas need only
    stay up for a moment.
    """

    why: str
    project: str
    process: str
    replicas: int
    port: int | None
    host: str
    path: str
    first: int
    last: int
    timeout: float
    interval: float

    def shown(self) -> str:
        if self.port is None:
            return f"watch {self.replicas} x {self.project} {self.process} stay up"
        asked = f"GET :{self.port}{self.path} (Host: {self.host})"
        return f"probe {self.replicas} x {self.project} {self.process}: {asked}"


@dataclass(frozen=True, slots=True)
class Switch:
    """Rename one file, so that the proxy serves `to` ("shop-v12-web") from the next request on."""

    why: str
    app: str
    to: str

    def shown(self) -> str:
        return f"switch {self.app} to {self.to}"


@dataclass(frozen=True, slots=True)
class Drain:
    """Wait until a project has no request in flight, or `timeout` seconds passed."""

    why: str
    project: str
    timeout: float

    def shown(self) -> str:
        return f"drain {self.project} (at most {self.timeout:g}s)"


Step = Run | Write | Probe | Switch | Drain


@dataclass(frozen=True, slots=True)
class Plan:
    """The ordered steps for one server, and what undoes them when one of them, or another server's, fails."""

    server: str
    title: str
    steps: tuple[Step, ...]
    on_failure: tuple[Step, ...] = ()

    def shown(self) -> list[str]:
        """A line for each step: what is done and why."""
        return [f"{step.shown()}  # {step.why}" for step in self.steps]


@dataclass(frozen=True, slots=True)
class Stage:
    """Plans that are executed side by side; the next stage begins only when all of them succeeded.

    `revertible` says that a failure here, or a cancel, is answered by every plan's `on_failure`, of this
    stage and then of those before it. After the last such stage the change stands; failures are warnings.
    """

    name: str
    plans: tuple[Plan, ...]
    revertible: bool = True


@dataclass(frozen=True, slots=True)
class Rollout:
    """The whole of a change over all servers."""

    title: str
    stages: tuple[Stage, ...]

    @property
    def is_empty(self) -> bool:
        return not any(plan.steps for stage in self.stages for plan in stage.plans)

    def hash(self) -> str:
        """12 hex digits over every step as it would run; secrets take part by their label only."""
        text = json.dumps([_identity(stage) for stage in self.stages], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def _identity(value: object) -> object:
    if isinstance(value, Secret):
        return {"secret": value.label, "masked": value.masked}
    if isinstance(value, tuple):
        return [_identity(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        fields = {name: _identity(getattr(value, name)) for name in value.__dataclass_fields__}
        return {"type": type(value).__name__, **fields}
    return value
