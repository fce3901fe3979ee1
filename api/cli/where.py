"""Where the API is and the token for it: --url, the environment, or what `slipway login` stored.

The file is `config.toml` in the user's configuration folder (SLIPWAY_CONFIG names another), mode 0600:
`url` is the control plane that is used, `tokens` maps each control plane to its token.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from slipway.errors import Invalid
from slipway.secret import Secret

DEFAULT_URL = "http://127.0.0.1:7070"
PRINTABLE = re.compile(r"[\x21-\x7e]+")

asked_url: ContextVar[str] = ContextVar("asked_url", default="")


@dataclass(frozen=True, slots=True)
class Logins:
    """What `slipway login` stored."""

    url: str = ""
    tokens: Mapping[str, Secret] = field(default_factory=dict)


def url() -> str:
    """The control plane's address: --url, SLIPWAY_URL, the one logged in to, or this machine's."""
    given = asked_url.get() or os.environ.get("SLIPWAY_URL", "")
    return checked_url(given) if given else logins().url or DEFAULT_URL


def token(of: str) -> Secret | None:
    """The token for a control plane. A stored one is given to none but the address it was stored for."""
    if given := os.environ.get("SLIPWAY_TOKEN"):
        return Secret(checked_token(given), "SLIPWAY_TOKEN")
    return logins().tokens.get(of)


def checked_url(given: str) -> str:
    """An address without a slash at its end. Raises `Invalid` for no http(s) URL, or one with a token."""
    text = given if "://" in given else f"http://{given}"
    try:
        parts = urlsplit(text.rstrip("/"))
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or not PRINTABLE.fullmatch(text) or parts.query or parts.fragment:
        raise Invalid(f"{given!r} is no address of a control plane", next=f"give one such as {DEFAULT_URL}")
    if "@" in parts.netloc:
        raise Invalid(
            "the address holds a user or a token", next="leave it out: slipway login asks for the token"
        )
    return text.rstrip("/")


def checked_token(given: str) -> str:
    """The token itself. Raises `Invalid` when it cannot be one; the message does not repeat it."""
    if not PRINTABLE.fullmatch(given):
        raise Invalid("that is no token: it is empty or holds spaces", next="paste it as slipway printed it")
    return given


def is_local(address: str) -> bool:
    """Whether an address is this machine's own, so that no proxy leads to it."""
    host = urlsplit(address).hostname or ""
    return host in ("localhost", "::1") or host.endswith(".localhost") or host.startswith("127.")


def config_file() -> Path:
    """Where logins are stored."""
    if given := os.environ.get("SLIPWAY_CONFIG"):
        return Path(given)
    from platformdirs import user_config_path

    return user_config_path("slipway", appauthor=False) / "config.toml"


def logins() -> Logins:
    """What is stored. Raises `Invalid` when the file is broken."""
    path = config_file()
    try:
        stored = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Logins()
    except (OSError, ValueError) as error:
        raise Invalid(str(error), where=str(path), next="mend it, or remove it and log in again") from None
    tokens = stored.get("tokens", {})
    if not isinstance(tokens, dict):
        raise Invalid("`tokens` is no table", where=str(path), next="remove it and log in again")
    return Logins(
        str(stored.get("url", "")),
        {str(name): Secret(str(value), "token") for name, value in tokens.items()},
    )


def store(address: str, secret: Secret) -> Path:
    """Keep a token, and use this control plane from now on; returns the file."""
    before = logins()
    tokens = {**before.tokens, address: secret}
    rows = [f"{json.dumps(name)} = {json.dumps(kept.reveal())}\n" for name, kept in sorted(tokens.items())]
    text = f"url = {json.dumps(address)}\n\n[tokens]\n{''.join(rows)}"
    path = config_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
    fresh.replace(path)
    return path
