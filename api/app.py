"""The control plane as an ASGI app."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from api.changes import Changes
from api.http import apps, deploys, output, problems, push, releases, servers, system, templates, tokens
from api.http.auth import refuse_undeclared
from api.http.git import Repos
from api.http.upload import Bodies
from api.plane import Plane
from api.work.change import Steps
from api.work.jobs import Jobs
from api.work.takeover import Takeover

ROUTERS = (
    system.router,
    tokens.router,
    servers.router,
    apps.router,
    deploys.router,
    releases.router,
    templates.router,
    output.router,
    push.router,
)


def create(plane: Plane) -> FastAPI:
    """The app around a plane; its lifespan runs the durable work.

    Raises `RuntimeError` for a route without a declared role.
    """
    settings = plane.settings
    jobs = Jobs(
        settings.engine_url, Steps(plane).by_name(), worker=plane.worker, at_once=settings.deploys_at_once
    )
    changes = Changes(plane, jobs)
    app = FastAPI(
        title="slipway",
        version=version("slipway"),
        summary="Builds app repos into Docker images and rolls them onto your own servers.",
        lifespan=_lifespan(plane, jobs, changes),
    )
    app.state.plane = plane
    app.state.changes = changes
    app.state.pushes = push.Pushes()
    app.state.repos = Repos(plane.repos, plane.engine, max_push_bytes=settings.max_push_bytes)
    app.state.receive_url = f"http://127.0.0.1:{settings.port}/internal/receive"
    problems.install(app)
    app.add_middleware(Bodies)
    for router in ROUTERS:
        app.include_router(router)
    refuse_undeclared(app)
    return app


def _lifespan(
    plane: Plane, jobs: Jobs, changes: Changes
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """What runs beside the doors, from start to stop."""
    takeover = Takeover(plane.database, jobs, plane.worker, changes.resume)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(app.state.repos.prepare)
        plane.cancels.start()
        await run_in_threadpool(takeover.start)
        await run_in_threadpool(changes.resume)
        try:
            yield
        finally:
            takeover.stop()
            plane.cancels.stop()
            await run_in_threadpool(jobs.stop)
            plane.connections.close()
            plane.database.close()

    return lifespan
