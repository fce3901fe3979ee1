"""What endpoints are handed: the plane, the changes, and how the API documents its errors."""

import json
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request

from api.changes import Changes
from api.plane import Plane
from api.schemas.examples import EXAMPLES
from slipway.units import Name, OneLine

PROBLEM = "application/problem+json"
MEANINGS = {
    401: "no token, or one that is not known",
    403: "the token's role is too low",
    404: "nothing of that name",
    409: "it exists already, has ended, or something changed meanwhile",
    408: "the body did not come in time",
    413: "more than a limit allows",
    422: "what was given is not acceptable",
    502: "a server did not do what was asked of it",
}


CODES = {
    401: "unauthenticated",
    403: "not-allowed",
    404: "not-found",
    408: "too-slow",
    409: "conflict",
    413: "too-large",
    422: "invalid",
    502: "server-unreachable",
}
MAX_NUMBER = (1 << 31) - 1
"""What every database keeps as a number; more than any release will have."""


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of a route for its documentation; 401, 403 and 422 are everywhere."""
    return {status: _documented(status) for status in sorted({401, 403, 422, *statuses})}


def streams(*events: str) -> dict[int | str, dict[str, Any]]:
    """The answer of a route that gives server-sent events, by the shapes of their data."""
    names = [(name.removesuffix("Event").lower(), json.dumps(EXAMPLES[name])) for name in events]
    text = "".join(f"id: {at}\nevent: {name}\ndata: {data}\n\n" for at, (name, data) in enumerate(names, 1))
    return {200: {"content": {"text/event-stream": {"example": text}}}}


def _documented(status: int) -> dict[str, Any]:
    code = CODES[status]
    example = {
        "type": f"https://slipway.dev/errors/{code}",
        "title": code.replace("-", " "),
        "status": status,
        "code": code,
        "detail": MEANINGS[status],
        "where": "",
        "lines": [],
        "serving": "",
        "next": "what to do about it",
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": MEANINGS[status], "content": {PROBLEM: {"schema": schema, "example": example}}}


def _plane(request: Request) -> Plane:
    plane: Plane = request.app.state.plane
    return plane


def _changes(request: Request) -> Changes:
    changes: Changes = request.app.state.changes
    return changes


ThePlane = Annotated[Plane, Depends(_plane)]
TheChanges = Annotated[Changes, Depends(_changes)]
AppName = Annotated[Name, Path(description="the app's name", max_length=40, examples=["shop"])]
ServerName = Annotated[Name, Path(description="the server's name", max_length=40, examples=["web1"])]
TokenName = Annotated[Name, Path(description="the token's name", max_length=40, examples=["ann"])]
DomainName = Annotated[
    OneLine, Path(description="a host name", max_length=253, examples=["shop.example.org"])
]
TemplateName = Annotated[
    OneLine, Path(description="a template", max_length=200, examples=["dockerfiles/python"])
]
DeployId = Annotated[
    str, Path(description="the deploy's id", pattern=r"^[a-z0-9]{1,40}$", examples=["k3v9x2m7qa"])
]
Number = Annotated[int, Path(ge=1, le=MAX_NUMBER, description="N of vN", examples=[12])]
ReleaseNumber = Annotated[
    int | None, Query(ge=1, le=MAX_NUMBER, description="N of vN; the live release without it")
]
