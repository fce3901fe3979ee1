"""Host keys: shown, compared, accepted by a person, and the only ones that ssh trusts."""

import hmac
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.client import Api
from api.cli.shown import out
from slipway.errors import Conflict, SlipwayError

if TYPE_CHECKING:
    from api.schemas import HostKeyShown, ServerInfo

SSH_PORT = 22
ADDRESS = re.compile(
    r"(?:(?P<user>[^@\s]+)@)?(?:\[(?P<six>[^\]\s]+)\]|(?P<host>[^:@\s\[\]]+))(?::(?P<port>\d{1,5}))?"
)
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Accept the host key that is shown, unseen.")]
Fingerprint = Annotated[
    str | None,
    typer.Option(
        metavar="SHA256:…", help="Accept the host key only if it has this fingerprint.", show_default=False
    ),
]


@dataclass(frozen=True, slots=True)
class Address:
    """Where an sshd is."""

    user: str
    host: str
    port: int = SSH_PORT

    def body(self) -> dict[str, object]:
        """As the API takes it."""
        return {"host": self.host, "port": self.port}


def parse(given: str) -> Address:
    """`user@host:port`, where the user is root and the port 22 when left out. Raises a usage error."""
    match = ADDRESS.fullmatch(given)
    if not match or (match["host"] or match["six"]).startswith("-"):
        raise typer.BadParameter(f"{given!r} is not of the form USER@HOST[:PORT]")
    return Address(match["user"] or "root", match["six"] or match["host"], int(match["port"] or SSH_PORT))


def name_for(host: str) -> str:
    """A server's name made from its host: the first label, or the address with dashes."""
    label = host if re.fullmatch(r"[0-9.]+|.*:.*", host) else host.partition(".")[0]
    name = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:38].rstrip("-")
    return name if name[:1].isalpha() else f"s-{name}".rstrip("-")


def accepted(api: Api, at: Address, *, yes: bool, fingerprint: str | None) -> "HostKeyShown":
    """The host key that a server shows, once a person or a given fingerprint accepts it.

    Raises `Conflict` when it is not the expected one, `Exit` when the person says no. Nothing is pinned here.
    """
    from api.schemas import HostKeyShown

    shown = api.post("/servers/host-key", at.body()).read(HostKeyShown)
    out(f"{at.host} port {at.port} shows the host key {shown.fingerprint} ({shown.host_key.split(' ')[0]})")
    if fingerprint is not None:
        if not hmac.compare_digest(fingerprint.encode(), shown.fingerprint.encode()):
            raise Conflict(
                f"the host key is another one than {fingerprint}",
                where=at.host,
                next="ask on the machine itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
            )
    elif not yes:
        out("On the machine itself, this shows it: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub", "dim")
        if not typer.confirm("Is it the same?"):
            out("Nothing was changed.", err=True)
            raise typer.Exit(1)
    return shown


def ssh_line(at: Address) -> str:
    """The ssh command that a person types for an address."""
    port = f" -p {at.port}" if at.port != SSH_PORT else ""
    return f"ssh{port} {at.user}@{at.host}"


def ssh(info: "ServerInfo", command: Sequence[str]) -> None:
    """Become the system's ssh; does not come back. Raises `SlipwayError` when there is none."""
    argv = ssh_argv(info, _known_hosts(info), command)
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - this is what the command is for
    except FileNotFoundError:
        raise SlipwayError("there is no ssh on this machine", next="install OpenSSH's client") from None


def ssh_argv(info: "ServerInfo", known_hosts: Path, command: Sequence[str]) -> list[str]:
    """The ssh command: only the pinned key is known, and no other is asked about."""
    options = {
        "UserKnownHostsFile": '"{}"'.format(str(known_hosts).replace("%", "%%")),
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
    }
    given = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    return ["ssh", *given, "-p", str(info.port), "-l", info.user, "--", info.host, *command]


def _known_hosts(info: "ServerInfo") -> Path:
    from platformdirs import user_cache_path

    folder = user_cache_path("slipway", appauthor=False) / "known_hosts"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{re.sub('[^A-Za-z0-9.-]', '_', info.host)}-{info.port}"
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.write_text(info.known_hosts.rstrip("\n") + "\n", "utf-8")
    fresh.chmod(0o600)
    fresh.replace(path)
    return path
