"""Who asks, and whether they may. A route without a declared role stops the start: `refuse_undeclared`."""

import base64
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from api.plane import Plane
from api.schemas import Role
from api.store import tokens
from api.store.audit import Actor
from api.store.tables import Token
from slipway.errors import NotAllowed, Unauthenticated

DOORS = ("cli", "web")
OF_FASTAPI = ("/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc")
"""What describes the API is for everybody, and FastAPI's own."""

NEXT = "slipway login URL, with a token an admin made (slipway tokens create)"


class Needs:
    """A dependency that lets in who has a role, or one above it; answers with the actor."""

    def __init__(self, role: Role) -> None:
        self.role = role

    async def __call__(self, request: Request) -> Actor:
        return await let_in(request, self.role, door(request))


class Anyone:
    """A dependency that lets everybody in, so that a route says so itself."""

    async def __call__(self) -> None:
        return None


async def let_in(request: Request, role: Role, through: str) -> Actor:
    """The actor of a request. Raises `Unauthenticated`, `NotAllowed`."""
    row = await run_in_threadpool(_token, request)
    if not Role(row.role).includes(role):
        raise NotAllowed(
            f"the token {row.name} is a {row.role}'s; this takes a {role.value}'s",
            next=f"ask an admin for a token of the role {role.value}",
        )
    request.state.token = row
    return Actor(row.name, through)


def door(request: Request) -> str:
    """The door that a client says it is, "api" for any other."""
    named = request.headers.get("x-slipway-door", "")
    return named if named in DOORS else "api"


def refuse_undeclared(app: FastAPI) -> None:
    """Raise `RuntimeError` when a route declares neither a role nor that anyone may use it."""
    for route in iter_route_contexts(app.routes):
        if route.path not in OF_FASTAPI and not any(_declared_by(route)):
            raise RuntimeError(f"the route {route.path} declares no role: add a `Needs` or an `Anyone`")


def routes_of(app: FastAPI) -> list[tuple[str, str, Role | None]]:
    """Every route as method, path and the role that it needs; None when anyone may use it."""
    found = []
    for route in iter_route_contexts(app.routes):
        if route.path in OF_FASTAPI:
            continue
        needs = next(_declared_by(route))
        role = needs.role if isinstance(needs, Needs) else None
        found += [(method, str(route.path), role) for method in sorted(route.methods or ())]
    return found


def _declared_by(route: RouteContext) -> Iterator[Needs | Anyone]:
    """What an API route declares; any other kind of route can declare nothing."""
    if isinstance(route.original_route, APIRoute):
        yield from _declared(route.dependant)


def _declared(dependant: Dependant) -> Iterator[Needs | Anyone]:
    for item in dependant.dependencies:
        if isinstance(item.call, Needs | Anyone):
            yield item.call
        yield from _declared(item)


def _token(request: Request) -> Token:
    text = _presented(request.headers.get("authorization", ""))
    if not text:
        raise Unauthenticated("no token was shown", next=NEXT)
    plane: Plane = request.app.state.plane
    with plane.database.reading() as session:
        row = tokens.find(session, text)
    if tokens.is_to_be_noted(row):
        with plane.database.session() as session:
            tokens.note_use(session, row.name)
    return row


def _presented(header: str) -> str:
    """The token of `Bearer TOKEN`, or of `Basic`, where it is the password (or the name, without one)."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return ""
    return password or name


Viewer = Annotated[Actor, Depends(Needs(Role.VIEWER))]
Developer = Annotated[Actor, Depends(Needs(Role.DEVELOPER))]
Operator = Annotated[Actor, Depends(Needs(Role.OPERATOR))]
Admin = Annotated[Actor, Depends(Needs(Role.ADMIN))]
