"""A control plane in this process, on SQLite or PostgreSQL; in place of the durable engine a list."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from api import app as api_app
from api.plane import Plane, put_together
from api.schemas import Role
from api.settings import Settings
from api.store import tokens
from tests.api.postgres import a_postgres

SQLITE_AND_POSTGRES = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgres", id="postgres", marks=pytest.mark.acceptance),
]


@dataclass
class Queued:
    """In place of `Jobs`: remembers what was queued and runs nothing."""

    ids: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, *_args: object, **_more: object) -> "Queued":
        return self

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def enqueue(self, deploy_id: str, app_id: str) -> None:
        self.ids.append((deploy_id, app_id))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with a_postgres() as url:
        yield url


@pytest.fixture
def empty_postgres(postgres: str) -> str:
    """The URL of a database with nothing in it."""
    return a_database(postgres)


@pytest.fixture(scope="module")
def fresh_postgres(postgres: str) -> str:
    """The same for all tests of a module."""
    return a_database(postgres)


def a_database(postgres: str) -> str:
    """The URL of a new database of a server."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"{postgres}/{name}"


@pytest.fixture
def store(request: pytest.FixtureRequest) -> str:
    """The setting `database_url`: "" for SQLite; tests that are asked for both are parametrised by it."""
    kind = getattr(request, "param", "sqlite")
    return request.getfixturevalue("empty_postgres") if kind == "postgres" else ""


@pytest.fixture
def settings(tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of this test alone: no variable of the machine's takes part."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SLIPWAY_{name.upper()}", raising=False)
    return Settings(data_dir=tmp_path / "data", database_url=store)


@pytest.fixture(scope="session")
def new_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a control plane after its first start, to be copied: migrations take a while."""
    folder = tmp_path_factory.mktemp("new") / "data"
    made = put_together(Settings(data_dir=folder, database_url=""))
    made.database.close()
    return folder


@pytest.fixture
def plane(settings: Settings, new_data: Path) -> Iterator[Plane]:
    if not settings.database_url:
        shutil.copytree(new_data, settings.data_dir)
    made = put_together(settings)
    yield made
    made.connections.close()
    made.database.close()


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> Queued:
    recording = Queued()
    monkeypatch.setattr(api_app, "Jobs", recording)
    return recording


@pytest.fixture
def app(plane: Plane, queued: Queued) -> FastAPI:
    del queued
    return api_app.create(plane)


class Client:
    """Requests from the test's thread to an app that lives in an event loop of another."""

    def __init__(self, portal: BlockingPortal, app: FastAPI) -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://slipway", timeout=30)
        self._portal = portal

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        return self._portal.call(partial(self._client.request, method, path, **more))


@contextmanager
def a_client(app: FastAPI) -> Iterator[Client]:
    """A client of an app between its start and its end."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(app.router.lifespan_context(app)),
    ):
        yield Client(portal, app)


@dataclass(frozen=True)
class Api:
    """The API as a client of each role sees it."""

    client: Client
    tokens: dict[str, str]

    def ask(self, method: str, path: str, *, role: str = "admin", **more: Any) -> httpx.Response:  # noqa: ANN401
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        return self.client.request(method, path, headers={**headers, **more.pop("headers", {})}, **more)

    def ok(self, method: str, path: str, **more: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
        """The JSON of an answer that is no error."""
        answer = self.ask(method, path, **more)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def refused(self, status: int, method: str, path: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """The problem of an answer that is an error of that status."""
        answer = self.ask(method, path, **more)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        problem: dict[str, Any] = answer.json()
        assert problem["status"] == status
        assert problem["detail"]
        assert problem["code"]
        assert problem["next"]
        return problem

    def refused_as(self, statuses: set[int], method: str, path: str, body: bytes) -> dict[str, Any]:
        """The same for a raw body that claims to be JSON, when several statuses are right."""
        headers = {"content-type": "application/json"}
        status = self.ask(method, path, content=body, headers=headers).status_code
        assert status in statuses, status
        return self.refused(status, method, path, content=body, headers=headers)

    def actions(self, app: str = "") -> list[dict[str, Any]]:
        """The audit, oldest first."""
        return list(reversed(self.ok("GET", "/events", params={"app": app, "limit": 1000})))


def tokens_of(plane: Plane) -> dict[str, str]:
    """A token of each role."""
    with plane.database.session() as session:
        return {role.value: tokens.make(session, f"the-{role}", role.value, "test")[1] for role in Role}


@pytest.fixture
def api(app: FastAPI, plane: Plane) -> Iterator[Api]:
    with a_client(app) as client:
        yield Api(client, tokens_of(plane))
