"""Deploys: how they are asked for, their plans and transcripts."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from api.schemas.words import Answer, DeployKind, Given, Problem, State
from slipway.units import OneLine


class GitSource(Given):
    """A public https URL and an exact branch, tag or commit."""

    url: Annotated[OneLine, Field(max_length=2000)]
    ref: Annotated[OneLine, Field(max_length=200)] = "HEAD"


def _plan_hash(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{12}", value):
        raise ValueError("must be the 12 letters and digits that --plan printed")
    return value


class ApplyAsked(Given):
    hash: Annotated[str, AfterValidator(_plan_hash), Field(max_length=100)]


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
    timings: dict[str, float] = Field(default_factory=dict)
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


class RunAsked(Given):
    """A one-off command in a new container of the live release."""

    argv: Annotated[list[OneLine], Field(min_length=1, max_length=200)]
    timeout: Annotated[float, Field(gt=0, le=24 * 3600)] = 3600.0
