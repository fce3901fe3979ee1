"""slipway server …, ssh: the machines."""

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import hostkeys
from api.cli.apps import confirm_name
from api.cli.changes import started
from api.cli.client import Api, connect, path
from api.cli.hostkeys import Fingerprint, Yes
from api.cli.options import AsJson, Verbose
from api.cli.shown import ago, fields, note, out, table
from slipway.errors import SlipwayError
from slipway.size import shown_size

if TYPE_CHECKING:
    from api.schemas import ServerStatus

app = typer.Typer(help="The servers: any machine with SSH will do.")
Name = Annotated[str, typer.Argument(metavar="SERVER", help="The server's name.", show_default=False)]


@app.command("add")
def add_server(
    address: Annotated[
        str, typer.Argument(metavar="USER@HOST[:PORT]", help="Where its sshd is.", show_default=False)
    ],
    name: Annotated[
        str | None, typer.Option(help="Its name here. Without it: from the host.", show_default=False)
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Show what would be set up on it, and set up nothing.")
    ] = False,
    yes: Yes = False,
    fingerprint: Fingerprint = None,
    verbose: Verbose = False,
) -> None:
    """Add a server: check and pin its host key, show the plan, set up Docker, folders and proxy."""
    at = hostkeys.parse(address)
    chosen = name or hostkeys.name_for(at.host)
    api = connect()
    shown = hostkeys.accepted(api, at, yes=yes, fingerprint=fingerprint)
    api.post("/servers", {"name": chosen, **at.body(), "user": at.user, "host_key": shown.host_key})
    out(f"Server {chosen} is added; any other host key is refused from now on.")
    try:
        _bootstrap_plan(api, chosen)
        if plan:
            out(f"Nothing was set up. To do it: slipway server bootstrap {chosen}", "bold")
        else:
            started(api, api.post(path("servers", chosen, "bootstrap")), verbose=verbose)
    except (SlipwayError, typer.Exit):
        note(f"Server {chosen} stays added. When that is mended: slipway server bootstrap {chosen}")
        raise


@app.command("key")
def server_key(as_json: AsJson = False) -> None:
    """Print slipway's public key, which a server must have in authorized_keys."""
    reply = connect().get("/ssh-key")
    out(reply.text if as_json else reply.read(dict[str, str])["public_key"].strip())


@app.command("list")
def list_servers(as_json: AsJson = False) -> None:
    """List the servers and their pinned host keys."""
    reply = connect().get("/servers")
    if as_json:
        return out(reply.text)
    from api.schemas import ServerInfo

    rows = [
        (
            (info.name, "bold"),
            f"{info.user}@{info.host}:{info.port}",
            info.fingerprint,
            info.added_by,
            ago(info.added_at),
        )
        for info in reply.read(list[ServerInfo])
    ]
    empty = "There is no server yet: slipway server add USER@HOST"
    return table(("server", "address", "host key", "by", "added"), rows, empty=empty)


@app.command("show")
def show_server(name: Name, as_json: AsJson = False) -> None:
    """Show a server as the control plane knows it. `slipway server status` asks the server."""
    reply = connect().get(path("servers", name))
    if as_json:
        return out(reply.text)
    from api.schemas import ServerInfo

    info = reply.read(ServerInfo)
    return fields(
        (
            ("server", info.name),
            ("address", f"{info.user}@{info.host}:{info.port}"),
            ("host key", info.fingerprint),
            ("known_hosts", info.known_hosts.strip()),
            ("added", f"{ago(info.added_at)} by {info.added_by}"),
        )
    )


@app.command("status")
def server_status(name: Name, as_json: AsJson = False) -> None:
    """Show a server as it is now: system, Docker, proxy, load, memory, disk."""
    reply = connect().get(path("servers", name, "status"))
    if as_json:
        return out(reply.text)
    from api.schemas import ServerStatus

    _status(reply.read(ServerStatus))
    return None


@app.command("trust")
def trust_server(name: Name, yes: Yes = False, fingerprint: Fingerprint = None) -> None:
    """Pin the host key that a server shows now, after it was set up anew."""
    from api.schemas import ServerInfo

    api = connect()
    info = api.get(path("servers", name)).read(ServerInfo)
    out(f"Pinned until now: {info.fingerprint}")
    at = hostkeys.Address(info.user, info.host, info.port)
    shown = hostkeys.accepted(api, at, yes=yes, fingerprint=fingerprint)
    if shown.host_key == info.host_key:
        out("It is the pinned one; nothing was changed.")
        return
    api.post(path("servers", name, "trust"), {"host_key": shown.host_key})
    out(f"{shown.fingerprint} is pinned for {name}.")


@app.command("remove")
def remove_server(
    name: Name,
    yes: Annotated[
        str | None,
        typer.Option(metavar="SERVER", help="The name again, instead of being asked.", show_default=False),
    ] = None,
) -> None:
    """Forget a server. Nothing on it is touched: what serves there goes on."""
    confirm_name(name, yes, f"slipway forgets {name}; what serves there goes on serving.")
    connect().delete(path("servers", name))
    out(f"{name} is forgotten.")


@app.command("plan")
def server_plan(name: Name, as_json: AsJson = False) -> None:
    """Show what bootstrap would do on a server now."""
    api = connect()
    if as_json:
        return out(api.get(path("servers", name, "plan")).text)
    return _bootstrap_plan(api, name)


@app.command("bootstrap")
def bootstrap(name: Name, verbose: Verbose = False) -> None:
    """Set up on a server what is missing: Docker, folders, proxy."""
    api = connect()
    started(api, api.post(path("servers", name, "bootstrap")), verbose=verbose)


def ssh(
    name: Name,
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="COMMAND", help="What to run. Without it: a shell.", show_default=False),
    ] = None,
) -> None:
    """Open the system's own ssh on a server, with nothing but its pinned host key trusted."""
    from api.schemas import ServerInfo

    info = connect().get(path("servers", name)).read(ServerInfo)
    hostkeys.ssh(info, command or [])


def _bootstrap_plan(api: Api, name: str) -> None:
    from api.cli import planned
    from api.schemas import PlanShown

    planned.draw(api.get(path("servers", name, "plan")).read(PlanShown))
    out()


def _status(status: "ServerStatus") -> None:
    if status.error:
        out(f"{status.name} cannot be read: {status.error}", "bold red")
        raise typer.Exit(1)
    fields(
        (
            ("server", status.name),
            ("system", status.os),
            ("docker", status.docker or "none"),
            ("proxy", "running" if status.proxy_running else "not running"),
            ("load", f"{status.load:.2f} on {status.cpus} CPUs"),
            ("memory", f"{shown_size(status.memory_free)} of {shown_size(status.memory_total)} free"),
            ("disk", f"{shown_size(status.disk_free)} of {shown_size(status.disk_total)} free"),
        )
    )
