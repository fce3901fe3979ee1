"""Health of the control plane itself, and the audit."""

from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.http.auth import Anyone, Viewer
from api.http.parts import ThePlane, problems
from api.schemas import EventInfo, Health
from api.store import audit

router = APIRouter(tags=["system"])


@router.get("/health", summary="Whether the control plane answers", dependencies=[Depends(Anyone())])
async def health() -> Health:
    return Health(status="ok", version=version("slipway"))


@router.get("/events", summary="Who did what, when, through which door; newest first", responses=problems())
def list_events(
    actor: Viewer,
    plane: ThePlane,
    app: Annotated[str, Query(max_length=40, pattern=r"^[a-z0-9-]*$", description="of one app")] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="at most so many")] = 50,
) -> list[EventInfo]:
    del actor
    with plane.database.reading() as session:
        return [EventInfo.model_validate(row) for row in audit.latest(session, app, limit)]
