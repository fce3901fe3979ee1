"""What endpoints are handed: the plane, the changes, and how the API documents its errors."""

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request

from api.changes import Changes
from api.plane import Plane
from api.schemas import Problem

PROBLEM = "application/problem+json"
MEANINGS = {
    401: "no token, or one that is not known",
    403: "the token's role is too low",
    404: "nothing of that name",
    409: "it exists already, has ended, or something changed meanwhile",
    413: "more than a limit allows",
    422: "what was given is not acceptable",
    502: "a server did not do what was asked of it",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of a route for its documentation; 401, 403 and 422 are everywhere."""
    return {
        status: {"model": Problem, "description": MEANINGS[status], "content": {PROBLEM: {}}}
        for status in sorted({401, 403, 422, *statuses})
    }


def _plane(request: Request) -> Plane:
    plane: Plane = request.app.state.plane
    return plane


def _changes(request: Request) -> Changes:
    changes: Changes = request.app.state.changes
    return changes


ThePlane = Annotated[Plane, Depends(_plane)]
TheChanges = Annotated[Changes, Depends(_changes)]
AppName = Annotated[str, Path(description="the app's name", max_length=40, examples=["shop"])]
ServerName = Annotated[str, Path(description="the server's name", max_length=40, examples=["web1"])]
DeployId = Annotated[str, Path(description="the deploy's id", max_length=40, examples=["k3v9x2m7qa"])]
ReleaseNumber = Annotated[int | None, Query(ge=1, description="vN; the live release without it")]
