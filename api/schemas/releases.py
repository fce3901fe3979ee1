"""Releases, and the files that they are made from."""

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.deploys import SourceInfo
from api.schemas.words import Answer, DeployKind, Given


class RollbackAsked(Given):
    """Without `to` the release before the live one."""

    to: Annotated[int, Field(ge=1, le=(1 << 31) - 1)] | None = None


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
