"""Apps, their config, domains, scale and servers."""

from fastapi import APIRouter

from api.http import describe
from api.http.auth import Developer, Operator, Viewer
from api.http.parts import AppName, DomainName, TheChanges, ThePlane, problems
from api.http.placement import placement
from api.schemas import (
    AppInfo,
    AppNew,
    AppServers,
    AppStatus,
    ConfigChange,
    ConfigShown,
    ConfigVar,
    DeployStarted,
    DomainInfo,
    DomainNew,
    Scale,
)
from api.store import apps, config

router = APIRouter(tags=["apps"], responses=problems(404, 409))


@router.get("/apps", summary="Every app")
def list_apps(actor: Viewer, plane: ThePlane) -> list[AppInfo]:
    del actor
    with plane.database.reading() as session:
        return [describe.app(session, plane, row) for row in apps.listed(session)]


@router.post("/apps", summary="Create an app", status_code=201)
def create_app(actor: Developer, plane: ThePlane, changes: TheChanges, wanted: AppNew) -> AppInfo:
    row = changes.create_app(actor, wanted.name, wanted.servers)
    with plane.database.reading() as session:
        return describe.app(session, plane, row)


@router.get("/apps/{app}", summary="One app")
def show_app(actor: Viewer, plane: ThePlane, app: AppName) -> AppInfo:
    del actor
    with plane.database.reading() as session:
        return describe.app(session, plane, apps.get(session, app))


@router.delete(
    "/apps/{app}", summary="Take an app off its servers and forget it; volumes stay", status_code=202
)
def remove_app(actor: Operator, changes: TheChanges, app: AppName) -> DeployStarted:
    return describe.started(changes.remove_app(actor, app))


@router.get("/apps/{app}/status", summary="What serves, read from the servers now")
def status(actor: Viewer, plane: ThePlane, app: AppName) -> AppStatus:
    del actor
    return placement(plane, app)


@router.put("/apps/{app}/servers", summary="The servers that an app goes to", status_code=202)
def set_servers(actor: Operator, changes: TheChanges, app: AppName, wanted: AppServers) -> DeployStarted:
    return describe.started(changes.set_servers(actor, app, wanted.servers))


@router.get("/apps/{app}/config", summary="Config vars, without their values")
def show_config(actor: Viewer, plane: ThePlane, app: AppName) -> ConfigShown:
    del actor
    with plane.database.reading() as session:
        row = apps.get(session, app)
        found = [ConfigVar.model_validate(item) for item in config.listed(session, app)]
        return ConfigShown(revision=row.config_revision, vars=found)


@router.patch("/apps/{app}/config", summary="Set and unset config vars: a new release", status_code=202)
def set_config(actor: Developer, changes: TheChanges, app: AppName, wanted: ConfigChange) -> DeployStarted:
    return describe.started(changes.set_config(actor, app, wanted.set, wanted.unset))


@router.get("/apps/{app}/domains", summary="The app's host names")
def list_domains(actor: Viewer, plane: ThePlane, app: AppName) -> list[DomainInfo]:
    del actor
    with plane.database.reading() as session:
        apps.get(session, app)
        return [DomainInfo.model_validate(row) for row in apps.domains(session, app)]


@router.post("/apps/{app}/domains", summary="Add a domain, or change its TLS", status_code=202)
def add_domain(actor: Developer, changes: TheChanges, app: AppName, wanted: DomainNew) -> DeployStarted:
    return describe.started(changes.add_domain(actor, app, wanted.name, wanted.tls))


@router.delete("/apps/{app}/domains/{domain}", summary="Remove a domain", status_code=202)
def remove_domain(actor: Developer, changes: TheChanges, app: AppName, domain: DomainName) -> DeployStarted:
    return describe.started(changes.remove_domain(actor, app, domain))


@router.put("/apps/{app}/scale", summary="Replicas by process; no build", status_code=202)
def set_scale(actor: Developer, changes: TheChanges, app: AppName, wanted: Scale) -> DeployStarted:
    return describe.started(changes.scale(actor, app, wanted.replicas))
