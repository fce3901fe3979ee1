"""Server-sent events, of which the data of each is one of these, and the audit."""

from api.schemas.words import Answer


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
