"""A git URL and a ref become the archive of exactly one commit. Refs are resolved once, to a commit.

URLs of git are a way to run programs (`ext::`), read files (`file::`) and reach inside a network: only plain
http(s) is taken, and hosts of private networks only when the operator says so.
"""

import ipaddress
import os
import re
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from urllib.parse import urlsplit

from slipway.cancel import Cancel
from slipway.errors import CheckoutError, TooLarge

TIMEOUT_SECONDS = 600.0
COMMIT = re.compile(r"[0-9a-f]{40}")
REF = re.compile(r"(?!-)(?!.*\.\.)[A-Za-z0-9_./+@-]{1,200}")


@dataclass(frozen=True, slots=True)
class Fetched:
    """The commit that a ref stood for; `at` is its time in ISO 8601."""

    commit: str
    author: str
    subject: str
    ref: str
    at: str


def fetch(
    url: str, ref: str, archive: Path, cancel: Cancel, *, private_hosts: bool, max_bytes: int
) -> Fetched:
    """Write the tree of a ref as a tar to `archive`.

    Raises `CheckoutError` for a URL that is refused, a ref that is not there and a host that does not answer,
    `TooLarge` past `max_bytes`.
    """
    host, port = refuse_odd(url, ref)
    addresses = _addresses(host, port)
    if not private_hosts and not all(address.is_global for address in addresses):
        raise _refused(
            url, "its host is in a private network (an operator may allow it: SLIPWAY_GIT_PRIVATE_HOSTS)"
        )
    with tempfile.TemporaryDirectory(prefix="slipway-git-") as scratch:
        git = _Git(Path(scratch), cancel, _pinned(host, port, addresses))
        git.run("init", "--quiet", "--bare", ".")
        commit = _resolve(git, url, ref)
        git.run("fetch", "--quiet", "--depth=1", "--no-tags", url, commit if COMMIT.fullmatch(ref) else ref)
        got = git.run("rev-parse", "FETCH_HEAD^{commit}").strip()
        if got != commit:
            raise CheckoutError(f"{ref} moved while it was fetched", where=url, next="deploy again")
        if sum(file.stat().st_size for file in Path(scratch).rglob("*") if file.is_file()) > max_bytes:
            raise TooLarge(
                f"the repo has more than {max_bytes >> 20} MB", where=url, next="keep large files out of it"
            )
        git.run("archive", "--format=tar", f"--output={archive}", commit)
        shown = git.run("show", "--no-patch", "--encoding=UTF-8", "--format=%an <%ae>%x00%s%x00%cI", commit)
        author, subject, at = shown.rstrip("\n").split("\0")
        return Fetched(commit, author, subject, ref, at)


def refuse_odd(url: str, ref: str) -> tuple[str, int]:
    """The host and port of a URL that may be kept. Raises `CheckoutError`, in which no password is."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        raise _refused(url, "it is no URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or any(char.isspace() for char in url):
        raise _refused(url, "only http:// and https:// are fetched")
    if parts.username or parts.password:
        raise _refused(url.replace(parts.netloc, parts.hostname), "a password in a URL ends up in logs")
    if not REF.fullmatch(ref):
        raise CheckoutError(f"{ref!r} is no ref", next="name a branch, a tag or a commit")
    return parts.hostname, port


def _addresses(host: str, port: int) -> list[IPv4Address | IPv6Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CheckoutError(f"{host} cannot be found: {error}", next="is the URL right?") from None
    return [ipaddress.ip_address(item[4][0]) for item in found]


def _pinned(host: str, port: int, addresses: list[IPv4Address | IPv6Address]) -> tuple[str, ...]:
    """Settings by which git connects to the addresses that were looked at, whatever a name leads to later."""
    if ":" in host:
        return ()  # is an address itself
    shown = (f"[{address}]" if address.version == 6 else str(address) for address in addresses)
    return (f"http.curloptResolve={host}:{port}:{','.join(shown)}",)


def _resolve(git: "_Git", url: str, ref: str) -> str:
    if COMMIT.fullmatch(ref):
        return ref
    wanted = (
        ("HEAD",)
        if ref == "HEAD"
        else (ref, f"refs/heads/{ref}", f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}")
    )
    lines = git.run("ls-remote", "--exit-code", url, "HEAD", ref, f"refs/tags/{ref}^{{}}").splitlines()
    refs = {name: commit for commit, _, name in (line.partition("\t") for line in lines)}
    for name in wanted:
        if name in refs:
            return refs[name]
    raise CheckoutError(f"{ref} is neither a branch nor a tag there", where=url, next="name one that is")


def _refused(url: str, reason: str) -> CheckoutError:
    return CheckoutError(f"{url!r} is refused: {reason}", next="use a public https URL, or git push")


class _Git:
    def __init__(self, folder: Path, cancel: Cancel, pinned: tuple[str, ...]) -> None:
        self._folder = folder
        self._settings = ("http.followRedirects=false", *pinned)
        self._cancel = cancel

    def run(self, *words: str) -> str:
        """A git command's output. Raises `CheckoutError` with git's last line."""
        self._cancel.check()
        process = subprocess.Popen(
            ["git", *(word for setting in self._settings for word in ("-c", setting)), *words],
            cwd=self._folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        forget = self._cancel.on_set(process.kill)
        try:
            output, errors = process.communicate(timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise CheckoutError("git did not end in time", next="try again") from None
        finally:
            forget()
        self._cancel.check()
        if process.returncode:
            last = [line for line in errors.splitlines() if line.strip()][-3:]
            raise CheckoutError(
                "the repo cannot be fetched", lines=last, next="is the URL right, and the ref there?"
            )
        return output


def _environment() -> dict[str, str]:
    kept = {
        name: os.environ[name] for name in ("PATH", "GIT_SSL_CAINFO", "SSL_CERT_FILE") if name in os.environ
    }
    return {
        **kept,
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "http:https",
        "GIT_LFS_SKIP_SMUDGE": "1",
    }
