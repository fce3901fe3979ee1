"""An app as it is on its servers now, held against what its live release says."""

from api.http import describe
from api.plane import Plane
from api.schemas import AppStatus, ContainerShown, PlacementShown
from api.store import apps, deploys, releases, servers
from api.work import fleet
from runtime.serverfacts import ServerFacts
from runtime.verify import verify
from slipway.errors import SlipwayError
from slipway.release import Release


def placement(plane: Plane, name: str) -> AppStatus:
    """Every server of an app, read now. Raises `NotFound`."""
    with plane.database.reading() as session:
        app = apps.get(session, name)
        rows = servers.of_app(session, app)
        live_row = releases.live(session, app)
        release = releases.load(live_row, plane.database.cipher) if live_row else None
        latest = next(iter(deploys.listed(session, name, 1)), None)
        domains = apps.domains(session, name)
    facts = fleet.read_all(plane, rows)
    source = release.source if release else None
    return AppStatus(
        name=name,
        release=app.live,
        digest=release.image.digest if release else "",
        commit=source.commit if source else "",
        author=source.author if source else "",
        subject=source.subject if source else "",
        deployed_at=release.created_at if release else "",
        urls=[plane.settings.url_of(item.name, item.tls) for item in domains],
        deploy=describe.deploy(latest) if latest else None,
        servers=[_on(server, found, name, release) for server, found in facts.items()],
    )


def _on(server: str, facts: ServerFacts | SlipwayError, app: str, release: Release | None) -> PlacementShown:
    if isinstance(facts, SlipwayError):
        return PlacementShown(server=server, ok=False, error=facts.what)
    differences = verify(release, facts) if release else []
    wanted = release.image.reference if release else ""
    return PlacementShown(
        server=server,
        ok=not differences,
        serving=facts.serving.get(app, ""),
        differences=differences,
        containers=[
            ContainerShown(
                id=item.id,
                process=item.process,
                release=item.release,
                state=item.state,
                digest=item.image.partition("@")[2],
                status=item.started_at,
                matches=item.image == wanted,
            )
            for item in facts.of(app)
        ],
    )
