"""The git door: fetch and push over HTTP, and where the pre-receive hook hands the pushed tree over."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response, StreamingResponse

from api.changes import new_id
from api.http import git
from api.http.auth import Anyone, let_in
from api.http.deploys import source_of
from api.http.follow import events
from api.http.parts import AppName, TheChanges, ThePlane, problems
from api.http.upload import receive
from api.plane import Plane
from api.schemas import Role, State
from api.store import apps, deploys
from api.store.audit import Actor
from slipway.errors import NotFound, SlipwayError, Unauthenticated
from slipway.progress import Kind, Line

router = APIRouter(tags=["git"], dependencies=[Depends(Anyone())])
END = "\x1e"
GIT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/x-git-upload-pack-advertisement": {"example": "(git's own)"}}}
}
GitPath = Annotated[str, Path(description="of git's protocol", examples=["info/refs"])]


@dataclass(frozen=True, slots=True)
class Push:
    """A push under way: who pushes to which app."""

    app: str
    actor: Actor


class Pushes:
    """The pushes of this process, each by a key that only its own hook knows."""

    def __init__(self) -> None:
        self._open: dict[str, Push] = {}

    @contextmanager
    def open(self, app: str, actor: Actor) -> Iterator[str]:
        key = self.add(app, actor)
        try:
            yield key
        finally:
            self.remove(key)

    def add(self, app: str, actor: Actor) -> str:
        key = secrets.token_urlsafe(32)
        self._open[key] = Push(app, actor)
        return key

    def remove(self, key: str) -> None:
        self._open.pop(key, None)

    def of(self, authorization: str) -> Push:
        """The push of a key. Raises `Unauthenticated`."""
        push = self._open.get(authorization.removeprefix("Bearer "))
        if push is None:
            raise Unauthenticated("this key belongs to no push under way", next="git push slipway main")
        return push


@router.get(
    "/git/{app}.git/{path:path}", summary="git fetch", response_class=Response, responses=problems(404) | GIT
)
@router.post(
    "/git/{app}.git/{path:path}",
    summary="git push and fetch",
    response_class=Response,
    responses=problems(404, 408) | GIT,
)
async def serve(request: Request, plane: ThePlane, app: AppName, path: GitPath) -> Response:
    pushes = path == "git-receive-pack" or request.query_params.get("service") == "git-receive-pack"
    actor = await let_in(request, Role.DEVELOPER if pushes else Role.VIEWER, "git")
    await run_in_threadpool(_exists, plane, app)
    if path not in ("info/refs", "git-receive-pack", "git-upload-pack", "HEAD"):
        raise NotFound("git's dumb protocol is not served", next="use git 1.6.6 or newer")
    state = request.app.state
    await run_in_threadpool(state.repos.ensure, app)
    key = state.pushes.add(app, actor)
    environment = state.repos.environment(app, plane.settings.deploy_branch, state.receive_url, key)
    try:
        answer = await git.serve(request, f"/{app}.git/{path}", actor.name, environment)
    except BaseException:
        state.pushes.remove(key)
        raise
    return _until_closed(answer, state.pushes, key)


@router.post(
    "/internal/receive",
    summary="The pre-receive hook hands a pushed tree over",
    include_in_schema=False,
)
async def receive_tree(request: Request, plane: ThePlane, changes: TheChanges) -> Response:
    push = request.app.state.pushes.of(request.headers.get("authorization", ""))
    source = source_of(request.headers.get("x-slipway-source", "{}"))
    deploy_id = new_id()
    try:
        await receive(request, plane.archive(deploy_id), plane.settings.max_push_bytes)
        await run_in_threadpool(
            changes.push, push.actor, push.app, deploy_id, source.model_dump(), plan=False
        )
    except SlipwayError as error:
        shown = [Line(line, Kind.ERROR).drawn() for line in error.shown().splitlines()]
        return Response("\n".join([*shown, f"{END}1\n"]), media_type="text/plain; charset=utf-8")
    return StreamingResponse(_drawn(plane, deploy_id), media_type="text/plain; charset=utf-8")


async def _drawn(plane: Plane, deploy_id: str) -> AsyncIterator[str]:
    """A deploy as git push shows it; the last line holds the exit code."""
    async for event in events(plane, deploy_id):
        if event.name == "line":
            yield Line(event.data["text"], Kind(event.data["kind"])).drawn() + "\n"
        elif event.name == "end":
            if event.data["state"] in (State.SUPERSEDED, State.CANCELLED):
                why = await run_in_threadpool(_why, plane, deploy_id)
                yield Line(f"this push was {why}; what served before still serves", Kind.ERROR).drawn() + "\n"
            yield f"{END}{event.data['exit_code']}\n"


def _why(plane: Plane, deploy_id: str) -> str:
    with plane.database.reading() as session:
        row = deploys.get(session, deploy_id)
        return row.cancel or row.state


def _exists(plane: Plane, app: str) -> None:
    with plane.database.reading() as session:
        apps.get(session, app)


def _until_closed(answer: Response, pushes: Pushes, key: str) -> Response:
    """Forget a push's key when git has answered."""
    if not isinstance(answer, StreamingResponse):
        pushes.remove(key)
        return answer
    inner = answer.body_iterator

    async def body() -> AsyncIterator[bytes]:
        try:
            async for chunk in inner:
                yield (
                    chunk
                    if isinstance(chunk, bytes)
                    else bytes(chunk)
                    if not isinstance(chunk, str)
                    else chunk.encode()
                )
        finally:
            pushes.remove(key)

    answer.body_iterator = body()
    return answer
