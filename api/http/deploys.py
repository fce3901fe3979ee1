"""Deploys: started by an archive or a git URL, followed as they run, looked up afterwards."""

import json
import re
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse
from sse_starlette import EventSourceResponse

from api.changes import new_id
from api.http import describe
from api.http.auth import Developer, Viewer
from api.http.follow import server_sent
from api.http.parts import AppName, DeployId, TheChanges, ThePlane, problems, streams
from api.http.upload import receive
from api.schemas import (
    ApplyAsked,
    DeployInfo,
    DeployStarted,
    GitSource,
    PlanShown,
    RecordShown,
    SourceInfo,
)
from api.store import apps, deploys
from slipway.errors import Invalid, NotFound

router = APIRouter(tags=["deploys"], responses=problems(404, 409))
SCRIPT = "#!/bin/bash\n# shop v12 on web1\n# start web of v12 beside v11\ndocker compose up --detach web\n"
EVENT_ID = re.compile(r"[0-9]{1,18}")
Limit = Annotated[int, Query(ge=1, le=500, description="at most so many")]
OneServer = Annotated[
    str, Query(description="the server; the first without it", max_length=40, examples=["web1"])
]
PlanOnly = Annotated[bool, Query(description="build and plan, and change nothing on a server")]


@router.post(
    "/apps/{app}/deploys",
    summary="Deploy an archive (tar or tar.gz) of a work tree",
    status_code=202,
    responses=problems(404, 408, 413),
    openapi_extra={
        "requestBody": {
            "content": {
                "application/gzip": {
                    "schema": {"type": "string", "format": "binary"},
                    "example": "(the bytes of `git archive --format=tar.gz HEAD`)",
                }
            }
        }
    },
)
async def deploy_archive(
    actor: Developer,
    plane: ThePlane,
    changes: TheChanges,
    app: AppName,
    request: Request,
    plan: PlanOnly = False,
    x_slipway_source: Annotated[str, Header(description="SourceInfo as JSON", max_length=8192)] = "{}",
) -> DeployStarted:
    source = source_of(x_slipway_source)
    deploy_id = new_id()
    await receive(request, plane.archive(deploy_id), plane.settings.max_push_bytes)
    row = await run_in_threadpool(changes.push, actor, app, deploy_id, source.model_dump(), plan=plan)
    return describe.started(row)


@router.post("/apps/{app}/deploys/git", summary="Deploy a ref of a public git URL", status_code=202)
def deploy_git(
    actor: Developer, changes: TheChanges, app: AppName, wanted: GitSource, plan: PlanOnly = False
) -> DeployStarted:
    return describe.started(changes.push_git(actor, app, wanted.url, wanted.ref, plan=plan))


@router.get("/apps/{app}/deploys", summary="An app's deploys, newest first")
def list_deploys(actor: Viewer, plane: ThePlane, app: AppName, limit: Limit = 20) -> list[DeployInfo]:
    del actor
    with plane.database.reading() as session:
        apps.get(session, app)
        return [describe.deploy(row) for row in deploys.listed(session, app, limit)]


@router.post("/apps/{app}/apply", summary="Run exactly the plan of that hash, or refuse", status_code=202)
def apply(actor: Developer, changes: TheChanges, app: AppName, wanted: ApplyAsked) -> DeployStarted:
    return describe.started(changes.apply(actor, app, wanted.hash))


@router.get("/deploys/{deploy_id}", summary="One deploy")
def show_deploy(actor: Viewer, plane: ThePlane, deploy_id: DeployId) -> DeployInfo:
    del actor
    with plane.database.reading() as session:
        return describe.deploy(deploys.get(session, deploy_id))


@router.get(
    "/deploys/{deploy_id}/events",
    summary="Follow a deploy by server-sent events: line, step, end",
    response_class=EventSourceResponse,
    responses=streams("LineEvent", "StepEvent", "EndEvent"),
)
async def follow(
    actor: Viewer,
    plane: ThePlane,
    deploy_id: DeployId,
    last_event_id: Annotated[str, Header(description="go on after this event")] = "0",
) -> EventSourceResponse:
    del actor

    def exists() -> None:
        with plane.database.reading() as session:
            deploys.get(session, deploy_id)

    await run_in_threadpool(exists)
    last = int(last_event_id) if EVENT_ID.fullmatch(last_event_id) else 0
    return EventSourceResponse(server_sent(plane, deploy_id, last), ping=15)


@router.post("/deploys/{deploy_id}/cancel", summary="End a deploy; the old release goes on serving")
def cancel(actor: Developer, changes: TheChanges, deploy_id: DeployId) -> DeployInfo:
    return describe.deploy(changes.cancel(actor, deploy_id))


@router.get(
    "/deploys/{deploy_id}/plan", summary="The plan: each file as a diff, each command with its reason"
)
def show_plan(actor: Viewer, plane: ThePlane, deploy_id: DeployId) -> PlanShown:
    del actor
    with plane.database.reading() as session:
        row = deploys.get(session, deploy_id)
    if not row.plan:
        raise NotFound(f"{deploy_id} has no plan: it is {row.state}", next=f"slipway deploys {row.app}")
    return PlanShown.model_validate(row.plan)


@router.get("/deploys/{deploy_id}/transcript", summary="What ran, with its output; secrets masked")
def transcript(actor: Viewer, plane: ThePlane, deploy_id: DeployId) -> list[RecordShown]:
    del actor
    with plane.database.reading() as session:
        deploys.get(session, deploy_id)
        return [RecordShown.model_validate(item) for item in deploys.records(session, deploy_id)]


@router.get(
    "/deploys/{deploy_id}/transcript.sh",
    summary="The steps as a bash script, for one server",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/plain": {"example": SCRIPT}}}},
)
def transcript_script(actor: Viewer, plane: ThePlane, deploy_id: DeployId, server: OneServer = "") -> str:
    del actor
    with plane.database.reading() as session:
        row = deploys.get(session, deploy_id)
    scripts = row.scripts
    if not server and len(scripts) > 1:
        raise Invalid(
            "it ran on several servers", where="server", next=f"name one of {', '.join(sorted(scripts))}"
        )
    name = server or next(iter(scripts), "")
    if name not in scripts:
        raise NotFound(
            f"{deploy_id} did nothing on {server or 'any server'}", next="slipway transcript DEPLOY"
        )
    return str(scripts[name])


def source_of(header: str) -> SourceInfo:
    """What a client says of where its tree came from. Raises `Invalid`."""
    try:
        given = SourceInfo.model_validate(json.loads(header))
    except (ValueError, RecursionError):
        raise Invalid(
            "must be SourceInfo as JSON", where="X-Slipway-Source", next="leave the header out"
        ) from None
    clean = {key: " ".join(str(value).split())[:500] for key, value in given.model_dump().items()}
    return SourceInfo(
        **{key: "".join(char for char in value if char.isprintable()) for key, value in clean.items()}
    )
