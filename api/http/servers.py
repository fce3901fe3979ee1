"""Servers: added with a pinned host key, set up by plan, read when asked."""

import base64
import binascii

from fastapi import APIRouter

from api.clock import now
from api.http import describe
from api.http.auth import Operator, Viewer
from api.http.parts import ServerName, TheChanges, ThePlane, problems
from api.schemas import (
    DeployStarted,
    HostKeyAsked,
    HostKeyShown,
    HostKeyTrusted,
    PlanShown,
    PublicKey,
    ServerInfo,
    ServerNew,
    ServerStatus,
)
from api.store import audit, servers
from api.store.tables import Server
from api.work import fleet
from api.work.shown import plan_shown
from runtime.bootstrap import WANTED_FILES, bootstrap
from runtime.hostkeys import fingerprint, scan
from slipway.errors import Invalid, SlipwayError

router = APIRouter(tags=["servers"], responses=problems(404, 409, 502))


@router.get("/ssh-key", summary="The public key that servers must let in")
def ssh_key(actor: Viewer, plane: ThePlane) -> PublicKey:
    del actor
    return PublicKey(public_key=plane.public_key)


@router.post("/servers/host-key", summary="Read the host key that a machine shows now; pins nothing")
def host_key(actor: Operator, wanted: HostKeyAsked) -> HostKeyShown:
    del actor
    key = scan(wanted.host, wanted.port)
    return HostKeyShown(host=wanted.host, port=wanted.port, host_key=key, fingerprint=fingerprint(key))


@router.get("/servers", summary="Every server")
def list_servers(actor: Viewer, plane: ThePlane) -> list[ServerInfo]:
    del actor
    with plane.database.reading() as session:
        return [describe.server(row) for row in servers.listed(session)]


@router.post("/servers", summary="Add a server, with the host key that a person accepted", status_code=201)
def add_server(actor: Operator, plane: ThePlane, wanted: ServerNew) -> ServerInfo:
    _refuse_odd_key(wanted.host_key)
    row = Server(**wanted.model_dump(), added_by=actor.name, added_at=now())
    with plane.database.session() as session:
        servers.add(session, row)
        detail = {"host": f"{row.user}@{row.host}:{row.port}", "fingerprint": fingerprint(row.host_key)}
        audit.note(session, actor, "server.added", detail, server=row.name)
    return describe.server(row)


@router.get("/servers/{name}", summary="One server")
def show_server(actor: Viewer, plane: ThePlane, name: ServerName) -> ServerInfo:
    del actor
    with plane.database.reading() as session:
        return describe.server(servers.get(session, name))


@router.delete("/servers/{name}", summary="Forget a server; what runs on it goes on", status_code=204)
def remove_server(actor: Operator, plane: ThePlane, name: ServerName) -> None:
    with plane.database.session() as session:
        row = servers.remove(session, name)
        detail = {"host": f"{row.user}@{row.host}:{row.port}", "fingerprint": fingerprint(row.host_key)}
        audit.note(session, actor, "server.removed", detail, server=name)


@router.post("/servers/{name}/trust", summary="Pin another host key, after a server was rebuilt")
def trust(actor: Operator, plane: ThePlane, name: ServerName, wanted: HostKeyTrusted) -> ServerInfo:
    _refuse_odd_key(wanted.host_key)
    with plane.database.session() as session:
        row = servers.get(session, name)
        detail = {"before": fingerprint(row.host_key), "after": fingerprint(wanted.host_key)}
        row.host_key = wanted.host_key
        session.add(row)
        audit.note(session, actor, "server.trusted", detail, server=name)
    return describe.server(row)


@router.get("/servers/{name}/status", summary="A server, read now")
def status(actor: Viewer, plane: ThePlane, name: ServerName) -> ServerStatus:
    del actor
    with plane.database.reading() as session:
        row = servers.get(session, name)
    facts = fleet.read_all(plane, [row])[name]
    if isinstance(facts, SlipwayError):
        return ServerStatus(name=name, ok=False, error=facts.what)
    shown = {key: getattr(facts, key) for key in ServerStatus.model_fields if hasattr(facts, key)}
    return ServerStatus(name=name, ok=facts.proxy_running, **shown)


@router.get("/servers/{name}/plan", summary="What setting the server up would do; does nothing")
def plan(actor: Operator, plane: ThePlane, name: ServerName) -> PlanShown:
    del actor
    with plane.database.reading() as session:
        row = servers.get(session, name)
    facts = fleet.facts_of(plane, [row], WANTED_FILES)[name]
    image = plane.registry.pin(plane.settings.proxy_image).reference
    return PlanShown.model_validate(plan_shown(bootstrap(facts, image, plane.engine)))


@router.post(
    "/servers/{name}/bootstrap", summary="Set the server up, or repair what it lost", status_code=202
)
def start_bootstrap(actor: Operator, changes: TheChanges, name: ServerName) -> DeployStarted:
    return describe.started(changes.bootstrap(actor, name))


def _refuse_odd_key(key: str) -> None:
    try:
        kind, data = key.split()
        inner = base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error):
        kind, inner = "", b""
    if not kind or kind.encode() not in inner[: 4 + len(kind)]:
        raise Invalid(
            'must be a public key such as "ssh-ed25519 AAAA…"', where="host_key", next="ask the server again"
        )
