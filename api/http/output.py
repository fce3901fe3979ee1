"""Output of servers as streams: logs of an app over all its servers, and one-off commands."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from sse_starlette import EventSourceResponse

from api.changes import new_id
from api.http.auth import Developer, Viewer
from api.http.merge import Emit, merged
from api.http.parts import AppName, TheChanges, ThePlane, problems, streams
from api.plane import Plane
from api.schemas import RunAsked
from api.store import apps, audit, releases, servers
from api.store.tables import Server
from api.work import fleet
from runtime.logs import LogLine, Wanted, read_logs
from runtime.oneoff import discard, one_off
from slipway.cancel import Cancel
from slipway.errors import Cancelled, NotFound, StepTimeout
from slipway.release import Release
from slipway.secret import Scrubber

router = APIRouter(tags=["output"], responses=problems(404, 502))


@router.get(
    "/apps/{app}/logs",
    summary="An app's output, merged over its servers, by server-sent events: output, end",
    response_class=EventSourceResponse,
    responses=streams("OutputEvent", "EndEvent"),
)
async def logs(
    actor: Viewer,
    plane: ThePlane,
    app: AppName,
    follow: Annotated[bool, Query(description="go on with what comes")] = False,
    lines: Annotated[int, Query(ge=0, le=100_000, description="the last so many of each container")] = 100,
    process: Annotated[
        str, Query(pattern=r"^[a-z][a-z0-9-]{0,39}$|^$", description="one process; all without it")
    ] = "",
) -> EventSourceResponse:
    del actor
    rows, _ = await run_in_threadpool(_app, plane, app)
    wanted = Wanted(app, process, lines, follow)

    def read(row: Server, emit: Emit, cancel: Cancel) -> None:
        ssh = plane.connections.get(fleet.address(row))
        read_logs(wanted, ssh, plane.engine, lambda line: emit("output", _line(line)), cancel)

    return EventSourceResponse(merged(rows, read), ping=15)


@router.post(
    "/apps/{app}/run",
    summary="Run a command in a new container of the live release: server-sent events output, end",
    response_class=EventSourceResponse,
    responses=streams("OutputEvent", "EndEvent"),
)
async def run(
    actor: Developer, plane: ThePlane, changes: TheChanges, app: AppName, wanted: RunAsked
) -> EventSourceResponse:
    del changes
    rows, release = await run_in_threadpool(_app, plane, app)
    if release is None or not rows:
        raise NotFound(f"{app} has no live release to run in", next="git push slipway main")
    name = f"{release.project}-run-{new_id()}"
    step = one_off(release, name, tuple(wanted.argv), wanted.timeout)

    def note() -> None:
        with plane.database.session() as session:
            detail = {"release": release.number, "words": len(wanted.argv), "program": wanted.argv[0][:100]}
            audit.note(session, actor, "run", detail, app=app, server=rows[0].name)

    await run_in_threadpool(note)
    scrub = Scrubber(release.env.values())

    def act(row: Server, emit: Emit, cancel: Cancel) -> None:
        ssh = plane.connections.get(fleet.address(row))

        def on_line(line: str) -> None:
            emit("output", {"server": row.name, "process": "run", "text": scrub(line), "at": ""})

        try:
            result = ssh.run(step.argv, timeout=step.timeout, on_line=on_line, cancel=cancel)
        except (Cancelled, StepTimeout):
            ssh.run(discard(name), timeout=30)
            raise
        emit("end", {"state": "ended", "exit_code": result.exit_code})

    return EventSourceResponse(merged(rows[:1], act), ping=15)


def _app(plane: Plane, name: str) -> tuple[list[Server], Release | None]:
    with plane.database.reading() as session:
        app = apps.get(session, name)
        row = releases.live(session, app)
        release = releases.load(row, plane.database.cipher) if row else None
        return servers.of_app(session, app), release


def _line(line: LogLine) -> dict[str, Any]:
    return {"server": line.server, "process": line.process, "text": line.text, "at": line.at}
