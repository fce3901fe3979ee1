"""What the HTTP API takes and gives, as pydantic models. Times are ISO 8601 in UTC, durations seconds."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from slipway.units import Domain, EnvKey, Name, OneLine


class Answer(BaseModel):
    """What the API gives."""

    model_config = ConfigDict(from_attributes=True)


class Given(BaseModel):
    """What the API takes: a key that is not known is an error, since a typo would otherwise be silent."""

    model_config = ConfigDict(extra="forbid")


class Role(StrEnum):
    """What a token may do; each includes those before it."""

    VIEWER = "viewer"
    DEVELOPER = "developer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Whether this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class State(StrEnum):
    """How far a deploy is. `planned` waits for its hash; `superseded` was replaced by a newer push."""

    QUEUED = "queued"
    RUNNING = "running"
    PLANNED = "planned"
    LIVE = "live"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"

    @property
    def is_final(self) -> bool:
        return self not in (State.QUEUED, State.RUNNING)


class DeployKind(StrEnum):
    """What a deploy changes."""

    CODE = "code"
    CONFIG = "config"
    DOMAINS = "domains"
    SCALE = "scale"
    SERVERS = "servers"
    ROLLBACK = "rollback"
    REMOVE = "remove"
    BOOTSTRAP = "bootstrap"


class Problem(Answer):
    """An error, after RFC 9457, with a stable code and what to do next."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    where: str = ""
    lines: list[str] = []
    serving: str = ""
    next: str = ""


# Tokens


class Who(Answer):
    """Whose token was shown."""

    name: str
    role: Role


class TokenNew(Given):
    name: Name
    role: Role


class TokenInfo(Answer):
    name: str
    role: Role
    created_at: str
    created_by: str
    last_used_at: str | None


class TokenMade(TokenInfo):
    """`token` is shown this one time."""

    token: str


# Servers


class HostKeyAsked(Given):
    host: OneLine
    port: Annotated[int, Field(ge=1, le=65535)] = 22


class HostKeyShown(Answer):
    """The key that a server shows now; nothing is pinned by asking."""

    host: str
    port: int
    host_key: str
    fingerprint: str


