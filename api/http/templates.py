"""An app's own templates: each wins over the operator's and the built-in one of its name."""

from difflib import unified_diff

from fastapi import APIRouter

from api.http.auth import Developer, Viewer
from api.http.parts import AppName, TemplateName, ThePlane, problems
from api.plane import Plane
from api.schemas import TemplateInfo, TemplateShown, TemplateText
from api.store import apps, audit
from slipway.errors import NotFound
from templates.engine import Engine
from templates.layers import Layer

router = APIRouter(tags=["templates"], responses=problems(404))
BUILDER = ("dockerfiles/", "dockerignore")
"""What a developer may override: files of a build. A server's are the operator's, for its root runs them."""


@router.get("/apps/{app}/templates", summary="Every template of an app's builds, and the layers that have it")
def list_templates(actor: Viewer, plane: ThePlane, app: AppName) -> list[TemplateInfo]:
    del actor
    engine = _engine(plane, app)
    found = []
    for name in engine.names():
        if name.startswith(BUILDER):
            layers = [layer.label for layer in engine.layers if name in layer.files]
            found.append(TemplateInfo(name=name, layer=layers[0], layers=layers))
    return found


@router.get("/apps/{app}/templates/{name:path}", summary="One template, as the app's builds use it")
def show_template(actor: Viewer, plane: ThePlane, app: AppName, name: TemplateName) -> TemplateShown:
    del actor
    _refuse_other(name)
    layer, text = _engine(plane, app).source(name)
    return TemplateShown(name=name, layer=layer.label, text=text)


@router.put("/apps/{app}/templates/{name:path}", summary="Override a template; a broken one is refused")
def set_template(
    actor: Developer, plane: ThePlane, app: AppName, name: TemplateName, wanted: TemplateText
) -> TemplateShown:
    _refuse_other(name)
    _engine(plane, app).check(name, wanted.text)
    with plane.database.session() as session:
        apps.get(session, app)
        before = apps.set_template(session, app, name, wanted.text, actor.name)
        detail = {"template": name, "diff": _diff(before, wanted.text)}
        audit.note(session, actor, "template.changed", detail, app=app)
    return TemplateShown(name=name, layer=_label(app), text=wanted.text)


@router.delete("/apps/{app}/templates/{name:path}", summary="Go back to the layer below", status_code=204)
def remove_template(actor: Developer, plane: ThePlane, app: AppName, name: TemplateName) -> None:
    with plane.database.session() as session:
        before = apps.remove_template(session, app, name)
        audit.note(session, actor, "template.removed", {"template": name, "diff": _diff(before, "")}, app=app)


def _engine(plane: Plane, app: str) -> Engine:
    with plane.database.reading() as session:
        apps.get(session, app)
        own = {row.name: row.text for row in apps.templates(session, app)}
    return Engine([Layer("app", own, _label(app)), *plane.operator_layers])


def _diff(before: str, after: str) -> list[str]:
    return list(unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))[2:]


def _label(app: str) -> str:
    return f"{app}'s templates"


def _refuse_other(name: str) -> None:
    if not name.startswith(BUILDER):
        raise NotFound(
            f"{name!r} is no template of a build",
            next=f"those begin with {' or '.join(BUILDER)}; a server's are the operator's",
        )
