"""The servers of a sandbox: containers that behave like rented machines.

Everything that is made here carries the label `slipway.sandbox`, and nothing else is ever removed.
"""

import base64
import hashlib
import io
import re
import socket
import tarfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import docker
import docker.errors

from slipway.errors import Conflict, Invalid, NotFound, ServerError

if TYPE_CHECKING:
    from docker.models.containers import Container

IMAGE = "slipway-sandbox-server:1"
LABEL = "slipway.sandbox"
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
HOST_KEY = "/etc/ssh/ssh_host_ed25519_key.pub"
READY_SECONDS = 60.0
# dockerd gives its containers ten seconds to end before it kills them.
STOP_SECONDS = 15
# Between choosing a free port and publishing it another program may take it; then another one is chosen.
PORT_TRIES = 5
# Where CAP_SYS_RESOURCE is not to be had, --privileged fails; this is as much as there is without it.
NEARLY_PRIVILEGED: dict[str, Any] = {
    "cap_add": ["ALL"],
    "cap_drop": ["SYS_RESOURCE"],
    "security_opt": ["seccomp=unconfined", "apparmor=unconfined"],
}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it listens on 127.0.0.1, and its host key as a known_hosts file has it."""

    name: str
    ssh_host: str
    ssh_port: int
    http_port: int
    https_port: int
    host_key: str
    fingerprint: str
    state: str

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


class Sandbox:
    """One named group of servers. Several may live side by side."""

    def __init__(self, name: str = "default") -> None:
        self.name = valid_name(name)
        self._docker = docker.from_env()

    def create(self, name: str, authorized_keys: str, http_port: int = 0, https_port: int = 0) -> Server:
        """Start a server and wait until sshd and Docker answer. A port 0 becomes a free one.

        The ports are the server's address and stay the same over `stop` and `start`.
        Raises `Invalid`, `Conflict`, `ServerError`.
        """
        container = self._start(valid_name(name), {"22/tcp": 0, "80/tcp": http_port, "443/tcp": https_port})
        _put(container, "/root/.ssh/authorized_keys", authorized_keys, 0o600)
        return self.wait_ready(name)

    def servers(self) -> list[Server]:
        """Every server of this sandbox, by name."""
        return sorted(
            (self._server(container) for container in self._containers()), key=lambda item: item.name
        )

    def get(self, name: str) -> Server:
        """A server by name. Raises `NotFound`."""
        return self._server(self.container(name))

    def container(self, name: str) -> "Container":
        """The container that is a server. Raises `NotFound`."""
        try:
            return self._docker.containers.get(self._container(name))
        except docker.errors.NotFound:
            raise NotFound(f"no server {name} in the sandbox {self.name}", next=self._status()) from None

    def stop(self, name: str) -> None:
        """Switch a server off; its disk stays."""
        self.container(name).stop(timeout=STOP_SECONDS)

    def start(self, name: str) -> Server:
        """Switch a server on again."""
        self.container(name).start()
        return self.wait_ready(name)

    def remove(self, name: str) -> None:
        """Remove a server and its disk. Raises `NotFound`."""
        self.container(name)
        self._discard(name)

    def clean(self) -> list[str]:
        """Remove all that carries this sandbox's label; returns the names of the servers among it."""
        names = [container.labels[f"{LABEL}.server"] for container in self._containers()]
        for name in names:
            self._discard(name)
        for volume in self._docker.volumes.list(filters={"label": f"{LABEL}={self.name}"}):
            volume.remove(force=True)
        return sorted(names)

    def wait_ready(self, name: str) -> Server:
        """The server, once its sshd and its Docker answer. Raises `ServerError` when they never do."""
        container = self.container(name)
        deadline = time.monotonic() + READY_SECONDS
        probe = f"test -s {HOST_KEY} && docker info >/dev/null 2>&1 && pgrep -x sshd >/dev/null"
        while time.monotonic() < deadline:
            container.reload()
            if container.status == "running" and container.exec_run(["sh", "-c", probe]).exit_code == 0:
                return self.get(name)
            if container.status in ("exited", "dead"):
                break
            time.sleep(0.1)
        raise ServerError(
            f"{name} did not become ready in {READY_SECONDS:g}s",
            lines=_last_words(container),
            next=f"docker logs {container.name}",
        )

    def _containers(self) -> list["Container"]:
        return self._docker.containers.list(
            all=True, ignore_removed=True, filters={"label": f"{LABEL}={self.name}"}
        )

    def _status(self) -> str:
        return f"python -m sandbox --name {self.name} status"

    def _container(self, name: str) -> str:
        # No name holds a dot, so that no two sandboxes can mean the same container.
        return f"slipway-sandbox-{self.name}.{name}"

    def _start(self, name: str, ports: dict[str, int]) -> "Container":
        self._docker.volumes.create(self._container(name), labels={LABEL: self.name})
        for left in reversed(range(PORT_TRIES)):
            chosen = {port: number or free_port() for port, number in ports.items()}
            try:
                return self._run_with_most_rights(name, chosen)
            except docker.errors.ImageNotFound:
                self._discard(name)
                raise NotFound(f"there is no image {IMAGE}", next="scripts/setup") from None
            except docker.errors.APIError as error:
                if error.status_code == HTTPStatus.CONFLICT:
                    raise Conflict(f"there is a server {name} already", next=self._status()) from None
                self._discard(name)
                if not _port_taken(error):
                    raise
                if not left:
                    raise Conflict(f"a port of {name} is taken: {chosen}", next="choose another") from None
        raise AssertionError("the last try returns or raises")

    def _run_with_most_rights(self, name: str, ports: dict[str, int]) -> "Container":
        try:
            return self._run(name, ports, {"privileged": True})
        except docker.errors.APIError as error:
            if "operation not permitted" not in str(error):
                raise
        self.container(name).remove(force=True)
        return self._run(name, ports, NEARLY_PRIVILEGED)

    def _run(self, name: str, ports: dict[str, int], rights: dict[str, Any]) -> "Container":
        api = self._docker.api
        binds = [f"{self._container(name)}:/var/lib/docker:rw"]
        host = api.create_host_config(
            binds=binds if "privileged" in rights else [*binds, "/sys/fs/cgroup:/sys/fs/cgroup:rw"],
            port_bindings={port: ("127.0.0.1", number) for port, number in ports.items()},
            tmpfs={"/run": ""},
            restart_policy={"Name": "unless-stopped"},
            **rights,
        )
        # What the client's `--security-opt systempaths=unconfined` and `--cgroupns` mean to the API.
        if "privileged" not in rights:
            host |= {"MaskedPaths": [], "ReadonlyPaths": [], "CgroupnsMode": "host"}
        made = api.create_container(
            IMAGE,
            name=self._container(name),
            hostname=name,
            detach=True,
            ports=[(int(port.split("/")[0]), "tcp") for port in ports],
            labels={LABEL: self.name, f"{LABEL}.server": name},
            host_config=host,
        )
        api.start(made["Id"])
        return self.container(name)

    def _server(self, container: "Container") -> Server:
        container.reload()
        ports = container.attrs["HostConfig"]["PortBindings"]
        key = _host_key(container) if container.status == "running" else ""
        return Server(
            name=container.labels[f"{LABEL}.server"],
            ssh_host="127.0.0.1",
            ssh_port=_published(ports, "22/tcp"),
            http_port=_published(ports, "80/tcp"),
            https_port=_published(ports, "443/tcp"),
            host_key=key,
            fingerprint=fingerprint(key) if key else "",
            state=container.status,
        )

    def _discard(self, name: str) -> None:
        with suppress(docker.errors.NotFound):
            self._docker.containers.get(self._container(name)).remove(force=True, v=True)
        with suppress(docker.errors.NotFound):
            self._docker.volumes.get(self._container(name)).remove(force=True)


