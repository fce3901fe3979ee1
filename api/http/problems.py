"""Errors as problem+json (RFC 9457): a code, what happened, where, what still serves, what to do next."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

from api.http.parts import PROBLEM
from api.work.running import problem
from slipway.errors import Invalid, NotFound, SlipwayError, TooLarge, TooSlow

log = logging.getLogger("slipway")


def install(app: FastAPI) -> None:
    """Let every error leave as a problem document."""
    app.add_exception_handler(SlipwayError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def answer(error: SlipwayError, status: int | None = None) -> Response:
    """The problem document of an error."""
    body = problem(error) | ({"status": status} if status else {})
    headers = {"WWW-Authenticate": 'Bearer realm="slipway"'} if error.status == 401 else {}
    return JSONResponse(body, status_code=status or error.status, headers=headers, media_type=PROBLEM)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, SlipwayError)  # noqa: S101 - it is registered for this class
    return _of(request, error)


def _of(request: Request, error: SlipwayError) -> Response:
    if request.url.path.startswith("/git/"):
        # What git shows its user is plain text.
        headers = {"WWW-Authenticate": 'Basic realm="slipway: any name, the token as password"'}
        return PlainTextResponse(
            error.shown() + "\n", status_code=error.status, headers=headers if error.status == 401 else {}
        )
    return answer(error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for this class
    found = [
        (_plain(".".join(str(part) for part in item["loc"] if part not in ("body", "[key]"))), _reason(item))
        for item in error.errors()
    ]
    lines = [f"{where}: {reason}" for where, reason in found[1:]]
    where, reason = found[0]
    return _of(
        request, Invalid(reason, where=where, lines=lines, next="mend the request; /docs shows its shape")
    )


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for this class
    if error.status_code == 404:
        return answer(NotFound("there is no such route", next="/docs lists every route"))
    if error.status_code == 413:
        return answer(TooLarge("the body is larger than this route takes", next="send less at once"))
    if error.status_code == 408:
        return answer(TooSlow("the body did not come in time", next="try again"))
    if error.status_code == 400:
        return answer(Invalid("the body cannot be read", next="send JSON; /docs shows its shape"))
    other = answer(Invalid(str(error.detail), next="/docs lists every route"), error.status_code)
    other.headers.update(error.headers or {})
    return other


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("%s %s", request.method, request.url.path, exc_info=error)
    what = f"slipway itself failed ({type(error).__name__})"
    return answer(SlipwayError(what, next="the control plane's log has the details; please report it"))


def _reason(item: dict[str, Any]) -> str:
    return _plain(item["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, "))


def _plain(text: str) -> str:
    """A text that may hold half a character, which no answer can carry."""
    return text.encode("utf-8", "backslashreplace").decode()[:500]
