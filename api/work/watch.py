"""Looks on while a rollout is executed: writes the transcript, times the stages, sums up each server."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from api.work.journal import Journal
from runtime.docker import RELEASE
from slipway.plan import Drain, Probe, Step, Switch
from slipway.release import Release
from slipway.size import shown_size
from slipway.transcript import Record

PHASES = {"deliver": "delivery", "finish": "drain"}


@dataclass(slots=True)
class Seen:
    """What was seen of one server."""

    delivery: float = 0.0
    pulled: bool = False
    parts: list[str] = field(default_factory=list)


class Watcher:
    """A `runtime.execute.Watch` for one deploy."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._lock = threading.Lock()
        self._spans: dict[str, tuple[float, float]] = {}
        self._steps: dict[tuple[str, str], Step] = {}
        self._seen: dict[str, Seen] = {}

    def started(self, server: str, stage: str, step: Step) -> None:
        """A step begins."""
        moment = time.monotonic()
        with self._lock:
            begin, _ = self._spans.get(stage, (moment, moment))
            self._spans[stage] = (begin, moment)
            self._steps[(server, stage)] = step

    def finished(self, record: Record) -> None:
        """A step ended."""
        moment = time.monotonic()
        self.journal.record(record)
        with self._lock:
            begin, _ = self._spans.get(record.stage, (moment, moment))
            self._spans[record.stage] = (begin, moment)
            step = self._steps.get((record.server, record.stage))
            if step and record.ok:
                self._sum_up(self._seen.setdefault(record.server, Seen()), step, record)
        if record.ok and record.command.endswith(f" {RELEASE}"):
            for line in record.output.splitlines():
                self.journal.out(line, "release")

    def warn(self, server: str, text: str) -> None:
        """Something went wrong that does not undo the change."""
        self.journal.warn(f"{server}: {text}", "finish")

    def timings(self) -> dict[str, float]:
        """Seconds by phase."""
        with self._lock:
            return {PHASES.get(name, name): end - begin for name, (begin, end) in self._spans.items()}

    def summary(self, server: str, release: Release, after: Sequence[Step] = ()) -> str:
        """For example `v12 on web1: 4.1 MB delivered in 0.4s, healthy after 1.1s, switched, v11 drains`.

        `after` is what is done there once the release is live.
        """
        with self._lock:
            seen = self._seen.get(server, Seen())
            size = f"{shown_size(release.image.new_bytes)} delivered" if seen.pulled else ""
            parts = [f"{size} in {seen.delivery:.1f}s" if size else "image was there", *seen.parts]
            parts += [
                f"{step.project.rpartition('-')[2]} drains" for step in after if isinstance(step, Drain)
            ]
            return f"v{release.number} on {server}: {', '.join(parts)}"

    def _sum_up(self, seen: Seen, step: Step, record: Record) -> None:
        if record.stage == "deliver":
            seen.delivery += record.seconds
            seen.pulled = seen.pulled or "pull" in record.command.split()
        match step:
            case Probe():
                label = "" if step.port else f"{step.process} "
                seen.parts.append(f"{label}{record.output if step.port else 'stays up'}")
            case Switch():
                seen.parts.append("switched")
