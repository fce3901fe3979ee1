"""slipway login, whoami, git-credential."""

import sys
from typing import Annotated

import typer

from api.cli import gitcredential, where
from api.cli.client import connect, with_token
from api.cli.options import AsJson
from api.cli.shown import note, out
from slipway.secret import Secret


def login(
    url: Annotated[
        str | None,
        typer.Argument(metavar="URL", help="The control plane's address.", show_default=False),
    ] = None,
) -> None:
    """Keep a token for a control plane, and use that one from now on.

    The token is asked for, or read from stdin. The control plane's first start prints one.
    """
    from api.schemas import Who

    address = where.checked_url(url) if url else where.url()
    if address.startswith("http://") and not where.is_local(address):
        note(f"{address} is not encrypted: whoever is on the way can read the token")
    secret = Secret(where.checked_token(_asked(address)), "token")
    who = with_token(address, secret).get("/whoami").read(Who)
    kept = where.store(address, secret)
    out(f"Logged in to {address} as {who.name} ({who.role}). The token is in {kept}, readable by you only.")


def whoami(as_json: AsJson = False) -> None:
    """Show the control plane that is used, and whose token."""
    api = connect()
    reply = api.get("/whoami")
    if as_json:
        return out(reply.text)
    from api.schemas import Who

    who = reply.read(Who)
    return out(f"{who.name} ({who.role}) at {api.url}")


def git_credential(
    action: Annotated[str, typer.Argument(help="What git wants: get, store or erase.", show_default=False)],
) -> None:
    """Answer git's question for a password with the token that slipway login stored.

    `slipway create` writes it into the repo's git config, for the control plane's address only.
    """
    lines = sys.stdin.read().splitlines()
    typer.echo(gitcredential.answer(action, lines), nl=False)
    if action == "erase" and (address := gitcredential.address_of(lines)):
        note(f"{address} refused the token: slipway login {address} stores another one")


def _asked(address: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    return str(typer.prompt(f"Token for {address}", hide_input=True)).strip()
