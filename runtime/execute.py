"""The one place that acts: stages in order, servers side by side, undone together when one fails."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol, TypeVar

from runtime.ssh import Ssh
from runtime.steps import NO_DOCKER, Tools, perform
from slipway.cancel import Cancel
from slipway.errors import Cancelled, ConnectionLost, ServerError, SlipwayError, Unreachable
from slipway.plan import Plan, Rollout, Run, Stage, Step, Write
from slipway.secret import Scrubber, shown
from slipway.transcript import Record

AT_ONCE = 32
DOCKER_PAUSES = (1.0, 3.0, 8.0)
Found = TypeVar("Found")
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
    rollout: Rollout,
    ssh_of: SshOf,
    watch: Watch,
    cancel: Cancel,
    *,
    tools: Tools,
    scrub: Scrubber,
    check: Callable[[], None] | None = None,
) -> None:
    """Bring a rollout to its servers.

    In a revertible stage the first failure, or a cancel, undoes every server and is raised. After that the
    change stands: failures become warnings, and a cancel comes too late. `check` looks at the result of
    revertible stages: what it raises undoes them as well.
    """
    performer = _Performer(ssh_of, watch, tools, scrub)
    begun: list[Stage] = []
    for stage in rollout.stages:
        if not stage.revertible:
            for server, error in performer.do(stage, Cancel()):
                watch.warn(server, error.what)
            continue
        begun.append(stage)
        errors = [error for _, error in performer.do(stage, cancel)]
        if cancel.is_set:
            errors.append(Cancelled(cancel.reason))
        if errors:
            performer.undo(begun)
            raise _most_telling(errors)
    if check:
        try:
            check()
        except Exception:
            performer.undo(begun)
            raise


class _Performer:
    def __init__(self, ssh_of: SshOf, watch: Watch, tools: Tools, scrub: Scrubber) -> None:
        self._ssh_of = ssh_of
        self._watch = watch
        self._tools = tools
        self._scrub = scrub

    def do(self, stage: Stage, cancel: Cancel) -> list[tuple[str, SlipwayError]]:
        """Every plan's steps, side by side; the errors with their servers.

        In a revertible stage one failure ends the others early.
        """
        others = Cancel()
        forget = cancel.on_set(lambda: others.set(cancel.reason))
        try:
            found = _side_by_side(lambda plan: self._plan(stage, plan, others), stage.plans)
        finally:
            forget()
        return [error for error in found if error]

    def undo(self, begun: Sequence[Stage]) -> None:
        """Every plan's `on_failure`, the last stage first. What cannot be undone is a warning, and no reason
        to leave the rest as it is."""
        for stage in reversed(begun):
            _side_by_side(partial(self._undo, stage), [plan for plan in stage.plans if plan.on_failure])

    def _plan(self, stage: Stage, plan: Plan, others: Cancel) -> tuple[str, SlipwayError] | None:
        try:
            for step in plan.steps:
                self._step(stage, plan.server, step, others)
        except SlipwayError as error:
            if stage.revertible:
                others.set("another server failed")
            return plan.server, error
        return None

    def _undo(self, stage: Stage, plan: Plan) -> None:
        for step in plan.on_failure:
            try:
                self._step_back(stage, plan.server, step)
            except SlipwayError as error:
                self._watch.warn(plan.server, f"could not be undone ({step.why}): {error.what}")
                if isinstance(error, Unreachable):
                    return

    def _step_back(self, stage: Stage, server: str, step: Step) -> None:
        """One step of an undo; a dockerd that crashed is given time to come back."""
        for pause in DOCKER_PAUSES:
            try:
                return self._step(stage, server, step, Cancel())
            except SlipwayError as error:
                if not any(NO_DOCKER in line for line in error.lines):
                    raise
            time.sleep(pause)
        return self._step(stage, server, step, Cancel())

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
            scrub_error(error, self._scrub)
            output = "\n".join([*error.lines, error.what])
            code = None if isinstance(error, ConnectionLost | Unreachable) else 1
            raise
        except Exception as error:
            output = f"slipway's own mistake: {type(error).__name__}"
            raise ServerError(output, where=server, next="please report it with the log") from error
        finally:
            self._watch.finished(
                Record(
                    server=server,
                    stage=stage.name,
                    why=self._scrub(step.why),
                    command=self._scrub(step.shown()),
                    stdin=self._scrub(_input(step)),
                    output=self._scrub(output),
                    exit_code=code,
                    started_at=at,
                    seconds=time.monotonic() - started,
                )
            )


def scrub_error(error: SlipwayError, scrub: Callable[[str], str]) -> None:
    """Mask every secret that a program printed, and that an error would now tell to everybody."""
    error.what, error.where, error.next = scrub(error.what), scrub(error.where), scrub(error.next)
    error.lines = tuple(scrub(line) for line in error.lines)
    error.args = (error.what,)


def _side_by_side(work: Callable[[Plan], Found], plans: Sequence[Plan]) -> list[Found]:
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, max(1, len(plans)))) as pool:
        return [future.result() for future in [pool.submit(work, plan) for plan in plans]]


def _input(step: Step) -> str:
    match step:
        case Write():
            return shown(step.content)
        case Run(stdin=text) if text is not None:
            return shown(text)
    return ""


def _most_telling(errors: list[SlipwayError]) -> SlipwayError:
    """The first error that is a cause: servers that were told to stop because of it come after."""
    return next((error for error in errors if not isinstance(error, Cancelled)), errors[0])
