"""Releases, and what each was made from."""

from fastapi import APIRouter

from api.http import describe
from api.http.auth import Developer, Viewer
from api.http.parts import AppName, Number, ReleaseNumber, TheChanges, ThePlane, problems
from api.plane import Plane
from api.schemas import DeployStarted, Ejected, Explained, FileShown, ReleaseInfo, RollbackAsked
from api.store import apps, releases
from api.store.tables import ReleaseRow

router = APIRouter(tags=["releases"], responses=problems(404, 409))


@router.get("/apps/{app}/releases", summary="An app's releases, newest first")
def list_releases(actor: Viewer, plane: ThePlane, app: AppName) -> list[ReleaseInfo]:
    del actor
    with plane.database.reading() as session:
        apps.get(session, app)
        return [describe.release(row) for row in releases.listed(session, app)]


@router.get("/apps/{app}/releases/{number}", summary="One release")
def show_release(actor: Viewer, plane: ThePlane, app: AppName, number: Number) -> ReleaseInfo:
    del actor
    with plane.database.reading() as session:
        return describe.release(releases.get(session, app, number))


@router.post("/apps/{app}/rollback", summary="Back to an earlier release, as a new one", status_code=202)
def roll_back(actor: Developer, changes: TheChanges, app: AppName, wanted: RollbackAsked) -> DeployStarted:
    return describe.started(changes.roll_back(actor, app, wanted.to))


@router.get("/apps/{app}/dockerfile", summary="The Dockerfile that a release was built from")
def dockerfile(actor: Viewer, plane: ThePlane, app: AppName, release: ReleaseNumber = None) -> FileShown:
    del actor
    return FileShown(name="Dockerfile", text=_release(plane, app, release).dockerfile)


@router.get("/apps/{app}/explain", summary="Why each line of the Dockerfile is there")
def explain(actor: Viewer, plane: ThePlane, app: AppName, release: ReleaseNumber = None) -> Explained:
    del actor
    return Explained.model_validate(_release(plane, app, release).explained)


@router.get("/apps/{app}/eject", summary="The files that leave with an app")
def eject(actor: Viewer, plane: ThePlane, app: AppName, release: ReleaseNumber = None) -> Ejected:
    del actor
    files = _release(plane, app, release).ejected
    return Ejected(files=[FileShown(name=name, text=text) for name, text in files.items()])


def _release(plane: Plane, app: str, number: int | None) -> ReleaseRow:
    with plane.database.reading() as session:
        return releases.latest(session, apps.get(session, app), number)
