"""One deploy while it runs: its row, its journal, its cancel flag."""

import logging
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from api.clock import now
from api.plane import Plane
from api.schemas import State
from api.store import apps, deploys, releases
from api.store.tables import Deploy
from api.work.journal import Journal
from slipway.cancel import Cancel
from slipway.errors import Cancelled, SlipwayError

log = logging.getLogger("slipway")


@dataclass(slots=True)
class Running:
    """What a step of the workflow works with; `timings` are seconds by phase."""

    deploy: Deploy
    journal: Journal
    cancel: Cancel
    timings: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            self.timings[phase] = time.monotonic() - started


def run(plane: Plane, deploy_id: str, act: Callable[[Running], bool]) -> bool:
    """Do one step of a deploy; whatever goes wrong ends the deploy with a message. False ends the workflow.

    `act` answers whether there is more to do. A deploy that is live already, because a crash came right
    after that, goes on with its last step.
    """
    deploy, state = _begin(plane, deploy_id)
    if state != State.RUNNING:
        return state == State.LIVE
    with (
        Journal(plane.database, plane.news, deploy_id) as journal,
        plane.cancels.running(deploy_id) as cancel,
    ):
        running = Running(deploy, journal, cancel, dict(deploy.timings))
        try:
            cancel.check()
            return act(running)
        except SlipwayError as error:
            finish(plane, running, _state_of(error), error)
        except Exception as error:
            log.exception("deploy %s", deploy_id)
            last = traceback.extract_tb(error.__traceback__)[-1]
            what = f"slipway itself failed ({type(error).__name__} in {last.name})"
            finish(
                plane,
                running,
                State.FAILED,
                SlipwayError(what, next="its log has the details; please report it"),
            )
    return False


def run_after(plane: Plane, deploy_id: str, act: Callable[[Running], None]) -> bool:
    """Do what is left to do once a deploy is live. What goes wrong then is a warning, and undoes nothing."""
    with plane.database.reading() as session:
        deploy = deploys.get(session, deploy_id)
    if deploy.state != State.LIVE:
        return False
    with Journal(plane.database, plane.news, deploy_id) as journal:
        running = Running(deploy, journal, Cancel(), dict(deploy.timings))
        try:
            act(running)
        except SlipwayError as error:
            journal.warn(f"{error.where or deploy.app}: {error.what}", "finish")
        except Exception:
            log.exception("after deploy %s", deploy_id)
            journal.warn(f"{deploy.app}: slipway itself failed; its log has the details", "finish")
        with plane.database.session() as session:
            deploys.get(session, deploy_id).timings = dict(running.timings)
    return False


def finish(plane: Plane, running: Running, state: State, error: SlipwayError | None = None) -> None:
    """Give a deploy its last state, after the last lines of its output; those who follow see both."""
    if error:
        error.serving = error.serving or serving(plane, running.deploy)
        for line in error.shown().splitlines():
            running.journal.error(line)
    running.journal.flush()
    with plane.database.session() as session:
        row = deploys.get(session, running.deploy.id)
        row.timings = dict(running.timings)
        deploys.finish(session, row, state, problem(error) if error else None)
        release = releases.of_deploy(session, row.id)
        if error and release and release.state == "pending":
            release.state = "failed"
    plane.news.tell(running.deploy.id)
    plane.archive(running.deploy.id).unlink(missing_ok=True)


def problem(error: SlipwayError) -> dict[str, object]:
    """An error as plain data, after RFC 9457."""
    return {
        "type": f"https://slipway.dev/errors/{error.code}",
        "title": error.code.replace("-", " "),
        "status": error.status,
        "code": error.code,
        "detail": error.what,
        "where": error.where,
        "lines": list(error.lines),
        "serving": error.serving,
        "next": error.next,
    }


def serving(plane: Plane, deploy: Deploy) -> str:
    """What still serves, in words; "" for what is no app's."""
    if not deploy.app:
        return ""
    with plane.database.reading() as session:
        app = apps.find(session, deploy.app)
        row = releases.live(session, app) if app else None
    if row is None:
        return f"nothing yet: {deploy.app} had no release" if app else f"nothing: {deploy.app} is gone"
    commit = str(row.spec.get("source", {}).get("commit", ""))[:7]
    return f"{deploy.app} v{row.number}" + (f" ({commit})" if commit else "")


def _begin(plane: Plane, deploy_id: str) -> tuple[Deploy, str]:
    with plane.database.session() as session:
        deploys.claim(session, deploy_id, State.QUEUED, State.RUNNING)
        row = deploys.get(session, deploy_id)
        if row.state == State.RUNNING:
            row.started_at = row.started_at or now()
            session.add(row)
        return row, row.state


def _state_of(error: SlipwayError) -> State:
    return State.CANCELLED if isinstance(error, Cancelled) else State.FAILED
