"""A release: immutable, numbered vN; everything that a server needs to run one version of an app."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from slipway.secret import Secret


@dataclass(frozen=True, slots=True)
class Source:
    """Where a release's code came from. `at` is the commit's time in ISO 8601, "" when there is no commit."""

    commit: str = ""
    author: str = ""
    subject: str = ""
    ref: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A built image. `reference` is what servers pull: `127.0.0.1:5077/shop@sha256:…`; sizes are in bytes."""

    reference: str
    size: int = 0
    layers: int = 0
    new_layers: int = 0
    new_bytes: int = 0

    @property
    def digest(self) -> str:
        return self.reference.partition("@")[2]


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A healthy replica answers GET `path` with a status within `first`..`last` before `timeout` seconds."""

    path: str = "/"
    first: int = 200
    last: int = 399
    timeout: float = 60.0
    interval: float = 0.2


@dataclass(frozen=True, slots=True)
class Process:
    """One entry of an app. `argv` () is the image's own command; with `port` None it does not listen."""

    name: str
    argv: tuple[str, ...] = ()
    port: int | None = None
    replicas: int = 1
    memory: int | None = None
    cpus: float | None = None
    stop_timeout: float = 30.0
    health: HealthCheck = HealthCheck()


@dataclass(frozen=True, slots=True)
class Domain:
    """A host name of an app. `tls` is "off", "internal" (Caddy's own CA) or "acme"."""

    name: str
    tls: str = "off"


@dataclass(frozen=True, slots=True)
class Release:
    """vN of an app. `env` holds the config vars; `created_at` is ISO 8601; `drain` is in seconds."""

    app: str
    number: int
    image: Image
    processes: tuple[Process, ...]
    domains: tuple[Domain, ...] = ()
    env: Mapping[str, Secret] = field(default_factory=dict)
    config_revision: int = 0
    source: Source = Source()
    created_at: str = ""
    created_by: str = ""
    release_argv: tuple[str, ...] = ()
    release_timeout: float = 600.0
    strategy: str = "rolling"
    drain: float = 30.0
    keep: int = 5
    volumes: Mapping[str, str] = field(default_factory=dict)
    dockerfile: str = ""

    @property
    def project(self) -> str:
        """The name of the Docker Compose project: `shop-v12`."""
        return f"{self.app}-v{self.number}"

    @property
    def web(self) -> Process | None:
        """The process that the proxy sends requests to: the one called `web` if it listens and runs."""
        return next(
            (
                process
                for process in self.processes
                if process.name == "web" and process.port and process.replicas
            ),
            None,
        )

    @property
    def serving_name(self) -> str:
        """The alias on the app's network that the proxy asks for: `shop-v12-web`."""
        return f"{self.project}-web"