def valid_name(name: str) -> str:
    """The name, if a host may be called so. Raises `Invalid`."""
    if not NAME.fullmatch(name):
        raise Invalid(f"{name!r} is no name for a server or a sandbox", next="use a-z, 0-9 and - within it")
    return name


def fingerprint(public_key: str) -> str:
    """A public key's fingerprint as ssh-keygen prints it: `SHA256:…`."""
    digest = hashlib.sha256(base64.b64decode(public_key.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _port_taken(error: docker.errors.APIError) -> bool:
    return "port is already allocated" in str(error) or "address already in use" in str(error)


def _published(ports: dict[str, list[dict[str, str]]], name: str) -> int:
    return int(ports[name][0]["HostPort"])


def _host_key(container: "Container") -> str:
    """The type and the key, without the comment. Empty before sshd made one."""
    return " ".join(_output(container, "sh", "-c", f"cat {HOST_KEY} 2>/dev/null").split()[:2])


def _output(container: "Container", *argv: str) -> str:
    output = container.exec_run(list(argv)).output
    return output.decode("utf-8", "replace") if isinstance(output, bytes) else ""


def _last_words(container: "Container") -> list[str]:
    """What explains best why a server does not work: its dockerd's log, or its own when it does not run."""
    if container.status == "running":
        return _output(container, "tail", "-n", "5", "/var/log/dockerd.log").splitlines()
    return container.logs(tail=5).decode("utf-8", "replace").splitlines()


def _put(container: "Container", path: str, text: str, mode: int) -> None:
    """Write a file of root's into a container."""
    folder, _, name = path.rpartition("/")
    content = text.encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(content), mode
        tar.addfile(info, io.BytesIO(content))
    container.put_archive(folder, buffer.getvalue())
