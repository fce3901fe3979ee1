"""Deploys, what was seen of them, and their transcripts."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select, update

from api.clock import now
from api.store.tables import Deploy, DeployEvent, TranscriptRow
from slipway.errors import NotFound

FINAL = ("planned", "live", "failed", "cancelled", "superseded")


def get(session: Session, deploy_id: str) -> Deploy:
    """Raises `NotFound`."""
    row = session.get(Deploy, deploy_id)
    if row is None:
        raise NotFound(f"there is no deploy {deploy_id}", next="slipway deploys")
    return row


def listed(session: Session, app: str, limit: int) -> list[Deploy]:
    """Newest first."""
    query = select(Deploy).where(Deploy.app == app).order_by(col(Deploy.created_at).desc()).limit(limit)
    return list(session.exec(query))


def planned(session: Session, app: str, plan_hash: str) -> Deploy:
    """The newest plan of that hash. Raises `NotFound`."""
    query = select(Deploy).where(Deploy.app == app, Deploy.plan_hash == plan_hash, Deploy.state == "planned")
    row = session.exec(query.order_by(col(Deploy.created_at).desc())).first()
    if row is None:
        raise NotFound(f"{app} has no plan {plan_hash}", next="slipway deploy --plan makes one")
    return row


def queued_code(session: Session, app: str, but: str) -> list[Deploy]:
    """Pushes of an app that wait to be rolled out, without the one named."""
    query = select(Deploy).where(Deploy.app == app, Deploy.kind == "code", Deploy.state == "queued")
    query = query.where(col(Deploy.plan_only).is_(False))
    return [row for row in session.exec(query) if row.id != but]


def unfinished(session: Session) -> list[Deploy]:
    """Deploys of all apps that wait or run, oldest first."""
    query = select(Deploy).where(col(Deploy.state).not_in(FINAL)).order_by(Deploy.created_at)
    return list(session.exec(query))


def claim(session: Session, deploy_id: str, before: str, after: str) -> bool:
    """Move a deploy from one state to another, unless somebody else moved it: then False."""
    moved = update(Deploy).where(col(Deploy.id) == deploy_id, col(Deploy.state) == before).values(state=after)
    return bool(session.exec(moved).rowcount)


def asked_to_end(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """Why each of the deploys should end, for those that should."""
    query = select(Deploy).where(col(Deploy.id).in_(ids), Deploy.cancel != "")
    return {row.id: row.cancel for row in session.exec(query)}


def finish(session: Session, row: Deploy, state: str, error: dict[str, Any] | None = None) -> None:
    """Give a deploy its last state, and those who follow it their last event."""
    row.state, row.finished_at, row.error = state, now(), error or {}
    session.add(row)
    code = 0 if state in ("live", "planned") else 1
    session.add(DeployEvent(deploy=row.id, name="end", data={"state": state, "exit_code": code}))


def add_events(session: Session, deploy_id: str, events: Sequence[tuple[str, dict[str, Any]]]) -> None:
    session.add_all(DeployEvent(deploy=deploy_id, name=name, data=data) for name, data in events)


def events_after(session: Session, deploy_id: str, last: int, limit: int = 500) -> list[DeployEvent]:
    """The events after the one numbered `last`, in order."""
    query = select(DeployEvent).where(DeployEvent.deploy == deploy_id, col(DeployEvent.id) > last)
    return list(session.exec(query.order_by(col(DeployEvent.id)).limit(limit)))


def was_told_the_end(session: Session, deploy_id: str, last: int) -> bool:
    """Whether the event called `end` is among those up to the one numbered `last`."""
    query = select(DeployEvent.id).where(
        DeployEvent.deploy == deploy_id, DeployEvent.name == "end", col(DeployEvent.id) <= last
    )
    return session.exec(query).first() is not None


def add_records(session: Session, deploy_id: str, records: Sequence[dict[str, Any]]) -> None:
    session.add_all(TranscriptRow(deploy=deploy_id, record=record) for record in records)


def records(session: Session, deploy_id: str) -> list[dict[str, Any]]:
    """The executed steps of a deploy, in the order in which they ended."""
    query = select(TranscriptRow).where(TranscriptRow.deploy == deploy_id).order_by(col(TranscriptRow.id))
    return [row.record for row in session.exec(query)]
