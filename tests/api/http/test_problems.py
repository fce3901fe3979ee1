"""Every kind of error is a problem document: a code, what to do next, and nothing that was given."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from api.http import describe
from api.http.upload import JSON_BYTES, Bodies
from tests.api.conftest import Api

SCOPE = {"type": "http", "path": "/apps", "headers": []}
CANARY = "canary-9d2f00c1ab37"


def test_a_route_that_is_not_there(api: Api) -> None:
    assert api.refused(404, "GET", "/nothing/here")["code"] == "not-found"


def test_a_method_that_a_route_does_not_take_names_those_it_does(api: Api) -> None:
    answer = api.ask("PUT", "/health")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"
    assert answer.json()["status"] == 405


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b'{"name": "Shop!"}', "name"),
        (b'{"name": "shop", "colour": "red"}', "colour"),
        (b"{}", "name"),
        (b"[]", ""),
    ],
)
def test_what_is_not_acceptable_is_said_with_its_place(api: Api, body: bytes, where: str) -> None:
    problem = api.refused(422, "POST", "/apps", content=body, headers={"content-type": "application/json"})
    assert problem["code"] == "invalid"
    assert problem["where"] == where


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff\xfe", b"[" * 100_000, b'{"name": ' + b"9" * 5000 + b"}", b"{" + b'"a":{' * 20_000],
    ids=["half", "no-utf8", "deep-list", "long-number", "deep-object"],
)
def test_a_body_that_is_no_json_is_refused(api: Api, body: bytes) -> None:
    problem = api.refused_as({400, 422}, "POST", "/apps", body)
    assert problem["code"] == "invalid"


def test_a_body_that_is_too_large_is_refused_before_it_is_read(api: Api) -> None:
    for role in ("admin", ""):
        problem = api.refused(413, "POST", "/apps", role=role, content=b"x" * (JSON_BYTES + 1))
        assert problem["code"] == "too-large"


def test_a_body_without_a_length_is_held_to_the_same_limit(api: Api) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * (JSON_BYTES // 4)

    headers = {"content-type": "application/json"}
    assert api.refused(413, "POST", "/apps", content=chunks(), headers=headers)["code"] == "too-large"


def test_half_a_character_does_no_harm(api: Api) -> None:
    body = rb'{"set": {"\ud800": "x", "A": "\udfff"}, "\ud801": 1}'
    problem = api.refused_as({400, 422}, "PATCH", "/apps/shop/config", body)
    assert problem["code"] == "invalid"


def test_a_value_that_is_refused_is_not_repeated(api: Api) -> None:
    api.ok("POST", "/apps", json={"name": "shop"})
    for values in (
        {"A": f"{CANARY}\0"},
        {"A": CANARY * 10_000},
        {"A": [CANARY]},
        {"A": {"b": CANARY}},
        {"SLIPWAY_A": CANARY},
    ):
        answer = api.ask("PATCH", "/apps/shop/config", json={"set": values})
        assert answer.status_code == 422
        assert CANARY not in answer.text


def test_an_unexpected_error_tells_neither_its_text_nor_a_traceback(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(CANARY)

    api.ok("POST", "/apps", json={"name": "shop"})
    monkeypatch.setattr(describe, "app", broken)
    with caplog.at_level(logging.ERROR):
        answer = api.ask("GET", "/apps/shop")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "internal"
    assert CANARY not in answer.text
    assert "Traceback" not in answer.text
    assert "/apps/shop" in caplog.text  # the operator finds it in the log


def test_git_gets_errors_as_plain_text_that_it_shows(api: Api) -> None:
    path = "/git/shop.git/info/refs?service=git-receive-pack"
    missing = api.ask("GET", path)
    assert missing.status_code == 404
    assert missing.headers["content-type"].startswith("text/plain")
    assert missing.text.startswith("there is no app shop")
    asked = api.ask("GET", path, role="")
    assert asked.status_code == 401
    assert asked.headers["www-authenticate"].startswith("Basic ")
    odd = api.ask("GET", "/git/Sh%0aop.git/info/refs")
    assert odd.status_code == 422
    assert odd.headers["content-type"].startswith("text/plain")


def test_a_client_that_stops_in_the_middle_of_a_body_is_not_waited_for() -> None:
    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def reads(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, send
        await receive()

    async def sends(message: Message) -> None:
        del message

    with pytest.raises(HTTPException) as caught:
        asyncio.run(Bodies(reads, idle_seconds=0.01)(SCOPE, never, sends))
    assert caught.value.status_code == 408


def test_a_client_that_sent_its_body_may_wait_for_as_long_as_it_likes() -> None:
    async def later() -> Message:
        if not begun:
            begun.append(True)
            return {"type": "http.request", "more_body": False}
        await asyncio.wait_for(asyncio.shield(released.wait()), 5)
        return {"type": "http.disconnect"}

    async def reads(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, send
        await receive()
        asyncio.get_running_loop().call_later(0.1, released.set)
        assert (await receive())["type"] == "http.disconnect"

    async def sends(message: Message) -> None:
        del message

    begun: list[bool] = []
    released = asyncio.Event()
    asyncio.run(Bodies(reads, idle_seconds=0.02)(SCOPE, later, sends))
    assert begun == [True]


def test_the_documentation_of_the_api_needs_no_token_and_holds_no_secret(api: Api, app: FastAPI) -> None:
    text = json.dumps(api.ok("GET", "/openapi.json", role=""))
    assert "/apps/{app}" in text
    assert app.state.plane.public_key not in text
