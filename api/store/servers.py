"""Servers, by name, each with its pinned host key."""

from sqlmodel import Session, select

from api.store.tables import App, Server
from slipway.errors import Conflict, NotFound


def get(session: Session, name: str) -> Server:
    """Raises `NotFound`."""
    row = session.get(Server, name)
    if row is None:
        raise NotFound(f"there is no server {name}", next="slipway server list")
    return row


def listed(session: Session) -> list[Server]:
    return list(session.exec(select(Server).order_by(Server.name)))


def add(session: Session, row: Server) -> None:
    """Raises `Conflict` when the name or the address is taken."""
    for other in listed(session):
        if other.name == row.name:
            raise Conflict(f"there is a server {row.name} already", next="give this one another --name")
        if (other.host, other.port) == (row.host, row.port):
            raise Conflict(
                f"{row.host}:{row.port} is the server {other.name} already", next="slipway server list"
            )
    session.add(row)


def remove(session: Session, name: str) -> Server:
    """Forget a server; returns what it was. Raises `Conflict` while an app is on it."""
    row = get(session, name)
    apps = [
        app.name
        for app in session.exec(select(App))
        if name in (app.servers or ()) or (app.servers is None and app.live is not None)
    ]
    if apps:
        raise Conflict(
            f"{name} serves {', '.join(apps)}",
            next=f"let {apps[0]} leave it first: slipway apps servers {apps[0]} OTHER…",
        )
    session.delete(row)
    return row


def of_app(session: Session, app: App) -> list[Server]:
    """The servers that an app goes to: those it names, or all. Raises `NotFound` for one that is gone."""
    if app.servers is None:
        return listed(session)
    return [get(session, name) for name in app.servers]
