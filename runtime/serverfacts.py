"""What was read from a server a moment ago, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Container:
    """One container of an app on a server, from its labels and `docker inspect`.

    `image` is the reference it was created from (`127.0.0.1:5077/shop@sha256:…`), `state` Docker's word
    ("running", "exited", "restarting", …), `address` its IP on the app's network, "" when it does not run.
    """

    id: str
    app: str
    release: int
    process: str
    image: str
    state: str
    address: str = ""
    exit_code: int = 0
    started_at: str = ""
    oneoff: bool = False


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """A server as it is. Sizes are in bytes; times are the server's.

    `files` holds the text of the files that a plan may write: None where there is none, `sha256:…` for a file
    of mode 0600. `serving` is the line of each app's serving file, `releases` the numbers of its release
    folders, `release_images` the image that each folder's compose file names. `port_holders` says which
    program listens on 80 and 443 when it is not the proxy.
    """

    server: str
    uid: int = 0
    os: str = ""
    arch: str = ""
    docker: str = ""
    compose: str = ""
    curl: bool = True
    proxy_running: bool = False
    proxy_networks: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    disk_free: int = 0
    disk_total: int = 0
    memory_total: int = 0
    memory_free: int = 0
    load: float = 0.0
    cpus: int = 1
    port_holders: Mapping[int, str] = field(default_factory=dict)
    containers: tuple[Container, ...] = ()
    images: tuple[str, ...] = ()
    serving: Mapping[str, str] = field(default_factory=dict)
    releases: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    release_images: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    current: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, str | None] = field(default_factory=dict)
    read_at: str = ""

    def of(self, app: str, release: int | None = None) -> tuple[Container, ...]:
        """The containers of an app, or of one release of it; one-off containers are left out."""
        return tuple(
            container
            for container in self.containers
            if container.app == app and not container.oneoff and release in (None, container.release)
        )
