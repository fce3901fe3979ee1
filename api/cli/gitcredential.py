"""slipway git-credential: git asks it for the token of a control plane, as gitcredentials(7) says."""

import sys
from typing import Annotated
from urllib.parse import urlsplit

import typer

from api.cli import where
from api.cli.shown import note, out

USER = "slipway"


def git_credential(
    action: Annotated[str, typer.Argument(help="What git wants: get, store or erase.", show_default=False)],
) -> None:
    """Answer git's question for a password with the token that slipway login stored.

    `slipway create` writes it into the repo's git config, for the control plane's address only.
    """
    asked = dict(line.rstrip("\n").partition("=")[::2] for line in sys.stdin)
    address = _address(asked)
    if action == "get" and address and (secret := where.token(address)):
        out(f"username={USER}\npassword={secret.reveal()}")
    if action == "erase" and address:
        note(f"{address} refused the token: slipway login {address} stores another one")


def _address(asked: dict[str, str]) -> str:
    """The control plane that git asks about: the one in use or one logged in to, "" for any other.

    git leaves a URL's path out unless credential.useHttpPath says so, so the host and the port decide.
    """
    wanted = (asked.get("protocol", ""), asked.get("host", "").lower())
    for known in (where.url(), *where.logins().tokens):
        parts = urlsplit(known)
        if (parts.scheme, parts.netloc.lower()) == wanted:
            return known
    return ""
