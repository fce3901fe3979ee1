"""slipway releases, rollback."""

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.changes import started
from api.cli.client import connect, path
from api.cli.options import AppArgument, AppOption, AsJson, Verbose, release_number
from api.cli.shown import ago, out, table
from api.cli.theapp import app_name
from slipway.size import shown_size

if TYPE_CHECKING:
    from api.schemas import ReleaseInfo, SourceInfo

STATES = {"live": "bold green", "failed": "red", "pending": "yellow", "past": ""}


def releases(app: AppArgument = None, app_option: AppOption = None, as_json: AsJson = False) -> None:
    """List an app's releases: what each was made from, by whom, when. Any of them can be rolled back to."""
    name = app_name(app, app_option)
    reply = connect().get(path("apps", name, "releases"))
    if as_json:
        return out(reply.text)
    from api.schemas import ReleaseInfo

    rows = [
        (
            (f"v{info.number}", "bold"),
            (info.state, STATES.get(info.state, "")),
            _made_by(info),
            origin(info.source),
            info.by,
            ago(info.created_at),
            shown_size(info.image_bytes) if info.image_bytes else "",
        )
        for info in reply.read(list[ReleaseInfo])
    ]
    heads = ("release", "state", "change", "source", "by", "when", "image")
    return table(heads, rows, empty=f"{name} has no release yet: git push slipway main, or slipway deploy")


def rollback(
    to: Annotated[
        str | None,
        typer.Argument(metavar="vN", help="The release. Without it: the one before.", show_default=False),
    ] = None,
    app_option: AppOption = None,
    verbose: Verbose = False,
) -> None:
    """Go back to an earlier release. Nothing is built; it becomes a new release."""
    number = release_number(to)
    name = app_name(app_option)
    api = connect()
    body = {"to": number} if number else {}
    started(api, api.post(path("apps", name, "rollback"), body), verbose=verbose)


def origin(source: "SourceInfo") -> str:
    """The commit and its subject, as far as they are known."""
    return " ".join(part for part in (source.commit[:7], source.subject) if part)


def _made_by(info: "ReleaseInfo") -> str:
    return f"{info.kind} to v{info.rollback_of}" if info.rollback_of else str(info.kind)
