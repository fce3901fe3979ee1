"""The token of a control plane for git, as gitcredentials(7) says."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from api.cli import where

USER = "slipway"


def answer(action: str, lines: Iterable[str]) -> str:
    """What git reads: the token for `get`, when it asks about a control plane that there is a token for."""
    address = address_of(lines)
    secret = where.token(address) if action == "get" and address else None
    return f"username={USER}\npassword={secret.reveal()}\n" if secret else ""


def address_of(lines: Iterable[str]) -> str:
    """The control plane that git asks about: the one in use or one logged in to, "" for any other.

    git leaves a URL's path out unless credential.useHttpPath says so, so the host and the port decide.
    """
    asked = dict(line.rstrip("\n").partition("=")[::2] for line in lines)
    wanted = (asked.get("protocol", ""), asked.get("host", "").lower())
    for known in (where.url(), *where.logins().tokens):
        parts = urlsplit(known)
        if (parts.scheme, parts.netloc.lower()) == wanted:
            return known
    return ""
