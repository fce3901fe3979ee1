"""The git remote that deploys an app, with the credential helper that hands git the token."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from slipway.errors import Conflict, SlipwayError

NAME = "slipway"
Remote = Annotated[str, typer.Option(metavar="NAME", help="The name of the git remote.")]


def check_free(remote: str) -> None:
    """Raises `Conflict` when the work tree has a remote of that name already."""
    if remote.startswith("-"):
        raise typer.BadParameter(f"{remote!r} is no name for a git remote")
    if in_work_tree() and _git("remote", "get-url", remote).returncode == 0:
        raise Conflict(
            f"this work tree has a git remote {remote} already",
            next=f"name another by --remote, or take it out: git remote remove {remote}",
        )


def add(url: str, app: str, remote: str) -> bool:
    """Add the remote and the credential helper of its address; False when this is no work tree."""
    if not in_work_tree():
        return False
    _done("remote", "add", remote, f"{url}/git/{app}.git")
    key = f"credential.{url}.helper"
    # An empty helper first: git would otherwise hand the token to the helpers of the user's own config too.
    _done("config", "--local", "--replace-all", key, "")
    _done("config", "--local", "--add", key, helper())
    return True


def in_work_tree() -> bool:
    """Whether the current folder is in a git work tree."""
    try:
        return _git("rev-parse", "--is-inside-work-tree").stdout.strip() == "true"
    except FileNotFoundError:
        return False


def helper() -> str:
    """The helper as git's config has it: by name when slipway is on PATH, else by its place."""
    program = "slipway" if shutil.which("slipway") else shlex.quote(str(Path(sys.argv[0]).absolute()))
    return f"!{program} git-credential"


def _done(*words: str) -> None:
    ended = _git(*words)
    if ended.returncode:
        raise SlipwayError(
            f"git {words[0]} failed", lines=ended.stderr.splitlines(), next="mend it and run slipway link"
        )


def _git(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["git", *words], capture_output=True, text=True, check=False)
