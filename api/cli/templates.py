"""slipway template …: an app's overrides of the templates, kept in the control plane."""

from typing import Annotated

import typer

from api.cli.client import connect, path
from api.cli.given import text_of
from api.cli.options import AppOption, AsJson
from api.cli.shown import out, table
from api.cli.theapp import app_name

app = typer.Typer(help="Templates of every file that slipway writes, and an app's overrides of them.")
Name = Annotated[
    str, typer.Argument(metavar="TEMPLATE", help="As in dockerfiles/python.", show_default=False)
]


@app.command("list")
def list_templates(app_option: AppOption = None, as_json: AsJson = False) -> None:
    """List the templates, and the layers that have each; the first wins."""
    reply = connect().get(path("apps", app_name(app_option), "templates"))
    if as_json:
        return out(reply.text)
    from api.schemas import TemplateInfo

    rows = [
        ((info.name, "bold"), info.layer, ", ".join(info.layers[1:]))
        for info in reply.read(list[TemplateInfo])
    ]
    return table(("template", "from", "over"), rows, empty="There is no template.")


@app.command("show")
def show_template(name: Name, app_option: AppOption = None, as_json: AsJson = False) -> None:
    """Print a template as it is used for an app."""
    reply = connect().get(path("apps", app_name(app_option), "templates", name))
    if as_json:
        return out(reply.text)
    from api.schemas import TemplateShown

    return out(reply.read(TemplateShown).text.removesuffix("\n"))


@app.command("set")
def set_template(
    name: Name,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The override; - is stdin.")] = "-",
    app_option: AppOption = None,
) -> None:
    """Override a template for an app. The next deploy uses it."""
    from api.schemas import TemplateShown

    app = app_name(app_option)
    reply = connect().put(path("apps", app, "templates", name), {"text": text_of(file)})
    out(f"{name} of {app} is from {reply.read(TemplateShown).layer} now; the next deploy uses it.")


@app.command("remove")
def remove_template(name: Name, app_option: AppOption = None) -> None:
    """Take an app's override away; the layer below is used again."""
    app = app_name(app_option)
    connect().delete(path("apps", app, "templates", name))
    out(f"The override of {name} is gone; the next deploy of {app} uses the layer below.")
