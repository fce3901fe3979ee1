"""A control plane of recorded answers, and the command as a user types it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from pydantic import BaseModel
from typer.testing import CliRunner, Result

from api.cli import client
from api.cli.commands import app

URL = "http://127.0.0.1:7070"
Answer = Callable[[httpx.Request], httpx.Response]
Cli = Callable[..., Result]


@dataclass
class Recorded:
    """Answers by `METHOD /path`, and every request that was made."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)

    def on(self, route: str, *answers: object, status: int = 200) -> None:
        """Answer a route with models, JSON, text, or what a function says; the last one again and again."""
        self.answers[route] = [_answer(item, status) for item in answers]

    def stream(self, route: str, *events: tuple[str, BaseModel], first: int = 1) -> None:
        """Answer a route with server-sent events, numbered from `first`."""
        self.answers.setdefault(route, []).append(_answer(sse(*events, first=first), 200))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        route = f"{request.method} {request.url.raw_path.decode().partition('?')[0]}"
        waiting = self.answers.get(route)
        if not waiting:
            pytest.fail(f"nobody expected {route}")
        return (waiting.pop(0) if len(waiting) > 1 else waiting[0])(request)

    def body(self, at: int = -1) -> object:
        """The JSON of a request."""
        return json.loads(self.requests[at].content)

    def routes(self) -> list[str]:
        return [f"{request.method} {request.url.path}" for request in self.requests]


def sse(*events: tuple[str, BaseModel], first: int = 1) -> bytes:
    """Server-sent events as the API writes them."""
    parts = [
        f"id: {number}\r\nevent: {name}\r\ndata: {model.model_dump_json()}\r\n\r\n"
        for number, (name, model) in enumerate(events, first)
    ]
    return "".join(parts).encode()


def _answer(item: object, status: int) -> Answer:
    if callable(item):
        function: Answer = item
        return function
    if isinstance(item, bytes):
        return lambda _: httpx.Response(200, content=item, headers={"content-type": "text/event-stream"})
    if isinstance(item, BaseModel):
        text = item.model_dump_json()
    elif isinstance(item, list):
        text = f"[{','.join(part.model_dump_json() for part in item)}]"
    else:
        text = str(item)
    return lambda _: httpx.Response(status, text=text)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    recorded = Recorded()

    def opened(url: str, headers: Mapping[str, str]) -> httpx.Client:
        del url
        return httpx.Client(headers=headers, transport=httpx.MockTransport(recorded))

    monkeypatch.setattr(client, "opened", opened)
    return recorded


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user who is logged in by the environment, in an empty folder, without a terminal."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("FORCE_COLOR", "NO_COLOR", "SLIPWAY_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SLIPWAY_URL", URL)
    monkeypatch.setenv("SLIPWAY_TOKEN", "slp_test")
    monkeypatch.setenv("SLIPWAY_CONFIG", str(tmp_path / "config" / "config.toml"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))


@pytest.fixture
def cli() -> Cli:
    def typed(*words: str, input: str | None = None, code: int = 0) -> Result:
        result = CliRunner().invoke(app, list(words), input=input)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    return typed
