"""Control-plane processes and when they were last heard of, by the database's own clock."""

from sqlalchemy import text
from sqlmodel import Session, col, delete, select, update

from api.store.tables import Worker


def arrived(session: Session, worker: str) -> None:
    """A process has started under that name."""
    session.merge(Worker(id=worker, seen_at=_clock(session)))


def is_held(session: Session, worker: str) -> bool:
    """Say that a process is alive. False when another one took it for dead meanwhile."""
    beat = update(Worker).where(col(Worker.id) == worker).values(seen_at=_clock(session))
    return bool(session.exec(beat).rowcount)


def buried(session: Session, but: str, lapse: float) -> list[str]:
    """Forget the processes that were not heard of for `lapse` seconds; returns their names."""
    limit = _clock(session) - lapse
    lapsed = select(Worker.id).where(Worker.id != but, col(Worker.seen_at) < limit)
    found = []
    for name in session.exec(lapsed).all():
        # One that is heard of in this moment lives.
        gone = delete(Worker).where(col(Worker.id) == name, col(Worker.seen_at) < limit)
        if session.exec(gone).rowcount:
            found.append(name)
    return found


def _clock(session: Session) -> float:
    return float(
        session.connection().execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
    )
