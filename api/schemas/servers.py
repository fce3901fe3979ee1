"""Servers and their host keys."""

from typing import Annotated

from pydantic import AfterValidator, Field

from api.schemas.words import Answer, Given
from slipway.units import Name, OneLine, host

Host = Annotated[str, AfterValidator(host)]
HostKey = Annotated[OneLine, Field(max_length=4096)]


class PublicKey(Answer):
    """What servers must have in authorized_keys."""

    public_key: str


class HostKeyAsked(Given):
    host: Host
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
    host_key: HostKey


class HostKeyTrusted(Given):
    host_key: HostKey


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
