"""slipway logs, run, events: what the processes say, and what people did."""

import json
import re
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import shown
from api.cli.client import connect, path
from api.cli.options import AppArgument, AppOption, AsJson
from api.cli.sse import messages
from api.cli.theapp import app_name

if TYPE_CHECKING:
    from api.schemas import OutputEvent

HEX = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{20,}\b")
COLOURS = ("cyan", "green", "magenta", "yellow", "blue")


def logs(
    app: AppArgument = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many lines of the past.")] = 100,
    process: Annotated[
        str | None, typer.Option(help="Of this process only, as in web.", show_default=False)
    ] = None,
    app_option: AppOption = None,
    as_json: AsJson = False,
) -> None:
    """Show what an app's processes print, merged over its servers."""
    query = {"follow": follow, "lines": lines, "process": process}
    at = path("apps", app_name(app, app_option), "logs")
    try:
        with connect().stream("GET", at, query=query) as chunks:
            for message in messages(chunks):
                if message.event == "output":
                    _output(message.data, as_json)
                elif message.event == "end":
                    raise typer.Exit(_code(message.data))
    except KeyboardInterrupt:
        raise typer.Exit(130 if not follow else 0) from None


def run(
    argv: Annotated[
        list[str], typer.Argument(metavar="CMD", help="The command and its words.", show_default=False)
    ],
    app_option: AppOption = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds after which it is stopped.")] = 3600,
) -> None:
    """Run a command in a new container of the live release, and exit with its code."""
    from api.schemas import OutputEvent

    name = app_name(app_option)
    body = {"argv": argv, "timeout": timeout}
    with connect().stream("POST", path("apps", name, "run"), body=body) as chunks:
        for message in messages(chunks):
            if message.event == "output":
                shown.program(OutputEvent.model_validate_json(message.data).text)
            elif message.event == "end":
                raise typer.Exit(_code(message.data))
    shown.note(f"The connection ended before the command did: slipway events --app {name} tells more.")
    raise typer.Exit(1)


def events(
    app: AppArgument = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many, newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show who did what, when and through which door; of all apps when none is named."""
    reply = connect().get("/events", app=app, limit=limit)
    if as_json:
        return shown.out(reply.text)
    from api.schemas import EventInfo

    rows = [
        (
            (shown.ago(info.at), "dim"),
            info.who,
            info.door,
            (info.action, "bold"),
            info.app or info.server,
            _detail(info.detail),
        )
        for info in reply.read(list[EventInfo])
    ]
    return shown.table(("when", "who", "door", "what", "on", "detail"), rows, empty="Nothing happened yet.")


def _code(data: str) -> int:
    from api.schemas import EndEvent

    return EndEvent.model_validate_json(data).exit_code


def _output(data: str, as_json: bool) -> None:
    if as_json:
        return shown.out(data)
    from api.schemas import OutputEvent

    event = OutputEvent.model_validate_json(data)
    return shown.program(event.text, before=_source(event), style=_colour(event))


def _source(event: "OutputEvent") -> str:
    clock = f"{event.at[11:19]} " if len(event.at) >= 19 else ""
    return f"{clock}{event.server} {event.process} | "


def _colour(event: "OutputEvent") -> str:
    return COLOURS[sum(f"{event.server} {event.process}".encode()) % len(COLOURS)]


def _detail(detail: dict[str, object]) -> str:
    """The difference in a line; digests and commits are cut to what tells them apart."""
    parts = (
        f"{key}: {value if isinstance(value, str) else json.dumps(value)}" for key, value in detail.items()
    )
    return HEX.sub(r"\1", ", ".join(parts))
