"""Host keys: read once, shown to a person, pinned from then on."""

import base64
import hashlib
import socket

import paramiko

from slipway.errors import Unreachable


def scan(host: str, port: int, timeout: float = 10.0) -> str:
    """The server's public host key ("ssh-ed25519 AAAA…"), ed25519 when it has one. Raises `Unreachable`."""
    try:
        with socket.create_connection((host, port), timeout=timeout) as connection:
            transport = paramiko.Transport(connection)
            options = transport.get_security_options()
            options.key_types = sorted(options.key_types, key=lambda name: name != "ssh-ed25519")
            try:
                transport.start_client(timeout=timeout)
                key = transport.get_remote_server_key()
            finally:
                transport.close()
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise Unreachable(
            f"no SSH server answers at {host}:{port}: {error}",
            next="is it up, is the port right, and does its firewall let SSH in from here?",
        ) from None
    return f"{key.get_name()} {key.get_base64()}"


def fingerprint(public_key: str) -> str:
    """A public key's fingerprint as ssh-keygen prints it: `SHA256:…`."""
    digest = hashlib.sha256(base64.b64decode(public_key.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def known_hosts(host: str, port: int, public_key: str) -> str:
    """The line of a known_hosts file."""
    name = host if port == 22 else f"[{host}]:{port}"
    return f"{name} {public_key}"
