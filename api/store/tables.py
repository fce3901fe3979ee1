"""The tables. Times are ISO 8601 in UTC; JSON columns hold plain data; what is secret is encrypted text."""

from typing import Any

from sqlalchemy import JSON, Column, Index, Text
from sqlmodel import Field, SQLModel


def _json() -> Any:  # noqa: ANN401 - a column of SQLModel has no type of its own
    return Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


def _text() -> Any:  # noqa: ANN401 - as above
    return Field(default="", sa_column=Column(Text, nullable=False))


class Setting(SQLModel, table=True):
    """Single values, such as slipway's own SSH key; `value` is encrypted."""

    __tablename__ = "setting"
    name: str = Field(primary_key=True)
    value: str = _text()


class Token(SQLModel, table=True):
    """`hash` is the SHA-256 of a token of 256 random bits, so that the store's reader cannot use it."""

    __tablename__ = "token"
    name: str = Field(primary_key=True)
    role: str
    hash: str = Field(unique=True)
    created_at: str
    created_by: str
    last_used_at: str | None = None


class Server(SQLModel, table=True):
    """`host_key` is pinned: "ssh-ed25519 AAAA…"."""

    __tablename__ = "server"
    name: str = Field(primary_key=True)
    host: str
    port: int
    user: str
    host_key: str
    added_by: str
    added_at: str


class App(SQLModel, table=True):
    """`servers` None means every server; `live` is the number of the release that serves."""

    __tablename__ = "app"
    name: str = Field(primary_key=True)
    servers: list[str] | None = Field(default=None, sa_column=Column(JSON))
    scale: dict[str, int] = _json()
    live: int | None = None
    last_number: int = 0
    config_revision: int = 0
    created_at: str
    created_by: str


class AppDomain(SQLModel, table=True):
    """A host name belongs to one app."""

    __tablename__ = "domain"
    name: str = Field(primary_key=True)
    app: str = Field(index=True)
    tls: str


class ConfigValue(SQLModel, table=True):
    """One config var; `value` is encrypted."""

    __tablename__ = "config"
    app: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    value: str = _text()
    set_by: str
    set_at: str


class Template(SQLModel, table=True):
    """An app's override of a template, made through the API."""

    __tablename__ = "template"
    app: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    text: str = _text()
    set_by: str
    set_at: str


class ReleaseRow(SQLModel, table=True):
    """vN. `spec` is the release as plain data without its env; `env` is encrypted JSON of the config."""

    __tablename__ = "release"
    app: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    deploy: str = Field(index=True)
    state: str
    kind: str
    image: str
    image_bytes: int
    spec: dict[str, Any] = _json()
    env: str = _text()
    config_revision: int
    dockerfile: str = _text()
    explained: dict[str, Any] = _json()
    ejected: dict[str, Any] = _json()
    rollback_of: int | None = None
    by: str
    created_at: str


class Deploy(SQLModel, table=True):
    """One change, from the door it came through to its end. `wish` is what was asked."""

    __tablename__ = "deploy"
    __table_args__ = (Index("deploy_app_state", "app", "state"),)
    id: str = Field(primary_key=True)
    app: str = ""
    server: str = ""
    kind: str
    state: str
    wish: dict[str, Any] = _json()
    source: dict[str, Any] = _json()
    release: int | None = None
    plan_only: bool = False
    plan_hash: str = Field(default="", index=True)
    plan: dict[str, Any] = _json()
    scripts: dict[str, str] = _json()
    timings: dict[str, float] = _json()
    error: dict[str, Any] = _json()
    cancel: str = ""
    by: str
    door: str
    created_at: str
    started_at: str | None = None
    finished_at: str | None = None


class DeployEvent(SQLModel, table=True):
    """What a person watches: `name` is line, step or end; `id` orders a deploy's events."""

    __tablename__ = "deploy_event"
    id: int | None = Field(default=None, primary_key=True)
    deploy: str = Field(index=True)
    name: str
    data: dict[str, Any] = _json()


class TranscriptRow(SQLModel, table=True):
    """One executed step of a deploy, secrets masked."""

    __tablename__ = "transcript"
    id: int | None = Field(default=None, primary_key=True)
    deploy: str = Field(index=True)
    record: dict[str, Any] = _json()


class Event(SQLModel, table=True):
    """The audit: who did what, when, through which door, with the difference. Never changed or removed."""

    __tablename__ = "event"
    id: int | None = Field(default=None, primary_key=True)
    at: str
    who: str
    door: str
    action: str
    app: str = Field(default="", index=True)
    server: str = ""
    detail: dict[str, Any] = _json()


class Worker(SQLModel, table=True):
    """A control-plane process and when it was last heard of, in seconds since 1970."""

    __tablename__ = "worker"
    id: str = Field(primary_key=True)
    seen_at: float
