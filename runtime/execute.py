"""The one place that acts: stages in order, servers side by side, undone together when one fails."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from runtime.ssh import Ssh
from runtime.steps import Tools, perform
from slipway.cancel import Cancel
from slipway.errors import Cancelled, ConnectionLost, SlipwayError, Unreachable
from slipway.plan import Plan, Rollout, Stage, Step, Write
from slipway.secret import Scrubber, shown
from slipway.transcript import Record

AT_ONCE = 32
SshOf = Callable[[str], Ssh]


class Watch(Protocol):
    """Who looks on."""

    def started(self, server: str, stage: str, step: Step) -> None:
        """A step begins."""

    def finished(self, record: Record) -> None:
        """A step ended, well or not."""

    def warn(self, server: str, text: str) -> None:
        """Something went wrong that does not undo the change."""


def execute(
    rollout: Rollout, ssh_of: SshOf, watch: Watch, cancel: Cancel, *, tools: Tools, scrub: Scrubber
) -> None:
    """Bring a rollout to its servers.

    In a revertible stage the first failure, or a cancel, undoes every server and is raised. After that failures
    become warnings: the change stands.
    """
    performer = _Performer(ssh_of, watch, tools, scrub)
    begun: list[Stage] = []
    for stage in rollout.stages:
        begun.append(stage)
        errors = performer.side_by_side(stage, [plan.steps for plan in stage.plans], cancel)
        if errors and not stage.revertible:
            for server, error in errors:
                watch.warn(server, error.what)
        elif errors:
            for done in reversed(begun):
                performer.side_by_side(done, [plan.on_failure for plan in done.plans], Cancel())
            raise _most_telling([error for _, error in errors])


class _Performer:
    def __init__(self, ssh_of: SshOf, watch: Watch, tools: Tools, scrub: Scrubber) -> None:
        self._ssh_of = ssh_of
        self._watch = watch
        self._tools = tools
        self._scrub = scrub

    def side_by_side(
        self, stage: Stage, steps: list[Sequence[Step]], cancel: Cancel
    ) -> list[tuple[str, SlipwayError]]:
        """Every plan's steps at once; returns the errors with their servers. One failure ends the others early."""
        if stage.revertible and cancel.is_set:
            return [("", Cancelled("cancelled"))]
        others = Cancel()
        forget = cancel.on_set(lambda: others.set("cancelled"))
        work = [(plan, todo) for plan, todo in zip(stage.plans, steps, strict=True) if todo]
        with ThreadPoolExecutor(max_workers=min(AT_ONCE, max(1, len(work)))) as pool:
            futures = [pool.submit(self._plan, stage, plan, todo, others) for plan, todo in work]
            errors = [error for future in futures if (error := future.result())]
        forget()
        return errors

    def _plan(
        self, stage: Stage, plan: Plan, steps: Sequence[Step], others: Cancel
    ) -> tuple[str, SlipwayError] | None:
        try:
            for step in steps:
                self._step(stage, plan.server, step, others)
        except SlipwayError as error:
            if stage.revertible:
                others.set("another server failed")
            return plan.server, error
        return None

    def _step(self, stage: Stage, server: str, step: Step, cancel: Cancel) -> None:
        cancel.check()
        self._watch.started(server, stage.name, step)
        at, started = time.time(), time.monotonic()
        code: int | None = None
        output = ""
        try:
            output = perform(step, self._ssh_of(server), self._tools, cancel)
            code = 0
        except SlipwayError as error:
            output = "\n".join([*error.lines, error.what])
            code = None if isinstance(error, ConnectionLost | Unreachable) else 1
            raise
        finally:
            self._watch.finished(
                Record(
                    server=server,
                    stage=stage.name,
                    why=step.why,
                    command=self._scrub(step.shown()),
                    stdin=shown(step.content) if isinstance(step, Write) else "",
                    output=self._scrub(output),
                    exit_code=code,
                    started_at=at,
                    seconds=time.monotonic() - started,
                )
            )


def _most_telling(errors: list[SlipwayError]) -> SlipwayError:
    """The first error that is a cause: servers that were told to stop because of it come after."""
    return next((error for error in errors if not isinstance(error, Cancelled)), errors[0])
