"""Apps, and what is wanted of them."""

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.deploys import DeployInfo
from api.schemas.servers import ContainerShown
from api.schemas.words import Answer, Given
from slipway.units import Domain, EnvKey, Name


class AppNew(Given):
    """Without `servers` the app goes to every server there is."""

    name: Name
    servers: Annotated[list[Name], Field(max_length=1000)] | None = None


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
    servers: Annotated[list[Name], Field(max_length=1000)]


class PlacementShown(Answer):
    """An app on one server, as read just now."""

    server: str
    ok: bool
    error: str = ""
    serving: str = ""
    differences: list[str] = Field(default_factory=list)
    containers: list[ContainerShown] = Field(default_factory=list)


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
    deploy: DeployInfo | None
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
    set: dict[EnvKey, Annotated[str, Field(max_length=64 << 10)]] = Field(default_factory=dict)
    unset: list[EnvKey] = Field(default_factory=list)


class Scale(Given):
    """Replicas by process."""

    replicas: dict[Name, Annotated[int, Field(ge=0, le=100)]]
