"""A whole slipway to act on: a control plane in a process of its own, servers of a sandbox, repos to push."""

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import docker.errors
import httpx

from sandbox.servers import Sandbox, Server

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SLIPWAY = Path(sys.executable).with_name("slipway")
READY_SECONDS = 30.0
PUSH_SECONDS = 300.0


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], object], seconds: float = 30.0, what: str = "it") -> None:
    """Wait for a condition with a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen in {seconds:g}s")
        time.sleep(0.05)


class ControlPlane:
    """`slipway serve` as a process, on ports and a data folder of its own."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.registry_port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.token = ""
        self.log = folder / "serve.log"
        self.settings = {
            "SLIPWAY_DATA_DIR": str(folder / "data"),
            "SLIPWAY_PORT": str(self.port),
            "SLIPWAY_REGISTRY_PORT": str(self.registry_port),
            "SLIPWAY_APPS_DOMAIN": "localhost",
            "SLIPWAY_GIT_PRIVATE_HOSTS": "true",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers; the first start's token is kept."""
        begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                [str(SLIPWAY), "serve"],
                env={**os.environ, **self.settings},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        wait_until(
            self._answers, READY_SECONDS, f"the start of the control plane ({self.log.read_text()[begin:]})"
        )
        if found := re.search(r"slw_\S+", self.log.read_text()):
            self.token = found[0]

    def exit_code(self) -> int | None:
        """None while it runs."""
        assert self._process is not None
        return self._process.poll()

    def kill(self) -> None:
        """`kill -9`, as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(
                f"slipway serve ended with {self._process.returncode}: {self.log.read_text()}"
            )
        try:
            return httpx.get(f"{self.url}/health", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False


class Repo:
    """A user's work tree with git, and the remote `slipway`."""

    def __init__(self, world: "World", app: str, folder: Path) -> None:
        self._world = world
        self.app = app
        self.folder = folder

    def write(self, files: Mapping[str, str], message: str = "A change") -> None:
        """Write files and commit them."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def replace(self, name: str, old: str, new: str) -> None:
        """Change a text in a file and commit it."""
        text = (self.folder / name).read_text()
        assert old in text
        self.write({name: text.replace(old, new)}, f"{new} instead of {old}")

    def git(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["git", *words],
            cwd=self.folder,
            env=self._world.environment,
            text=True,
            capture_output=True,
            timeout=PUSH_SECONDS,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def push(self, *, ok: bool = True) -> str:
        """`git push slipway main`; returns what a user sees, without git's padding."""
        done = self.git("push", "slipway", "main", check=False)
        shown = "\n".join(line.rstrip() for line in done.stderr.splitlines())
        assert (done.returncode == 0) is ok, shown
        return shown

    def start_push(self) -> subprocess.Popen[str]:
        """A push that goes on while the test does something to it."""
        return subprocess.Popen(
            ["git", "push", "slipway", "main"],
            cwd=self.folder,
            env=self._world.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )


class World:
    """Everything a test needs; `servers` are in a sandbox of this world's own."""

    def __init__(self, folder: Path, servers: int = 2, **settings: str) -> None:
        self.folder = folder
        self.plane = ControlPlane(folder, **settings)
        self.sandbox = Sandbox(f"test-{secrets.token_hex(4)}")
        self.servers: list[Server] = []
        self._wanted = servers

    @property
    def environment(self) -> dict[str, str]:
        """What a user's shell has."""
        return {
            **os.environ,
            "PATH": f"{SLIPWAY.parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "SLIPWAY_URL": self.plane.url,
            "SLIPWAY_TOKEN": self.plane.token,
            "SLIPWAY_CONFIG": str(self.folder / "cli.toml"),
            "GIT_AUTHOR_NAME": "Ann",
            "GIT_AUTHOR_EMAIL": "ann@example.org",
            "GIT_COMMITTER_NAME": "Ann",
            "GIT_COMMITTER_EMAIL": "ann@example.org",
            "GIT_TERMINAL_PROMPT": "0",
            "NO_COLOR": "1",
            "COLUMNS": "160",
        }

    def start(self) -> None:
        self.plane.start()
        key = self.json("/ssh-key")["public_key"]
        for number in range(1, self._wanted + 1):
            self.servers.append(self.sandbox.create(f"web{number}", key))
        for server in self.servers:
            self.slipway("server", "add", f"root@127.0.0.1:{server.ssh_port}", "--name", server.name, "--yes")

    def stop(self) -> None:
        self.plane.stop()
        self.sandbox.clean()
        client = docker.from_env()
        for container in client.containers.list(
            all=True, filters={"label": f"slipway.registry={self.plane.registry_port}"}
        ):
            container.remove(force=True, v=True)
            try:
                client.volumes.get(container.name or "").remove(force=True)
            except docker.errors.NotFound:
                continue

    def slipway(
        self, *words: str, stdin: str = "", ok: bool = True, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """The command `slipway`, as a user types it."""
        done = subprocess.run(
            [str(SLIPWAY), *words],
            cwd=cwd or self.folder,
            env=self.environment,
            input=stdin,
            text=True,
            capture_output=True,
            timeout=PUSH_SECONDS,
            check=False,
        )
        assert (done.returncode == 0) is ok, done.stdout + done.stderr
        return done

    def api(self, method: str, path: str, *, token: str = "", **more: Any) -> httpx.Response:  # noqa: ANN401
        headers = {"Authorization": f"Bearer {token or self.plane.token}", **more.pop("headers", {})}
        return httpx.request(method, self.plane.url + path, headers=headers, timeout=60, **more)

    def json(self, path: str) -> Any:  # noqa: ANN401 - whatever JSON holds
        answer = self.api("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def repo(self, app: str, files: Mapping[str, str] | None = None, example: str = "") -> Repo:
        """A new app with a repo: of files, or a copy of an example."""
        folder = self.folder / "repos" / app
        folder.mkdir(parents=True)
        repo = Repo(self, app, folder)
        repo.git("init", "--quiet", "--initial-branch=main")
        if example:
            shutil.copytree(EXAMPLES / example, folder, dirs_exist_ok=True)
        self.slipway("create", app, cwd=folder)
        repo.write(files or {}, "Sell shoes")
        return repo

    def get(self, app: str, path: str = "/", server: int = 0) -> httpx.Response:
        """Ask a server's proxy for a page of an app."""
        url = f"http://127.0.0.1:{self.servers[server].http_port}{path}"
        return httpx.get(url, headers={"Host": f"{app}.localhost"}, timeout=30)

    def on(self, server: int, command: str) -> str:
        """A shell command on a server, as somebody who went there by SSH."""
        done = self.sandbox.container(self.servers[server].name).exec_run(["sh", "-c", command])
        assert isinstance(done.output, bytes)
        return done.output.decode("utf-8", "replace")

    def deploys(self, app: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.json(f"/apps/{app}/deploys")
        return found

    def live(self, app: str) -> int | None:
        number: int | None = self.json(f"/apps/{app}")["release"]
        return number


@contextmanager
def a_world(folder: Path, servers: int = 2, **settings: str) -> Iterator[World]:
    """A world that is gone at the end, whatever happened."""
    world = World(folder, servers, **settings)
    try:
        world.start()
        yield world
    except BaseException:
        sys.stderr.write(world.plane.log.read_text()[-4000:] if world.plane.log.exists() else "")
        raise
    finally:
        world.stop()


WEB = """\
import http.server, json, os, signal, sys, threading

GREETING = "hello"

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"greeting": GREETING, "release": os.environ.get("SLIPWAY_RELEASE", "")}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        print("asked", self.path, flush=True)

server = http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Page)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print("ready", flush=True)
server.serve_forever()
"""
"""The smallest web app: Python alone, no package to install, so that a test is about slipway."""

TINY = {"main.py": WEB, "Procfile": "web: python main.py\n"}


def tiny(**more: str) -> dict[str, str]:
    """The files of the smallest web app, with more files or others."""
    return {**TINY, **{name.replace("__", "."): text for name, text in more.items()}}


def dumps(value: object) -> str:
    return json.dumps(value, indent=2)
