"""The words of the HTTP API that all its shapes share."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from api.schemas.examples import EXAMPLES


class Shape(BaseModel):
    """What goes through the HTTP door; its example, of examples.py, is a part of its documentation."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(handler(core_schema))
        schema["examples"] = [EXAMPLES[cls.__name__]]
        return schema


class Answer(Shape):
    """What the API gives."""

    model_config = ConfigDict(from_attributes=True)


class Given(Shape):
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


class Health(Answer):
    """The control plane answers."""

    status: str
    version: str
