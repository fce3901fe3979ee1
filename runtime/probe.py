"""Probing new replicas until they are healthy, and saying why when they are not."""

from dataclasses import dataclass

from runtime.diagnose import diagnose
from runtime.lowering import arguments, script_of
from runtime.ssh import Ssh
from slipway.cancel import Cancel
from slipway.plan import Probe
from templates.engine import Engine

GRACE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the probe script said: `word` is healthy, ended, late or missing; `detail` its reason."""

    word: str
    container: str
    answer: str
    detail: str


def probe(step: Probe, ssh: Ssh, engine: Engine, cancel: Cancel) -> str:
    """Wait until every replica is healthy; returns `healthy after 1.1s`. Raises `Unhealthy`."""
    result = ssh.script(
        script_of(step, engine), arguments(step), timeout=step.timeout + GRACE_SECONDS, cancel=cancel
    )
    verdict = parse(result.output)
    if verdict.word == "healthy":
        return f"healthy after {int(verdict.detail) / 1000:.1f}s"
    raise diagnose(step, verdict, ssh, engine)


def parse(output: str) -> Verdict:
    """The verdict in the last line of the script's output."""
    lines = [line for line in output.splitlines() if line.strip()] or ["missing - - the probe said nothing"]
    words = [*lines[-1].split(" ", 3), "", "", ""]
    if words[0] not in ("healthy", "ended", "late", "missing"):
        return Verdict("missing", "-", "-", " ".join(lines)[-300:])
    return Verdict(words[0], words[1], words[2], words[3])
