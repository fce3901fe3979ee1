"""Which app a command is about: named, or known from the work tree."""

import re
import subprocess
import tomllib
from pathlib import Path

import typer

from slipway.errors import SpecError

REMOTE = "slipway"
GIT_URL = re.compile(r".*/git/(?P<app>[^/]+?)(?:\.git)?/?")
FILE = "slipway.toml"


def app_name(*given: str | None) -> str:
    """The first app named, else that of the git remote `slipway`, else `app` in slipway.toml.

    Raises a usage error when nothing names one.
    """
    named = next((name for name in given if name), None) or of_folder(Path.cwd())
    if not named:
        raise typer.BadParameter(
            "which app? Name it, or be in a work tree with a git remote `slipway` or `app` in slipway.toml"
        )
    return named


def of_folder(folder: Path) -> str:
    """The app of a work tree, "" when nothing there names one."""
    return of_remote(folder) or of_spec(folder)


def of_remote(folder: Path) -> str:
    """The app that the git remote `slipway` leads to, or ""."""
    try:
        asked = subprocess.run(
            ["git", "-C", str(folder), "remote", "get-url", REMOTE],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return ""
    match = GIT_URL.fullmatch(asked.stdout.strip())
    return match["app"] if match else ""


def of_spec(folder: Path) -> str:
    """The app that slipway.toml names, in the folder or above it in the same work tree, or ""."""
    for place in (folder, *folder.parents):
        path = place / FILE
        if path.is_file():
            try:
                return str(tomllib.loads(path.read_text("utf-8")).get("app", ""))
            except (OSError, ValueError) as error:
                raise SpecError(str(error), where=str(path), next=f"mend {FILE}, or name the app") from None
        if (place / ".git").exists():
            break
    return ""
