"""Encryption at rest: Fernet (AES-128-CBC with HMAC-SHA256) with keys from a file outside the database.

Format of the key file: one Fernet key a line, the newest first; the first encrypts, all decrypt.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from slipway.errors import Invalid
from slipway.secret import Secret


class Cipher:
    """Encrypts and decrypts texts with the keys of a file of mode 0600, made when it is missing."""

    def __init__(self, key_file: Path) -> None:
        self._file = key_file
        if not key_file.exists():
            _make(key_file)
        self._keys = _read(key_file)
        self._fernet = MultiFernet([Fernet(key) for key in self._keys])

    def encrypt(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, token: str, label: str = "") -> Secret:
        """The secret, named `label`. Raises `Invalid` when no key of the file fits."""
        try:
            return Secret(self._fernet.decrypt(token.encode()).decode(), label)
        except InvalidToken:
            raise Invalid(
                "a stored secret cannot be decrypted: no key of the key file fits",
                where=self._file.name,
                next="put back the key file that belongs to this database",
            ) from None

    def rotate(self, every: Callable[[Callable[[str], str]], None]) -> None:
        """Make a new key, let `every` encrypt what is stored anew by it, then forget the old keys.

        A crash in between leaves a file with both keys, with which everything can be read.
        """
        fresh = Fernet.generate_key().decode()
        _write(self._file, [fresh, *self._keys])
        both = MultiFernet([Fernet(fresh), *(Fernet(key) for key in self._keys)])
        every(lambda token: both.rotate(token.encode()).decode())
        _write(self._file, [fresh])
        self._keys, self._fernet = [fresh], MultiFernet([Fernet(fresh)])


def _make(path: Path) -> None:
    """A first key, unless another process made one meanwhile: that one is everybody's then."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    _write(fresh, [Fernet.generate_key().decode()])
    with suppress(FileExistsError):
        path.hardlink_to(fresh)
    fresh.unlink()


def _write(path: Path, keys: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("".join(f"{key}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _read(path: Path) -> list[str]:
    if path.stat().st_mode & 0o077:
        raise Invalid(
            "the key file can be read by others",
            where=str(path),
            next=f"chmod 600 {path.name}, then start again",
        )
    try:
        keys = path.read_text().split()
        for key in keys:
            Fernet(key)
    except ValueError:
        keys = []
    if not keys:
        raise Invalid(
            "the key file holds no key", where=str(path), next="put back the file that belongs here"
        )
    return keys
