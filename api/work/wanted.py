"""What a running deploy is to bring where, as the store has it."""

from api.plane import Plane
from api.store import apps, releases, servers
from api.store.tables import Server
from api.work.running import Running
from slipway.errors import NotFound
from slipway.release import Release


def servers_of(plane: Plane, running: Running) -> list[Server]:
    """The servers of the deploy's app. Raises `NotFound` when there is none."""
    with plane.database.reading() as session:
        rows = servers.of_app(session, apps.get(session, running.deploy.app))
    if not rows:
        raise NotFound(
            f"{running.deploy.app} has no server to go to",
            next="slipway server add root@HOST, then push again",
        )
    return rows


def releases_of(plane: Plane, running: Running) -> tuple[Release, Release | None]:
    """The deploy's release, and the other that is live until then."""
    cipher = plane.database.cipher
    with plane.database.reading() as session:
        app = apps.get(session, running.deploy.app)
        row = releases.get(session, app.name, running.deploy.release or 0)
        live = releases.live(session, app)
        previous = releases.load(live, cipher) if live and live.number != row.number else None
        return releases.load(row, cipher), previous


def replaced(plane: Plane, release: Release) -> Release | None:
    """The release that was live until this one was; None for an app's first."""
    with plane.database.reading() as session:
        row = releases.replaced(session, release.app, release.number)
        return releases.load(row, plane.database.cipher) if row else None
