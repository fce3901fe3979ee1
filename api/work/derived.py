"""Releases that come of the one before without a build: config, domains, scale, servers, rollback."""

from dataclasses import asdict, replace

from api.plane import Plane
from api.schemas import DeployKind
from api.store import apps, config, releases
from api.work.running import Running
from slipway.errors import NotFound
from slipway.release import Domain, Release


def derive(plane: Plane, running: Running) -> tuple[Release, releases.Made]:
    """The release that a deploy without code asks for. Raises `NotFound` when none is live."""
    deploy, cipher = running.deploy, plane.database.cipher
    with plane.database.reading() as session:
        app = apps.get(session, deploy.app)
        back = deploy.wish.get("to") if deploy.kind == DeployKind.ROLLBACK else None
        row = releases.get(session, app.name, int(back)) if back else releases.live(session, app)
        if row is None:
            raise NotFound(f"{app.name} has no live release to change", next="git push slipway main")
        base = releases.load(row, cipher)
        processes = tuple(
            replace(process, replicas=app.scale.get(process.name, process.replicas))
            for process in base.processes
        )
        release = replace(
            base,
            number=0,
            processes=processes,
            domains=tuple(Domain(item.name, item.tls) for item in apps.domains(session, app.name)),
            env=base.env if back else config.values(session, cipher, app.name),
            config_revision=app.config_revision,
            created_by=deploy.by,
            image=replace(base.image, new_layers=0, new_bytes=0),
        )
        deploy.source = asdict(base.source)
        running.journal.head(_said(deploy.kind, row.number, release), "release")
        made = releases.Made(deploy.id, deploy.kind, row.explained, row.ejected, int(back) if back else None)
        return release, made


def _said(kind: str, number: int, release: Release) -> str:
    commit = f", commit {release.source.commit[:7]}" if release.source.commit else ""
    if kind == DeployKind.ROLLBACK:
        return f"Back to v{number}: its image {release.image.digest[:19]}…, its config{commit}"
    what = {
        DeployKind.CONFIG: f"config revision {release.config_revision}",
        DeployKind.DOMAINS: "domains " + (", ".join(item.name for item in release.domains) or "none"),
        DeployKind.SCALE: ", ".join(f"{item.name}={item.replicas}" for item in release.processes),
        DeployKind.SERVERS: "other servers",
    }
    return f"As v{number} ({release.image.digest[:19]}…{commit}), with {what.get(DeployKind(kind), kind)}"
