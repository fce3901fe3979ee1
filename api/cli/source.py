"""A work tree as an archive, with what git knows about it."""

import json
import subprocess
import tempfile
from pathlib import Path

from api.cli.client import Api, Reply, path
from api.cli.shown import note
from builder.archive import pack
from slipway.errors import Invalid

IN_MEMORY_BYTES = 32 << 20


def upload(api: Api, app: str, folder: str, *, plan: bool) -> Reply:
    """Pack a folder and send it."""
    root = Path(folder)
    if not root.is_dir():
        raise Invalid("is no folder", where=folder, next="name the work tree by --dir")
    facts = facts_of(root)
    if facts.get("dirty"):
        note("The work tree has changes that are not committed; they are deployed too.")
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as archive:
        pack(root, archive)
        length = archive.tell()
        archive.seek(0)
        headers = {"X-Slipway-Source": json.dumps(source_of(facts))}
        return api.upload(path("apps", app, "deploys"), archive, length, headers, plan=plan)


def facts_of(folder: Path) -> dict[str, str]:
    """What git says of a work tree: commit, author, subject, at, ref, dirty. Empty outside of one."""
    shown = _git(
        folder, "show", "--no-patch", "--encoding=UTF-8", "--format=%H%x00%an <%ae>%x00%s%x00%cI", "HEAD"
    )
    if not shown:
        return {}
    facts = dict(zip(("commit", "author", "subject", "at"), shown.split("\0"), strict=True))
    ref = _git(folder, "symbolic-ref", "--quiet", "HEAD")
    dirty = _git(folder, "status", "--porcelain", "--", ".")
    return {**facts, "ref": ref, "dirty": "yes" if dirty else ""}


def source_of(facts: dict[str, str]) -> dict[str, str]:
    """A `SourceInfo`; the subject says that the tree is not the commit's."""
    named = {name: facts[name] for name in ("commit", "author", "subject", "at", "ref") if facts.get(name)}
    if facts.get("dirty"):
        named["subject"] = f"{named.get('subject', '')} (with uncommitted changes)".lstrip()
    return named


def _git(folder: Path, *words: str) -> str:
    try:
        ended = subprocess.run(
            ["git", "-C", str(folder), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except FileNotFoundError:
        return ""
    return ended.stdout.decode("utf-8", "replace").strip() if ended.returncode == 0 else ""
