"""The audit: every change, with who, when, through which door, and the difference."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from api.clock import now
from api.store.tables import Event


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and the door they came through: "api", "cli", "git" or "slipway" itself."""

    name: str
    door: str


def note(
    session: Session,
    actor: Actor,
    action: str,
    detail: Mapping[str, object] | None = None,
    *,
    app: str = "",
    server: str = "",
) -> None:
    """Write an event down, in the same transaction as the change. `detail` never holds a secret."""
    event = Event(
        at=now(),
        who=actor.name,
        door=actor.door,
        action=action,
        app=app,
        server=server,
        detail=dict(detail or {}),
    )
    session.add(event)


def latest(session: Session, app: str, limit: int) -> list[Event]:
    """The newest events, of one app or of all."""
    query = select(Event).order_by(col(Event.id).desc()).limit(limit)
    return list(session.exec(query.where(Event.app == app) if app else query))
