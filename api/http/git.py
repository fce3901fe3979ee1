"""git push: smart HTTP by git's own http-backend, a bare repo per app, a deploy before the ref moves.

Protocol: gitprotocol-http(5); the CGI contract: git-http-backend(1). The pre-receive hook (a template of
ours) runs inside receive-pack, sees the pushed objects and hands the tree to `/internal/receive`.
"""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from templates.engine import Engine

SERVICES = {"git-receive-pack", "git-upload-pack"}
CHUNK = 1 << 16


class Repos:
    """The bare repos of all apps in one folder, and the hook that they share."""

    def __init__(self, folder: Path, engine: Engine, *, max_push_bytes: int) -> None:
        self._folder = folder
        self._hooks = folder / "hooks"
        self._engine = engine
        self._max_push_bytes = max_push_bytes

    def prepare(self) -> None:
        """Write the hook; it names this installation's own Python, so it is written at each start."""
        self._hooks.mkdir(parents=True, exist_ok=True)
        hook = self._hooks / "pre-receive"
        fresh = hook.with_suffix(".new")
        fresh.write_text(self._engine.render("git/pre-receive", {"python": sys.executable}).text)
        fresh.chmod(fresh.stat().st_mode | stat.S_IXUSR)
        fresh.replace(hook)

    def ensure(self, app: str) -> Path:
        """The app's bare repo, made when there is none."""
        repo = self._folder / f"{app}.git"
        if not (repo / "HEAD").exists():
            make = ["git", "init", "--quiet", "--bare", "--initial-branch=main", str(repo)]
            subprocess.run(make, check=True, stdin=subprocess.DEVNULL, env=_plain_environment())
        return repo

    def environment(self, app: str, branch: str, receive_url: str, receive_key: str) -> dict[str, str]:
        """What http-backend and the hook need to know; nothing of it stands in any argv."""
        config = {
            "http.receivepack": "true",
            "core.hooksPath": str(self._hooks),
            "receive.maxInputSize": str(self._max_push_bytes),
            "receive.fsckObjects": "true",
            "safe.directory": "*",
        }
        numbered = {f"GIT_CONFIG_KEY_{at}": key for at, key in enumerate(config)}
        numbered |= {f"GIT_CONFIG_VALUE_{at}": value for at, value in enumerate(config.values())}
        return {
            **_plain_environment(),
            **numbered,
            "GIT_CONFIG_COUNT": str(len(config)),
            "GIT_PROJECT_ROOT": str(self._folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "SLIPWAY_APP": app,
            "SLIPWAY_BRANCH": branch,
            "SLIPWAY_RECEIVE_URL": receive_url,
            "SLIPWAY_RECEIVE_KEY": receive_key,
        }


def _plain_environment() -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.environ.get("HOME", "/nonexistent"),
        "LANG": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
    }


async def serve(request: Request, path: str, user: str, environment: Mapping[str, str]) -> Response:
    """Answer a smart HTTP request by `git http-backend`; `path` is `/shop.git/info/refs` and the like."""
    process = await asyncio.create_subprocess_exec(
        "git",
        "http-backend",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**environment, **_cgi(request, path, user)},
    )
    feeding = asyncio.create_task(_feed(request, process))
    try:
        status, headers = await _head(process)
        # A response that has begun reads on, for the client's farewell: a large push would lose pieces to it.
        await feeding
    except BaseException:
        feeding.cancel()
        process.kill()
        raise
    return StreamingResponse(_body(process), status_code=status, headers=headers)


def _cgi(request: Request, path: str, user: str) -> dict[str, str]:
    headers = {
        "CONTENT_TYPE": "content-type",
        "CONTENT_LENGTH": "content-length",
        "HTTP_CONTENT_ENCODING": "content-encoding",
        "GIT_PROTOCOL": "git-protocol",
    }
    given = {name: request.headers[header] for name, header in headers.items() if header in request.headers}
    return {
        **given,
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.url.query,
        "PATH_INFO": path,
        "REMOTE_USER": user,
        "REMOTE_ADDR": request.client.host if request.client else "",
    }


async def _feed(request: Request, process: asyncio.subprocess.Process) -> None:
    """Hand the request's body over as it comes; git may stop reading early, which is its right."""
    stdin = process.stdin
    assert stdin is not None  # noqa: S101 - it was asked for as a pipe
    try:
        async for chunk in request.stream():
            stdin.write(chunk)
            await stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        pass
    finally:
        stdin.close()


async def _head(process: asyncio.subprocess.Process) -> tuple[int, dict[str, str]]:
    stdout = process.stdout
    assert stdout is not None  # noqa: S101 - it was asked for as a pipe
    headers: dict[str, str] = {}
    while line := (await stdout.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    status = headers.pop("status", "200" if headers else "500")
    return int(status.split()[0]), headers


async def _body(process: asyncio.subprocess.Process) -> AsyncIterator[bytes]:
    stdout = process.stdout
    assert stdout is not None  # noqa: S101 - it was asked for as a pipe
    try:
        while chunk := await stdout.read(CHUNK):
            yield chunk
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
