"""Every command, one module per noun; what draws and what connects is loaded when it is used."""

from collections.abc import Callable
from typing import Annotated

import typer

from api.cli import (
    apps,
    config,
    deploys,
    dockerfiles,
    domains,
    login,
    logs,
    releases,
    servers,
    status,
    templates,
    tokens,
    where,
)
from api.cli.root import Root

app = typer.Typer(
    cls=Root,
    help="Builds app repos into images by Dockerfiles you can read, and rolls them onto your own servers.",
    epilog="The API is at --url, at SLIPWAY_URL or where slipway login was; "
    "the token is SLIPWAY_TOKEN or the one that login stored.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
keys = typer.Typer(help="The keys that config values and SSH keys are encrypted with, on the control plane.")

# A word after these belongs to the command that is run elsewhere, also when it begins with a dash.
FOREIGN = {"allow_interspersed_args": False, "ignore_unknown_options": True}

DEPLOYING, APPS, MACHINES, FILES, CONTROL = (
    "Deploy and watch",
    "Apps",
    "Servers",
    "Files that slipway writes",
    "Control plane",
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"slipway {version('slipway')}")
        raise typer.Exit


@app.callback()
def root(
    url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The control plane's address.", show_default=False),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Keep what is said before the command."""
    del version
    where.asked_url.set(url or "")


def serve() -> None:
    """Start the control plane; everything about it comes from the environment."""
    from api.serve import serve as start

    start()


@keys.command("rotate")
def rotate() -> None:
    """Encrypt everything that is stored with a new key; run it where the control plane is."""
    from api.serve import rotate_keys

    rotate_keys()


def _register() -> None:
    panels: dict[str, tuple[Callable[..., None], ...]] = {
        DEPLOYING: (
            deploys.deploy,
            status.status,
            logs.logs,
            deploys.follow,
            deploys.cancel,
            releases.rollback,
        ),
        APPS: (apps.create, apps.link, apps.scale, releases.releases, deploys.deploys, logs.events),
        FILES: (dockerfiles.detect, dockerfiles.dockerfile, dockerfiles.explain, dockerfiles.eject),
        CONTROL: (login.login, login.whoami, serve),
    }
    for panel, commands in panels.items():
        for command in commands:
            app.command(rich_help_panel=panel)(command)
    app.command(rich_help_panel=FILES)(deploys.plan)
    app.command(rich_help_panel=FILES)(deploys.transcript)
    app.command(rich_help_panel=DEPLOYING, context_settings=FOREIGN)(logs.run)
    app.command(rich_help_panel=MACHINES, context_settings=FOREIGN)(servers.ssh)
    app.command("git-credential", rich_help_panel=CONTROL)(login.git_credential)
    app.add_typer(apps.app, name="apps", rich_help_panel=APPS)
    app.add_typer(config.app, name="config", rich_help_panel=APPS)
    app.add_typer(domains.app, name="domains", rich_help_panel=APPS)
    app.add_typer(servers.app, name="server", rich_help_panel=MACHINES)
    app.add_typer(templates.app, name="template", rich_help_panel=FILES)
    app.add_typer(tokens.app, name="tokens", rich_help_panel=CONTROL)
    app.add_typer(keys, name="keys", rich_help_panel=CONTROL)


_register()