class ServerNew(HostKeyAsked):
    """`host_key` is the one that a person accepted; it is pinned."""

    name: Name
    user: Annotated[OneLine, Field(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")] = "root"
    host_key: OneLine


class HostKeyTrusted(Given):
    host_key: OneLine


class ServerInfo(Answer):
    name: str
    host: str
    port: int
    user: str
    host_key: str
    fingerprint: str
    known_hosts: str
    added_by: str
    added_at: str


class ContainerShown(Answer):
    """One replica, as read from its server. `matches`: it runs the digest that its release names."""

    id: str
    process: str
    release: int
    state: str
    digest: str
    status: str
    matches: bool


class ServerStatus(Answer):
    """A server as read just now; `error` when it could not be."""

    name: str
    ok: bool
    error: str = ""
    os: str = ""
    docker: str = ""
    proxy_running: bool = False
    cpus: int = 0
    load: float = 0.0
    memory_total: int = 0
    memory_free: int = 0
    disk_total: int = 0
    disk_free: int = 0


# Apps


class AppNew(Given):
    """Without `servers` the app goes to every server there is."""

    name: Name
    servers: list[Name] | None = None


class DomainInfo(Answer):
    name: str
    tls: Literal["off", "internal", "acme"]


class DomainNew(Given):
    name: Domain
    tls: Literal["off", "internal", "acme"] = "off"


class AppInfo(Answer):
    """`release` is the number of the live one."""

    name: str
    release: int | None
    servers: list[str]
    domains: list[DomainInfo]
    git_url: str
    branch: str
    created_at: str


class AppServers(Given):
    servers: list[Name]


class PlacementShown(Answer):
    """An app on one server, as read just now."""

    server: str
    ok: bool
    error: str = ""
    serving: str = ""
    differences: list[str] = []
    containers: list[ContainerShown] = []


class AppStatus(Answer):
    """`digest` is that of the live release; each server says whether it runs it."""

    name: str
    release: int | None
    digest: str
    commit: str
    author: str
    subject: str
    deployed_at: str
    urls: list[str]
    deploy: "DeployInfo | None"
    servers: list[PlacementShown]


class ConfigVar(Answer):
    """A config var without its value, which nothing but the app's own processes gets to see."""

    key: str
    set_by: str
    set_at: str


class ConfigShown(Answer):
    revision: int
    vars: list[ConfigVar]


class ConfigChange(Given):
    set: dict[EnvKey, Annotated[str, Field(max_length=64 << 10)]] = {}
    unset: list[EnvKey] = []


class Scale(Given):
    """Replicas by process."""

    replicas: dict[Name, Annotated[int, Field(ge=0, le=100)]]


# Deploys and releases


class GitSource(Given):
    """A public https URL and an exact branch, tag or commit."""

    url: OneLine
    ref: OneLine = "HEAD"


class RollbackAsked(Given):
    """Without `to` the release before the live one."""

    to: Annotated[int, Field(ge=1)] | None = None


class ApplyAsked(Given):
    hash: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]


class SourceInfo(Answer):
    commit: str = ""
    author: str = ""
    subject: str = ""
    ref: str = ""
    at: str = ""


class DeployInfo(Answer):
    """`timings` has seconds by phase: build, delivery, release, start, switch, …"""

    id: str
    app: str
    server: str = ""
    kind: DeployKind
    state: State
    release: int | None
    source: SourceInfo
    by: str
    door: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    plan_hash: str = ""
    timings: dict[str, float] = {}
    error: Problem | None = None


class DeployStarted(Answer):
    """A change was stored. `deploy` is None when there is nothing to bring to a server yet."""

    deploy: DeployInfo | None
    message: str = ""


class StepShown(Answer):
    """One step of a plan: `kind` is run, write, probe, switch or drain; `diff` is a file's."""

    stage: str
    kind: str
    command: str
    why: str
    diff: str = ""


class ServerPlan(Answer):
    server: str
    steps: list[StepShown]


class PlanShown(Answer):
    """`hash` is what --apply takes. Empty `servers`: nothing to do."""

    title: str
    hash: str
    servers: list[ServerPlan]


class RecordShown(Answer):
    """One executed step of a transcript, secrets masked."""

    server: str
    stage: str
    why: str
    command: str
    stdin: str
    output: str
    exit_code: int | None
    started_at: str
    seconds: float


class ReleaseInfo(Answer):
    number: int
    state: Literal["pending", "live", "past", "failed"]
    kind: DeployKind
    digest: str
    image: str
    image_bytes: int
    source: SourceInfo
    config_revision: int
    headline: str
    by: str
    created_at: str
    processes: dict[str, int]
    rollback_of: int | None = None


class FileShown(Answer):
    """A rendered file."""

    name: str
    text: str


class LineExplained(Answer):
    """A line of a rendered file: the template's line and layer it comes from, and the evidence for it."""

    line: int
    text: str
    template: str
    layer: str
    why: list[str]


class Explained(Answer):
    headline: str
    warnings: list[str]
    lines: list[LineExplained]


class Ejected(Answer):
    """The files that leave with an app: Dockerfile, .dockerignore, compose.yaml."""

    files: list[FileShown]


class TemplateInfo(Answer):
    """A template of an app; `layer` is the first that has it, of `layers`."""

    name: str
    layer: str
    layers: list[str]


class TemplateShown(Answer):
    name: str
    layer: str
    text: str


class TemplateText(Given):
    text: Annotated[str, Field(max_length=256 << 10)]


class RunAsked(Given):
    """A one-off command in a new container of the live release."""

    argv: Annotated[list[OneLine], Field(min_length=1, max_length=200)]
    timeout: Annotated[float, Field(gt=0, le=24 * 3600)] = 3600.0


# Streams (server-sent events; the data of each is one of these)


class LineEvent(Answer):
    """`event: line`. `kind` is head, out, warn or error."""

    text: str
    kind: str
    phase: str = ""


class StepEvent(Answer):
    """`event: step`: a step ended on a server."""

    server: str
    stage: str
    command: str
    why: str
    ok: bool
    seconds: float


class EndEvent(Answer):
    """`event: end`, the last one of a deploy or a run."""

    state: str
    exit_code: int


class OutputEvent(Answer):
    """`event: output`: a line of a log or of a run."""

    server: str
    process: str
    text: str
    at: str = ""


class EventInfo(Answer):
    """Who did what, when, through which door, with the difference."""

    id: int
    at: str
    who: str
    door: str
    action: str
    app: str
    server: str
    detail: dict[str, object]
