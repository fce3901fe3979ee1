"""`python -m sandbox`: make, list, switch and remove the servers of a sandbox."""

import json
from pathlib import Path
from typing import Annotated

import docker.errors
import typer

from sandbox.servers import Sandbox, Server
from slipway.errors import SlipwayError

app = typer.Typer(help="Servers as containers on this machine.", no_args_is_help=True, add_completion=False)
Name = Annotated[str, typer.Argument(help="The server.")]


@app.callback()
def sandbox(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="Which sandbox; several may live side by side.")] = "default",
) -> None:
    """Servers as containers on this machine: each has sshd and a Docker of its own."""
    context.obj = Sandbox(name)


@app.command()
def create(
    context: typer.Context,
    server: Name,
    key: Annotated[Path, typer.Option(help="The public key that may log in as root.", exists=True)],
    http_port: Annotated[int, typer.Option(help="The port of 127.0.0.1 that is the server's port 80.")] = 0,
    https_port: Annotated[int, typer.Option(help="The same for 443. 0 takes a free one.")] = 0,
) -> None:
    """Make a server and wait until it is ready."""
    typer.echo(line(context.obj.create(server, key.read_text(), http_port, https_port)))


@app.command()
def status(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False
) -> None:
    """List the servers."""
    servers = context.obj.servers()
    if as_json:
        typer.echo(json.dumps([server.as_dict() for server in servers], indent=2))
        return
    for server in servers:
        typer.echo(line(server))
    if not servers:
        typer.echo(f"no server in the sandbox {context.obj.name}")


@app.command()
def stop(context: typer.Context, server: Name) -> None:
    """Switch a server off. Its disk stays."""
    context.obj.stop(server)


@app.command()
def start(context: typer.Context, server: Name) -> None:
    """Switch a server on again."""
    typer.echo(line(context.obj.start(server)))


@app.command()
def remove(context: typer.Context, server: Name) -> None:
    """Remove a server and its disk."""
    context.obj.remove(server)


@app.command()
def clean(context: typer.Context) -> None:
    """Remove all servers of this sandbox and their disks."""
    for name in context.obj.clean():
        typer.echo(f"removed {name}")


def line(server: Server) -> str:
    """A server in one line, with what a person types to log in."""
    if server.state != "running":
        return f"{server.name}  {server.state}"
    login = f"ssh -p {server.ssh_port} root@{server.ssh_host}"
    web = f"http://127.0.0.1:{server.http_port}  https://127.0.0.1:{server.https_port}"
    return f"{server.name}  {server.state}  {login}  {web}  {server.fingerprint}"


def main() -> None:
    """The command line; errors are shown as sentences."""
    try:
        app()
    except SlipwayError as error:
        typer.echo(error.shown(), err=True)
        raise SystemExit(1) from None
    except docker.errors.DockerException as error:
        typer.echo(f"Docker: {error}\nnext: scripts/setup", err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
