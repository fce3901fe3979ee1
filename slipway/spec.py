"""slipway.toml: what an app's repo says about itself. Every key is optional; docs/slipway.toml shows each."""

import tomllib
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from slipway.errors import SpecError
from slipway.locate import line_of
from slipway.units import Bytes, EnvKey, Name, OneLine, Seconds

FILE = "slipway.toml"


class Part(BaseModel):
    """Strict and frozen: a key that is not known is an error, since a typo would otherwise be silent."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Port = Annotated[int, Field(ge=1, le=65535)]


def _statuses(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Health(Part):
    """What a healthy replica answers: `status` is one code or a range of codes."""

    path: OneLine = "/"
    status: Annotated[str, BeforeValidator(_statuses), Field(pattern=r"^[1-5]\d\d(-[1-5]\d\d)?$")] = "200-399"
    timeout: Annotated[Seconds, Field(gt=0, le=3600)] = 60.0
    interval: Annotated[Seconds, Field(ge=0.05, le=60)] = 0.2

    @field_validator("path")
    @classmethod
    def _absolute(cls, path: str) -> str:
        if not path.startswith("/") or " " in path:
            raise ValueError('must begin with "/" and hold no space')
        return path


class ProcessSpec(Part):
    """One entry of [processes]."""

    command: OneLine | None = None
    port: Port | None = None
    replicas: Annotated[int, Field(ge=0, le=100)] = 1
    memory: Bytes | None = None
    cpus: Annotated[float, Field(gt=0, le=256)] | None = None
    stop_timeout: Annotated[Seconds, Field(gt=0, le=3600)] = 30.0
    health: Health = Health()


class BuildSpec(Part):
    """How the image is built; `secrets` names config vars that the build may read, but the image not keep."""

    stack: OneLine | None = None
    root: OneLine = "."
    dockerfile: OneLine | None = None
    target: OneLine | None = None
    packages: tuple[OneLine, ...] = ()
    build_packages: tuple[OneLine, ...] = ()
    args: dict[EnvKey, OneLine] = {}
    env: dict[EnvKey, OneLine] = {}
    secrets: tuple[EnvKey, ...] = ()
    timeout: Annotated[Seconds, Field(gt=0, le=4 * 3600)] | None = None

    @field_validator("packages", "build_packages", "secrets", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value


class ReleaseSpec(Part):
    """The command that runs once, in the new image, before anything is switched."""

    command: OneLine | None = None
    timeout: Annotated[Seconds, Field(gt=0, le=4 * 3600)] = 600.0


class DeploySpec(Part):
    """How a release replaces the one before, and how many are kept."""

    strategy: Literal["rolling", "stop-first"] = "rolling"
    drain: Annotated[Seconds, Field(ge=0, le=3600)] = 30.0
    keep: Annotated[int, Field(ge=2, le=100)] = 5


class Spec(Part):
    """The whole of slipway.toml."""

    app: Name | None = None
    build: BuildSpec = BuildSpec()
    processes: dict[Name, ProcessSpec] = {}
    release: ReleaseSpec = ReleaseSpec()
    deploy: DeploySpec = DeploySpec()
    volumes: dict[Name, OneLine] = {}

    @field_validator("volumes")
    @classmethod
    def _absolute(cls, volumes: dict[str, str]) -> dict[str, str]:
        for path in volumes.values():
            if not path.startswith("/") or ":" in path or ".." in path.split("/") or path == "/":
                raise ValueError(f'{path!r} must be an absolute path without ":" and ".."')
        return volumes


def parse_spec(text: str) -> Spec:
    """The spec in a slipway.toml's text; `SpecError` names the line, the key and what would be right."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(
            f"is not TOML: {error}", where=_toml_place(str(error), text), next=f"mend {FILE} and push again"
        ) from None
    try:
        return Spec.model_validate(raw)
    except ValidationError as error:
        raise _spec_error(text, error) from None


def _toml_place(message: str, text: str) -> str:
    line = message.partition("at line ")[2].partition(",")[0]
    return f"{FILE}:{line}" if line.isdigit() else f"{FILE}:{max(1, len(text.splitlines()))}"


def _spec_error(text: str, error: ValidationError) -> SpecError:
    found = [_finding(text, item["loc"], item["type"], item["msg"]) for item in error.errors()]
    where, what = found[0]
    more = [f"{place}: {reason}" for place, reason in found[1:]]
    return SpecError(
        what, where=where, lines=more, next=f"mend {FILE} and push again; docs/slipway.toml shows every key"
    )


def _finding(text: str, loc: tuple[str | int, ...], kind: str, message: str) -> tuple[str, str]:
    path = tuple(part for part in loc if part != "[key]")
    reason = message.removeprefix("Value error, ")
    if kind == "extra_forbidden":
        reason = f"is not a key of slipway.toml here; known are {', '.join(known_keys(path[:-1]))}"
    elif kind in ("greater_than_equal", "less_than_equal", "greater_than", "less_than") and path[-1:] == (
        "port",
    ):
        reason = "must be 1-65535"
    elif reason.startswith("Input "):
        reason = reason.removeprefix("Input ")[0].lower() + reason.removeprefix("Input ")[1:]
    return f"{FILE}:{line_of(text, path)}: {'.'.join(map(str, path))}", reason


def known_keys(path: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand under a path of slipway.toml."""
    model: type[Part] = Spec
    parts: dict[str, type[Part]] = {
        "build": BuildSpec,
        "release": ReleaseSpec,
        "deploy": DeploySpec,
        "processes": ProcessSpec,
        "health": Health,
    }
    for part in path:
        model = parts.get(str(part), model)
    return sorted(model.model_fields)
