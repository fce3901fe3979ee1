"""Rows of the store as the API's answers."""

from api.changes import Started
from api.plane import Plane
from api.schemas import (
    AppInfo,
    DeployInfo,
    DeployKind,
    DeployStarted,
    DomainInfo,
    Problem,
    ReleaseInfo,
    ServerInfo,
    SourceInfo,
    State,
)
from api.store import apps, servers
from api.store.database import Session
from api.store.tables import App, Deploy, ReleaseRow, Server
from runtime.hostkeys import fingerprint, known_hosts


def server(row: Server) -> ServerInfo:
    return ServerInfo(
        **row.model_dump(),
        fingerprint=fingerprint(row.host_key),
        known_hosts=known_hosts(row.host, row.port, row.host_key),
    )


def app(session: Session, plane: Plane, row: App) -> AppInfo:
    return AppInfo(
        name=row.name,
        release=row.live,
        servers=[item.name for item in servers.of_app(session, row)],
        domains=[DomainInfo.model_validate(item) for item in apps.domains(session, row.name)],
        git_url=f"{plane.settings.url}/git/{row.name}.git",
        branch=plane.settings.deploy_branch,
        created_at=row.created_at,
    )


def deploy(row: Deploy) -> DeployInfo:
    return DeployInfo(
        id=row.id,
        app=row.app,
        server=row.server,
        kind=DeployKind(row.kind),
        state=State(row.state),
        release=row.release,
        source=SourceInfo(**row.source),
        by=row.by,
        door=row.door,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        plan_hash=row.plan_hash,
        timings={name: round(seconds, 3) for name, seconds in row.timings.items()},
        error=Problem(**row.error) if row.error else None,
    )


def started(found: Started | Deploy) -> DeployStarted:
    if isinstance(found, Deploy):
        return DeployStarted(deploy=deploy(found))
    return DeployStarted(deploy=deploy(found.deploy) if found.deploy else None, message=found.message)


def release(row: ReleaseRow) -> ReleaseInfo:
    return ReleaseInfo(
        number=row.number,
        state=row.state,
        kind=DeployKind(row.kind),
        digest=row.image.partition("@")[2],
        image=row.image,
        image_bytes=row.image_bytes,
        source=SourceInfo(**row.spec.get("source", {})),
        config_revision=row.config_revision,
        headline=str(row.explained.get("headline", "")),
        by=row.by,
        created_at=row.created_at,
        processes={item["name"]: item["replicas"] for item in row.spec["processes"]},
        rollback_of=row.rollback_of,
    )
