"""slipway domains …: the host names that lead to an app."""

from typing import Annotated

import typer

from api.cli.changes import started
from api.cli.client import connect, path
from api.cli.options import AppOption, AsJson, Verbose
from api.cli.shown import out, table
from api.cli.theapp import app_name

app = typer.Typer(help="Domains: the host names that lead to an app.")
Domain = Annotated[
    str, typer.Argument(help="A full host name, such as shop.example.org.", show_default=False)
]


@app.command("list")
def list_domains(app_option: AppOption = None, as_json: AsJson = False) -> None:
    """List an app's domains."""
    name = app_name(app_option)
    reply = connect().get(path("apps", name, "domains"))
    if as_json:
        return out(reply.text)
    from api.schemas import DomainInfo

    rows = [((info.name, "bold"), info.tls) for info in reply.read(list[DomainInfo])]
    return table(("domain", "tls"), rows, empty=f"{name} has no domain: slipway domains add DOMAIN")


@app.command("add")
def add_domain(
    domain: Domain,
    tls: Annotated[
        str,
        typer.Option(help="off: HTTP. internal: HTTPS by Caddy's own CA. acme: HTTPS by a public CA."),
    ] = "off",
    app_option: AppOption = None,
    verbose: Verbose = False,
) -> None:
    """Lead a domain to an app."""
    name = app_name(app_option)
    api = connect()
    started(api, api.post(path("apps", name, "domains"), {"name": domain, "tls": tls}), verbose=verbose)


@app.command("remove")
def remove_domain(domain: Domain, app_option: AppOption = None, verbose: Verbose = False) -> None:
    """Lead a domain to an app no longer."""
    name = app_name(app_option)
    api = connect()
    started(api, api.delete(path("apps", name, "domains", domain)), verbose=verbose)
