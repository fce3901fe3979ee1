"""Where a server is reached, and what is said when it does not let us in."""

import socket
from dataclasses import dataclass

from runtime.hostkeys import fingerprint
from slipway.errors import AccessRefused, ConnectionLost, HostKeyChanged, Unreachable


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is reached, and the host key that was pinned for it ("ssh-ed25519 AAAA…")."""

    name: str
    host: str
    port: int
    user: str
    host_key: str


def unreachable(name: str, host: str, port: int, error: Exception) -> Unreachable:
    """No connection: said with the reason that the network gave."""
    reason = "no answer in time" if isinstance(error, TimeoutError | socket.timeout) else str(error)
    return Unreachable(
        f"cannot be reached at {host}:{port}: {reason}",
        where=name,
        next="is it up, and does its firewall let SSH in from here?",
    )


def changed(address: Address, shown: str) -> HostKeyChanged:
    """Another host key than the pinned one."""
    return HostKeyChanged(
        f"shows another host key than the pinned one: {shown} instead of {fingerprint(address.host_key)}",
        where=address.name,
        next="was it rebuilt? then `slipway server trust` pins the new key; "
        "if not, somebody may be listening in between",
    )


def refused(address: Address, public: str) -> AccessRefused:
    """The server knows our key not."""
    return AccessRefused(
        f"refuses slipway's key for {address.user}",
        where=address.name,
        lines=[public],
        next=f"add the line above to ~{address.user}/.ssh/authorized_keys there, then try again",
    )


def lost(address: Address, reason: str) -> ConnectionLost:
    """The connection broke while it was in use."""
    return ConnectionLost(
        f"the SSH connection broke: {reason or 'closed by the server'}",
        where=address.name,
        next=f"is the server up? `slipway ssh {address.name}`; then try again",
    )
