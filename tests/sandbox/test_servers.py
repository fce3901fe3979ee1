"""Servers of the sandbox behave like rented machines: ssh, a Docker of their own, a disk that stays."""

import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest

from sandbox.servers import LABEL, Sandbox, Server
from slipway.errors import Conflict, NotFound

BASE = "debian:trixie-slim"


@dataclass(frozen=True)
class Login:
    """How a test logs in to the servers it made: its own key, and the host keys that the sandbox told."""

    folder: Path

    def run(self, server: Server, *command: str, stdin: bytes | None = None) -> str:
        """What a command on the server printed. Raises when it fails."""
        known = self.folder / "known_hosts"
        known.write_text(f"[{server.ssh_host}]:{server.ssh_port} {server.host_key}\n")
        options = ["StrictHostKeyChecking=yes", f"UserKnownHostsFile={known}", "BatchMode=yes"]
        ssh = ["ssh", "-i", str(self.folder / "key"), "-p", str(server.ssh_port)]
        ssh += [word for option in options for word in ("-o", option)]
        done = subprocess.run(
            [*ssh, f"root@{server.ssh_host}", *command],
            input=stdin or b"",
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def load(self, server: Server, image: str) -> None:
        """Bring an image of this machine to the server."""
        saved = subprocess.run(["docker", "save", image], capture_output=True, timeout=120, check=True)
        self.run(server, "docker load", stdin=saved.stdout)


@pytest.fixture(scope="module")
def login(tmp_path_factory: pytest.TempPathFactory) -> Login:
    folder = tmp_path_factory.mktemp("login")
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key")], timeout=30, check=True
    )
    return Login(folder)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(f"test-{uuid.uuid4().hex[:8]}")
    try:
        yield made
    finally:
        made.clean()


@pytest.fixture(scope="module")
def server(sandbox: Sandbox, login: Login) -> Server:
    return sandbox.create("web-1", (login.folder / "key.pub").read_text())


@pytest.mark.acceptance
def test_a_server_runs_containers_within_their_limits(server: Server, login: Login) -> None:
    login.load(server, BASE)
    printed = login.run(server, f"docker run --rm --memory=64m --cpus=0.5 {BASE} echo from inside")
    assert printed == "from inside"


@pytest.mark.acceptance
def test_docker_on_a_server_restarts_alone(server: Server, login: Login) -> None:
    before = login.run(server, "cat /var/run/docker.pid")
    login.run(server, "service docker restart && docker info")
    assert login.run(server, "cat /var/run/docker.pid") != before


@pytest.mark.acceptance
def test_a_server_that_was_off_is_the_same_server(sandbox: Sandbox, server: Server, login: Login) -> None:
    login.run(server, "docker volume create kept && echo precious > /var/lib/docker/volumes/kept/_data/file")
    sandbox.stop(server.name)
    assert sandbox.get(server.name).state == "exited"
    assert sandbox.start(server.name) == server
    assert login.run(server, "cat /var/lib/docker/volumes/kept/_data/file") == "precious"


@pytest.mark.acceptance
def test_a_name_is_given_once(sandbox: Sandbox, server: Server) -> None:
    with pytest.raises(Conflict, match="there is a server web-1 already"):
        sandbox.create(server.name, "")
    assert sandbox.get(server.name) == server


@pytest.mark.acceptance
def test_a_taken_port_is_said_and_nothing_is_left(sandbox: Sandbox, server: Server) -> None:
    with pytest.raises(Conflict, match="a port of web-2 is taken"):
        sandbox.create("web-2", "", http_port=server.http_port)
    with pytest.raises(NotFound):
        sandbox.get("web-2")


@pytest.mark.acceptance
def test_clean_leaves_nothing_of_its_own_and_all_of_others(server: Server, login: Login) -> None:
    other = Sandbox(f"test-{uuid.uuid4().hex[:8]}")
    try:
        other.create("web-1", (login.folder / "key.pub").read_text())
        assert other.clean() == ["web-1"]
        assert labelled(other.name) == []
        assert login.run(server, "echo still here") == "still here"
    finally:
        other.clean()


def labelled(sandbox: str) -> list[object]:
    client = docker.from_env()
    label = f"{LABEL}={sandbox}"
    containers = client.containers.list(all=True, filters={"label": label})
    return [*containers, *client.volumes.list(filters={"label": label})]
