"""Archives of source trees: unpacked within limits, packed the same each time."""

import gzip
import os
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from shutil import rmtree
from typing import IO

import pathspec

from slipway.cancel import Cancel
from slipway.errors import CheckoutError, TooLarge

NEVER_PACKED = (".git/", "node_modules/", "__pycache__/", ".venv/", "*.pyc")
REFUSALS = {
    tarfile.AbsoluteLinkError: "it is a link to an absolute path",
    tarfile.LinkOutsideDestinationError: "it is a link out of the tree",
    tarfile.SpecialFileError: "it is neither a file, a folder nor a link",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a source tree may hold; sizes in bytes, unpacked."""

    files: int = 50_000
    total_bytes: int = 1 << 30
    file_bytes: int = 100 << 20
    path_bytes: int = 1024


def unpack(archive: Path, into: Path, limits: Limits, cancel: Cancel) -> None:
    """Unpack a tar or tar.gz into a new folder.

    Raises `CheckoutError` or `TooLarge`, naming the entry, for what leads out of the tree, is no plain file,
    folder or link inside it, or goes past a limit. Nothing of it is left then.
    """
    into.mkdir(parents=True)
    try:
        with tarfile.open(archive, "r:*") as tar:
            _extract(tar, into, limits, cancel)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, OSError) as error:
        rmtree(into, ignore_errors=True)
        raise CheckoutError(f"the archive cannot be read: {error}", next="send a tar or tar.gz") from None
    except BaseException:
        rmtree(into, ignore_errors=True)
        raise


def _extract(tar: tarfile.TarFile, into: Path, limits: Limits, cancel: Cancel) -> None:
    files, total = 0, 0
    for member in tar:
        cancel.check()
        files, total = files + 1, total + member.size
        _check(member, files, total, limits)
        try:
            safe = tarfile.data_filter(member, str(into))
        except tarfile.FilterError as error:
            # Its own words name a folder of this machine, and where the entry would have led.
            raise _refused(member.name, REFUSALS.get(type(error), "it leads out of the tree")) from None
        if member.name.rstrip("/") in ("", "."):
            continue
        tar.extract(safe, into, filter="fully_trusted")


def _check(member: tarfile.TarInfo, files: int, total: int, limits: Limits) -> None:
    name = member.name
    if (
        any(char in name for char in "\0\n\r")
        or len(name.encode("utf-8", "surrogateescape")) > limits.path_bytes
    ):
        raise _refused(name, "its name holds control characters or is too long")
    if name.startswith("/") or ".." in PurePosixPath(name).parts:
        raise _refused(name, "it leads out of the tree")
    if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
        raise _refused(name, "it is neither a file, a folder nor a link")
    if member.size > limits.file_bytes:
        raise TooLarge(
            f"{name} is {member.size >> 20} MB; a file of a deploy may have {limits.file_bytes >> 20} MB",
            where=name,
            next="keep large files out of the repo (on a volume?), or raise SLIPWAY_MAX_FILE_BYTES",
        )
    if files > limits.files:
        raise TooLarge(
            f"there are more than {limits.files} files", where=name, next="leave generated files out"
        )
    if total > limits.total_bytes:
        raise TooLarge(
            f"the tree is larger than {limits.total_bytes >> 20} MB",
            where=name,
            next="leave generated files out",
        )


def _refused(name: str, reason: str) -> CheckoutError:
    return CheckoutError(
        f"{name!r} is refused: {reason}", where=name[:200], next="take it out and deploy again"
    )


def pack(folder: Path, out: IO[bytes]) -> None:
    """Write a folder as tar.gz, the same bytes for the same files: all that git does not ignore."""
    with (
        gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for name in _names(folder):
            tar.add(folder / name, arcname=name, recursive=False, filter=_same_each_time)


def _same_each_time(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mtime = 0
    info.mode = 0o755 if info.mode & 0o100 or info.isdir() else 0o644
    return info


def _names(folder: Path) -> Iterator[str]:
    listed = subprocess.run(
        ["git", "-C", str(folder), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if listed.returncode == 0:
        names = listed.stdout.decode("utf-8", "surrogateescape").split("\0")
        yield from sorted(name for name in names if name and os.path.lexists(folder / name))
        return
    ignore = folder / ".gitignore"
    lines = ignore.read_text(errors="replace").splitlines() if ignore.is_file() else []
    spec = pathspec.GitIgnoreSpec.from_lines([*NEVER_PACKED, *lines])
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_dir() and not spec.match_file(name):
            yield name
