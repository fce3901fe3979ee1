"""slipway status: an app as its servers have it now."""

from typing import TYPE_CHECKING

from api.cli.client import connect, path
from api.cli.options import AppArgument, AppOption, AsJson
from api.cli.shown import ago, fields, line, out, table
from api.cli.theapp import app_name

if TYPE_CHECKING:
    from api.schemas import AppStatus, ContainerShown, PlacementShown


def status(app: AppArgument = None, app_option: AppOption = None, as_json: AsJson = False) -> None:
    """Show what serves now, read from the servers; the digest of each replica is checked."""
    reply = connect().get(path("apps", app_name(app, app_option), "status"))
    if as_json:
        return out(reply.text)
    from api.schemas import AppStatus

    return _drawn(reply.read(AppStatus))


def _drawn(status: "AppStatus") -> None:
    fields(
        (
            ("app", status.name),
            ("live", _live(status)),
            (
                "source",
                " ".join(part for part in (status.commit[:7], _author(status), status.subject) if part),
            ),
            ("image", status.digest),
            ("url", "\n".join(status.urls)),
            ("deploy", _deploy(status)),
        )
    )
    for placement in status.servers:
        _server(placement)
    if not status.servers:
        out("It has no server: slipway server add, slipway apps servers", "yellow")


def _live(status: "AppStatus") -> str:
    return f"v{status.release}, {ago(status.deployed_at)}" if status.release else "no release yet"


def _author(status: "AppStatus") -> str:
    return f"by {status.author}" if status.author else ""


def _deploy(status: "AppStatus") -> str:
    info = status.deploy
    if info is None or info.state.is_final:
        return ""
    return f"{info.id} is {info.state} ({info.kind} by {info.by}): slipway follow {info.id}"


def _server(placement: "PlacementShown") -> None:
    out()
    if placement.error:
        line(((f"{placement.server}: ", "bold"), (f"cannot be read: {placement.error}", "bold red")))
        return
    serving = placement.serving or "nothing"
    line(((f"{placement.server}: ", "bold"), (f"serves {serving}", "green" if placement.serving else "red")))
    for difference in placement.differences:
        out(f"  ! {difference}", "yellow")
    rows = [
        (
            box.process,
            f"v{box.release}",
            (box.state, "green" if box.state == "running" else "red"),
            box.status,
            _digest(box),
            box.id[:12],
        )
        for box in placement.containers
    ]
    if rows:
        table(("process", "release", "state", "status", "image", "container"), rows)


def _digest(box: "ContainerShown") -> tuple[str, str]:
    short = box.digest.removeprefix("sha256:")[:12]
    return (f"{short} as released", "green") if box.matches else (f"{short} is not the release's", "bold red")
