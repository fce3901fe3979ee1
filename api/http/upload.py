"""Request bodies that become files, within a limit."""

import asyncio
import math
import re
from pathlib import Path

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from slipway.errors import TooLarge

JSON_BYTES = 2 << 20
"""Of a body that is read into memory: room for some hundred config vars, or a template."""

FILES = re.compile(r"/git/.*|/internal/receive|/apps/[^/]*/deploys")
"""Paths whose body becomes a file, or git's input, and has a limit of its own."""

IDLE_SECONDS = 60.0


class Bodies:
    """Middleware: a body is no larger and no slower than it may be, even one that comes without a token."""

    def __init__(self, app: ASGIApp, idle_seconds: float = IDLE_SECONDS) -> None:
        self._app = app
        self._idle = idle_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = math.inf if FILES.fullmatch(scope["path"]) else JSON_BYTES
        announced = int(dict(scope["headers"]).get(b"content-length", b"0"))
        size, complete = 0, False

        async def bounded() -> Message:
            nonlocal size, complete
            if complete:
                return await receive()
            if announced > limit:
                raise HTTPException(413)
            try:
                message = await asyncio.wait_for(receive(), self._idle)
            except TimeoutError:
                raise HTTPException(408) from None
            complete = not message.get("more_body", False)
            size += len(message.get("body", b""))
            if size > limit:
                raise HTTPException(413)
            return message

        await self._app(scope, bounded, send)


async def receive(request: Request, path: Path, limit: int) -> None:
    """Write a request's body to a new file of mode 0600. Raises `TooLarge`; nothing is left then."""
    path.touch(mode=0o600)
    size = 0
    try:
        with path.open("wb") as file:
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise TooLarge(
                        f"the archive is larger than {limit >> 20} MB",
                        next="keep large files out of the repo, or raise SLIPWAY_MAX_PUSH_BYTES",
                    )
                file.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
