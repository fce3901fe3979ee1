"""slipway apps …, create, link, scale: the apps and where they run."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import gitremote
from api.cli.changes import started
from api.cli.client import connect, path
from api.cli.options import AppArgument, AppOption, AsJson, Verbose
from api.cli.shown import ago, fields, out, table
from api.cli.theapp import app_name

if TYPE_CHECKING:
    from api.schemas import AppInfo

app = typer.Typer(help="The apps: list, create, show, remove, and the servers they run on.")
NewName = Annotated[str, typer.Argument(metavar="APP", help="The new app's name.", show_default=False)]
Servers = Annotated[
    str | None,
    typer.Option(help="The servers it runs on, with commas between. Without it: all.", show_default=False),
]


@app.command("list")
def list_apps(as_json: AsJson = False) -> None:
    """List the apps: release, servers, domains."""
    reply = connect().get("/apps")
    if as_json:
        return out(reply.text)
    from api.schemas import AppInfo

    rows = [
        (
            (info.name, "bold"),
            f"v{info.release}" if info.release else "-",
            ", ".join(info.servers) or "-",
            ", ".join(domain.name for domain in info.domains) or "-",
            ago(info.created_at),
        )
        for info in reply.read(list[AppInfo])
    ]
    empty = "There is no app yet: slipway create APP makes one."
    return table(("app", "live", "servers", "domains", "created"), rows, empty=empty)


@app.command("create")
def create_app(name: NewName, servers: Servers = None) -> None:
    """Make an app, and touch no work tree. `slipway create` adds the git remote too."""
    from api.schemas import AppInfo

    info = connect().post("/apps", _new(name, servers)).read(AppInfo)
    out(f"App {info.name} is made. Deploy it with git push {info.git_url} {info.branch}, or slipway deploy.")


@app.command("show")
def show_app(app: AppArgument = None, app_option: AppOption = None, as_json: AsJson = False) -> None:
    """Show an app as the control plane knows it. `slipway status` asks the servers."""
    reply = connect().get(path("apps", app_name(app, app_option)))
    if as_json:
        return out(reply.text)
    from api.schemas import AppInfo

    info = reply.read(AppInfo)
    domains = [
        domain.name if domain.tls == "off" else f"{domain.name} (TLS: {domain.tls})"
        for domain in info.domains
    ]
    return fields(
        (
            ("app", info.name),
            ("live", f"v{info.release}" if info.release else "no release yet"),
            ("servers", ", ".join(info.servers) or "none"),
            ("domains", ", ".join(domains)),
            ("git", f"{info.git_url} (the branch {info.branch} deploys)"),
            ("created", ago(info.created_at)),
        )
    )


@app.command("remove")
def remove_app(
    name: Annotated[str, typer.Argument(metavar="APP", help="The app to remove.", show_default=False)],
    yes: Annotated[
        str | None,
        typer.Option(metavar="APP", help="The app's name again, instead of being asked.", show_default=False),
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Stop an app on all its servers and forget its releases. Its volumes stay on the servers."""
    confirm_name(name, yes, f"{name} stops serving, and its releases and config are forgotten.")
    api = connect()
    started(api, api.delete(path("apps", name)), verbose=verbose)


@app.command("servers")
def put_servers(
    servers: Annotated[list[str], typer.Argument(metavar="SERVER", help="All servers it shall run on.")],
    app_option: AppOption = None,
    verbose: Verbose = False,
) -> None:
    """Run an app on these servers, and on no others."""
    api = connect()
    reply = api.put(path("apps", app_name(app_option), "servers"), {"servers": servers})
    started(api, reply, verbose=verbose)


def create(
    name: NewName,
    servers: Servers = None,
    remote: gitremote.Remote = gitremote.NAME,
) -> None:
    """Make an app and add the git remote that deploys it to the work tree."""
    from api.schemas import AppInfo

    api = connect()
    gitremote.check_free(remote)
    info = api.post("/apps", _new(name, servers)).read(AppInfo)
    out(f"App {info.name} is made.")
    _link(api.url, info, remote)


def link(name: AppArgument = None, remote: gitremote.Remote = gitremote.NAME) -> None:
    """Add the git remote of an app that exists to the work tree."""
    from api.schemas import AppInfo

    api = connect()
    gitremote.check_free(remote)
    _link(api.url, api.get(path("apps", app_name(name))).read(AppInfo), remote)


def scale(
    replicas: Annotated[
        list[str],
        typer.Argument(metavar="PROCESS=N", help="Replicas of each process, as in web=2 worker=0."),
    ],
    app_option: AppOption = None,
    verbose: Verbose = False,
) -> None:
    """Set how many replicas of each process run on each server; nothing is built."""
    wanted = dict(_replicas(item) for item in replicas)
    api = connect()
    reply = api.put(path("apps", app_name(app_option), "scale"), {"replicas": wanted})
    started(api, reply, verbose=verbose)


def confirm_name(name: str, given: str | None, what: str) -> None:
    """Go on only when the name was given twice; ends the command when it was another one."""
    if given is None:
        out(what)
        given = typer.prompt(f"Type {name} to go on", default="", show_default=False)
        if given != name:
            out("That is another name; nothing was changed.", err=True)
            raise typer.Exit(1)
    elif given != name:
        raise typer.BadParameter(f"--yes says {given!r}, the name is {name!r}")


def _link(url: str, info: "AppInfo", remote: str) -> None:
    if gitremote.add(url, info.name, remote):
        out(f"The git remote {remote} leads to it; git asks slipway for the token, which is in no URL.")
        out(f"Deploy with: git push {remote} {info.branch}")
    else:
        out(f"This folder is no git work tree. Deploy with: slipway deploy --app {info.name}")


def _new(name: str, servers: str | None) -> dict[str, object]:
    return {"name": name, **({"servers": _names(servers)} if servers is not None else {})}


def _names(given: str) -> Sequence[str]:
    return [name.strip() for name in given.split(",") if name.strip()]


def _replicas(given: str) -> tuple[str, int]:
    process, equals, count = given.partition("=")
    if not (process and equals and count.isascii() and count.isdigit()):
        raise typer.BadParameter(f"{given!r} is not of the form web=2")
    return process, int(count)
