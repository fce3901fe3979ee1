"""Deny by default: every route, by every role, by nobody, and by a token that was revoked."""

import base64
import re
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from api import app as api_app
from api.http.auth import refuse_undeclared, routes_of
from api.plane import Plane
from api.schemas import Role
from api.store import tokens
from tests.api.conftest import Api, Queued

PAGE = Path(__file__).parents[3] / "docs" / "http-routes.md"
ROW = re.compile(r"^\| ([A-Z]+) (/\S*) \| (.+?) \|", re.MULTILINE)
DYNAMIC = "viewer to fetch, developer to push"
ROUTES = [(method, path, role) for method, path, role in ROW.findall(PAGE.read_text())]
HELD = [(method, path, role) for method, path, role in ROUTES if role in list(Role)]
FILLED = {
    "app": "shop",
    "name": "web1",
    "domain": "shop.example.org",
    "deploy_id": "k3v9x2m7qa",
    "number": "3",
    "path": "info/refs",
}


def filled(path: str) -> str:
    path = path.replace("templates/{name}", "templates/dockerfiles/none")
    return re.sub(r"\{(\w+)\}", lambda match: FILLED[match[1]], path)


def test_the_manual_has_a_row_for_every_route_and_no_other(app: FastAPI) -> None:
    there = {(method, path.replace(":path}", "}")) for method, path, _ in routes_of(app)}
    assert {(method, path) for method, path, _ in ROUTES} == there
    assert len(ROUTES) == len(there) > 40


def test_the_roles_of_the_manual_are_those_of_the_code(app: FastAPI) -> None:
    declared = {(method, path.replace(":path}", "}")): role for method, path, role in routes_of(app)}
    for method, path, role in ROUTES:
        by_token = declared[(method, path)]
        assert (by_token.value if by_token else None) == (role if role in list(Role) else None), path


@pytest.mark.parametrize(("method", "path", "role"), HELD, ids=lambda value: str(value))
def test_a_route_lets_in_its_role_and_those_above_it_alone(
    api: Api, method: str, path: str, role: str
) -> None:
    for other in Role:
        answer = api.ask(method, filled(path), role=other.value)
        if other.includes(Role(role)):
            assert answer.status_code not in (401, 403), other
        else:
            assert answer.status_code == 403, other
            assert answer.json()["code"] == "not-allowed"
            assert role in answer.json()["next"]


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [row for row in ROUTES if row[2] != "anyone"],
    ids=lambda value: str(value),
)
def test_a_route_lets_in_nobody_without_a_good_token(
    api: Api, plane: Plane, method: str, path: str, role: str
) -> None:
    del role
    with plane.database.session() as session:
        _, revoked = tokens.make(session, "gone", "admin", "test")
        session.flush()
        tokens.remove(session, "gone")
    basic = base64.b64encode(b"x:slw_guess").decode()
    for header in (
        {},
        {"Authorization": f"Bearer {revoked}"},
        {"Authorization": "Bearer slw_guess"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Basic {basic}"},
        {"Authorization": "Basic ���"},
        {"Authorization": "Negotiate abc"},
    ):
        raw = {name: value.encode("utf-8") for name, value in header.items()}
        answer = api.client.request(method, filled(path), headers=raw)
        assert answer.status_code == 401, (header, answer.text)


def test_a_token_in_the_url_is_no_token(api: Api) -> None:
    token = api.tokens["admin"]
    for query in (f"token={token}", f"access_token={token}", f"key={token}"):
        assert api.ask("GET", f"/apps?{query}", role="").status_code == 401


def test_health_tells_anyone_nothing_but_that_it_answers(api: Api) -> None:
    assert set(api.ok("GET", "/health", role="")) == {"status", "version"}


def test_the_last_admin_token_cannot_be_revoked(api: Api) -> None:
    problem = api.refused(409, "DELETE", "/tokens/the-admin")
    assert "last admin" in problem["detail"]


def test_a_token_says_when_it_was_last_used(api: Api) -> None:
    api.ok("GET", "/apps", role="viewer")
    used = {token["name"]: token["last_used_at"] for token in api.ok("GET", "/tokens")}
    assert used["the-viewer"]
    assert not used["the-operator"]


async def _plain(_request: object) -> Response:
    return PlainTextResponse("hello")


def test_a_route_without_a_role_stops_the_start(
    plane: Plane, queued: Queued, monkeypatch: pytest.MonkeyPatch
) -> None:
    del queued
    router = APIRouter()

    @router.get("/secrets")
    def secrets() -> str:
        return "all of them"

    outer = APIRouter(prefix="/deep")
    outer.include_router(router)
    monkeypatch.setattr(api_app, "ROUTERS", (*api_app.ROUTERS, outer))
    with pytest.raises(RuntimeError, match="/deep/secrets declares no role"):
        api_app.create(plane)


@pytest.mark.parametrize("route", [Route("/plain", _plain), Mount("/mounted", Route("/x", _plain))])
def test_a_route_of_another_kind_stops_the_start_too(app: FastAPI, route: Route | Mount) -> None:
    app.router.routes.append(route)
    with pytest.raises(RuntimeError, match="declares no role"):
        refuse_undeclared(app)
