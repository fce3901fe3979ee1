"""Releases: rows and the plain data that they stand for."""

import json
from dataclasses import dataclass, replace
from functools import cache

from pydantic import TypeAdapter
from sqlmodel import Session, col, select, update

from api.store.cipher import Cipher
from api.store.tables import App, ReleaseRow
from slipway.errors import NotFound
from slipway.release import Release
from slipway.secret import Secret


@dataclass(frozen=True, slots=True)
class Made:
    """What a release was made from, beside the release itself."""

    deploy: str
    kind: str
    explained: dict[str, object]
    ejected: dict[str, object]
    rollback_of: int | None = None


def store(session: Session, cipher: Cipher, release: Release, made: Made) -> ReleaseRow:
    """Write a release down; it is `pending` until a server serves it."""
    env = {key: value.reveal() for key, value in release.env.items()}
    row = ReleaseRow(
        app=release.app,
        number=release.number,
        deploy=made.deploy,
        state="pending",
        kind=made.kind,
        image=release.image.reference,
        image_bytes=release.image.size,
        spec=_adapter().dump_python(replace(release, env={}, dockerfile=""), mode="json"),
        env=cipher.encrypt(json.dumps(env)),
        config_revision=release.config_revision,
        dockerfile=release.dockerfile,
        explained=made.explained,
        ejected=made.ejected,
        rollback_of=made.rollback_of,
        by=release.created_by,
        created_at=release.created_at,
    )
    session.add(row)
    return row


def load(row: ReleaseRow, cipher: Cipher) -> Release:
    """The release that a row stands for, its config decrypted."""
    env = json.loads(cipher.decrypt(row.env).reveal())
    secrets = {key: Secret(value, f"{key} of {row.app}") for key, value in env.items()}
    return replace(_adapter().validate_python(row.spec), env=secrets, dockerfile=row.dockerfile)


def get(session: Session, app: str, number: int) -> ReleaseRow:
    """Raises `NotFound`."""
    row = session.get(ReleaseRow, (app, number))
    if row is None:
        raise NotFound(f"{app} has no release v{number}", next=f"slipway releases {app}")
    return row


def live(session: Session, app: App) -> ReleaseRow | None:
    """The release that serves."""
    return session.get(ReleaseRow, (app.name, app.live)) if app.live is not None else None


def latest(session: Session, app: App, number: int | None) -> ReleaseRow:
    """The release of that number; without one the live, or else the newest. Raises `NotFound`."""
    if number is not None:
        return get(session, app.name, number)
    row = live(session, app) or next(iter(listed(session, app.name)), None)
    if row is None:
        raise NotFound(f"{app.name} has no release yet", next="git push slipway main")
    return row


def listed(session: Session, app: str) -> list[ReleaseRow]:
    """Newest first."""
    query = select(ReleaseRow).where(ReleaseRow.app == app).order_by(col(ReleaseRow.number).desc())
    return list(session.exec(query))


def of_deploy(session: Session, deploy: str) -> ReleaseRow | None:
    return session.exec(select(ReleaseRow).where(ReleaseRow.deploy == deploy)).first()


def before(session: Session, app: App) -> ReleaseRow:
    """The release that served before the live one. Raises `NotFound`."""
    rows = [row for row in listed(session, app.name) if row.state == "past" and row.number < (app.live or 0)]
    live_row = live(session, app)
    # Going back twice goes back two: a rollback's own predecessor is the one before what it went back to.
    bound = live_row.rollback_of if live_row and live_row.rollback_of else app.live or 0
    found = next((row for row in rows if row.number < bound and row.rollback_of is None), None)
    if found is None:
        raise NotFound(f"{app.name} has no release to go back to", next=f"slipway releases {app.name}")
    return found


def replaced(session: Session, app: str, number: int) -> ReleaseRow | None:
    """The release that served until that one did; None for an app's first."""
    query = select(ReleaseRow).where(ReleaseRow.app == app, ReleaseRow.state == "past")
    query = query.where(col(ReleaseRow.number) < number).order_by(col(ReleaseRow.number).desc())
    return session.exec(query.limit(1)).first()


def number(session: Session, app: App) -> int:
    """The next release's number; a number is never given twice."""
    app.last_number += 1
    session.add(app)
    return app.last_number


def went_live(session: Session, app: App, number: int) -> None:
    """Note that a release serves, and the one before it no longer."""
    ended = update(ReleaseRow).where(col(ReleaseRow.app) == app.name, col(ReleaseRow.state) == "live")
    session.exec(ended.values(state="past"))
    get(session, app.name, number).state = "live"
    app.live = number
    session.add(app)


@cache
def _adapter() -> TypeAdapter[Release]:
    return TypeAdapter(Release)
