"""Apps, their domains, and their own templates."""

from sqlmodel import Session, col, delete, select

from api.clock import now
from api.store.tables import App, AppDomain, ConfigValue, Deploy, ReleaseRow, Template
from slipway.errors import Conflict, NotFound


def find(session: Session, name: str) -> App | None:
    return session.get(App, name)


def get(session: Session, name: str) -> App:
    """Raises `NotFound`."""
    row = find(session, name)
    if row is None:
        raise NotFound(f"there is no app {name}", next=f"slipway apps list, or slipway create {name}")
    return row


def locked(session: Session, name: str) -> App:
    """The app, held until the transaction ends: changes of one app follow one another. Raises `NotFound`."""
    session.get(App, name, with_for_update=True)
    return get(session, name)


def listed(session: Session) -> list[App]:
    return list(session.exec(select(App).order_by(App.name)))


def create(session: Session, name: str, servers: list[str] | None, by: str) -> App:
    """Raises `Conflict` when the name is taken."""
    if session.get(App, name):
        raise Conflict(f"there is an app {name} already", next="choose another name")
    row = App(name=name, servers=servers, created_at=now(), created_by=by)
    session.add(row)
    return row


def remove(session: Session, name: str) -> None:
    """Forget an app and all that was stored of it, but its audit and its deploys."""
    for table, of in (
        (AppDomain, col(AppDomain.app)),
        (ConfigValue, col(ConfigValue.app)),
        (Template, col(Template.app)),
        (ReleaseRow, col(ReleaseRow.app)),
    ):
        session.exec(delete(table).where(of == name))
    session.delete(get(session, name))


def domains(session: Session, app: str) -> list[AppDomain]:
    return list(session.exec(select(AppDomain).where(AppDomain.app == app).order_by(AppDomain.name)))


def add_domain(session: Session, app: str, name: str, tls: str) -> str:
    """Add a domain, or change its TLS; returns the TLS before. Raises `Conflict` when another app has it."""
    row = session.get(AppDomain, name)
    if row and row.app != app:
        raise Conflict(
            f"{name} belongs to the app {row.app}", next=f"slipway domains remove {name} --app {row.app}"
        )
    before = row.tls if row else ""
    row = row or AppDomain(name=name, app=app, tls=tls)
    row.tls = tls
    session.add(row)
    return before


def remove_domain(session: Session, app: str, name: str) -> None:
    """Raises `NotFound`."""
    row = session.get(AppDomain, name)
    if row is None or row.app != app:
        raise NotFound(f"{app} has no domain {name}", next=f"slipway domains list --app {app}")
    session.delete(row)


def templates(session: Session, app: str) -> list[Template]:
    return list(session.exec(select(Template).where(Template.app == app).order_by(Template.name)))


def set_template(session: Session, app: str, name: str, text: str, by: str) -> str:
    """Keep an override; returns the text before, "" when there was none."""
    row = session.get(Template, (app, name)) or Template(app=app, name=name, set_by=by, set_at=now())
    before = row.text
    row.text, row.set_by, row.set_at = text, by, now()
    session.add(row)
    return before


def remove_template(session: Session, app: str, name: str) -> str:
    """Forget an override; returns its text. Raises `NotFound`."""
    row = session.get(Template, (app, name))
    if row is None:
        raise NotFound(f"{app} has no template {name} of its own", next=f"slipway template list --app {app}")
    session.delete(row)
    return row.text


def unfinished(session: Session, app: str) -> list[Deploy]:
    """The app's deploys that wait or run, oldest first."""
    query = select(Deploy).where(Deploy.app == app, col(Deploy.state).in_(("queued", "running")))
    return list(session.exec(query.order_by(Deploy.created_at)))
