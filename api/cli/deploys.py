"""slipway deploy, deploys, follow, cancel, plan, transcript."""

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import shown
from api.cli.changes import started
from api.cli.client import Api, connect, path
from api.cli.options import AppArgument, AppOption, AsJson, DeployArgument, Verbose
from api.cli.theapp import app_name
from slipway.errors import NotFound

if TYPE_CHECKING:
    from api.schemas import DeployInfo, RecordShown

STATES = {
    "live": "green",
    "failed": "red",
    "running": "yellow",
    "queued": "yellow",
    "planned": "cyan",
    "cancelled": "dim",
    "superseded": "dim",
}


def deploy(
    app: AppArgument = None,
    app_option: AppOption = None,
    dir: Annotated[str, typer.Option(metavar="DIR", help="The work tree to deploy.")] = ".",
    git: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Deploy a public https git URL instead.", show_default=False),
    ] = None,
    ref: Annotated[str, typer.Option(help="With --git: a branch, tag or commit.")] = "HEAD",
    plan: Annotated[
        bool, typer.Option("--plan", help="Build, then show what would happen on the servers; touch none.")
    ] = False,
    apply: Annotated[
        str | None,
        typer.Option(
            metavar="HASH", help="Run exactly the plan of that hash, or refuse.", show_default=False
        ),
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Deploy a work tree as it is, a git URL, or a plan that was shown before."""
    from api.cli import source

    if sum((git is not None, apply is not None, dir != ".")) > 1 or (apply and plan):
        raise typer.BadParameter("--dir, --git and --apply exclude each other, and --apply is no --plan")
    name = app_name(app, app_option)
    api = connect()
    if apply is not None:
        return started(api, api.post(path("apps", name, "apply"), {"hash": apply}), verbose=verbose)
    if git is not None:
        reply = api.post(path("apps", name, "deploys", "git"), {"url": git, "ref": ref}, plan=plan)
    else:
        reply = source.upload(api, name, dir, plan=plan)
    if not plan:
        return started(api, reply, verbose=verbose)
    from api.cli import planned

    return planned.watched(api, reply, name)


def deploys(app: AppArgument = None, app_option: AppOption = None, as_json: AsJson = False) -> None:
    """List an app's deploys, newest first."""
    name = app_name(app, app_option)
    reply = connect().get(path("apps", name, "deploys"))
    if as_json:
        return shown.out(reply.text)
    from api.cli.releases import origin
    from api.schemas import DeployInfo

    rows = [
        (
            (info.id, "bold"),
            (info.state, STATES.get(info.state, "")),
            info.kind,
            f"v{info.release}" if info.release else "-",
            origin(info.source) or "-",
            f"{info.by} ({info.door})",
            shown.ago(info.created_at),
            _took(info),
        )
        for info in reply.read(list[DeployInfo])
    ]
    heads = ("deploy", "state", "change", "release", "source", "by", "when", "took")
    return shown.table(
        heads, rows, empty=f"{name} was never deployed: git push slipway main, or slipway deploy"
    )


def follow(deploy: DeployArgument = None, app_option: AppOption = None, verbose: Verbose = False) -> None:
    """Watch a deploy from its first line on until it ends, and exit with its code."""
    from api.cli.follow import watched

    api = connect()
    if code := watched(api, deploy or newest(api, app_name(app_option)).id, verbose=verbose):
        raise typer.Exit(code)


def cancel(deploy: DeployArgument = None, app_option: AppOption = None) -> None:
    """Cancel a deploy at whatever step it is. The release that serves goes on serving."""
    from api.schemas import DeployInfo

    api = connect()
    if deploy is None:
        deploy = newest(api, app_name(app_option), under_way=True).id
    info = api.post(path("deploys", deploy, "cancel")).read(DeployInfo)
    if info.state.is_final:
        shown.out(f"Deploy {info.id} is {info.state}.")
    else:
        shown.out(f"Deploy {info.id} is being cancelled: slipway follow {info.id} shows its end.")


def plan(deploy: DeployArgument = None, app_option: AppOption = None, as_json: AsJson = False) -> None:
    """Show a deploy's plan: for each server each file as a diff, and each command with its reason."""
    api = connect()
    reply = api.get(path("deploys", deploy or newest(api, app_name(app_option)).id, "plan"))
    if as_json:
        return shown.out(reply.text)
    from api.cli import planned
    from api.schemas import PlanShown

    return planned.draw(reply.read(PlanShown))


def transcript(
    deploy: DeployArgument = None,
    app_option: AppOption = None,
    sh: Annotated[
        bool, typer.Option("--sh", help="As a bash script that a person can read and run.")
    ] = False,
    server: Annotated[
        str | None, typer.Option(help="Of this server only.", metavar="SERVER", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a deploy ran on the servers: each command, why, its output, exit code and time."""
    api = connect()
    chosen = deploy or newest(api, app_name(app_option)).id
    reply = api.get(path("deploys", chosen, "transcript"))
    if as_json:
        return shown.out(reply.text)
    from api.schemas import RecordShown

    if sh:
        names = sorted({item.server for item in reply.read(list[RecordShown])})
        if server is None and len(names) > 1:
            raise typer.BadParameter(f"a script is for one server; name it by --server: {', '.join(names)}")
        script = api.get(path("deploys", chosen, "transcript.sh"), server=server)
        return shown.out(script.text.removesuffix("\n"))
    records = [item for item in reply.read(list[RecordShown]) if server in (None, item.server)]
    if not records:
        shown.out("Nothing was run on a server.", "dim")
    for record in records:
        _record(record)
    return None


def newest(api: Api, app: str, *, under_way: bool = False) -> "DeployInfo":
    """An app's newest deploy, or the newest that has not ended. Raises `NotFound` when there is none."""
    from api.schemas import DeployInfo

    found = api.get(path("apps", app, "deploys")).read(list[DeployInfo])
    if chosen := next((info for info in found if not (under_way and info.state.is_final)), None):
        return chosen
    raise NotFound(f"{app} has no deploy{' under way' if under_way else ''}", next=f"slipway deploys {app}")


def _took(info: "DeployInfo") -> str:
    from datetime import datetime

    if not (info.started_at and info.finished_at):
        return ""
    ended, began = datetime.fromisoformat(info.finished_at), datetime.fromisoformat(info.started_at)
    return shown.span((ended - began).total_seconds())


def _record(record: "RecordShown") -> None:
    failed = record.exit_code not in (0, None)
    ended = f"exit {record.exit_code}, " if failed else ""
    style = "bold red" if failed else "dim"
    shown.line(((f"{record.server} {record.stage}: ", "cyan"), (record.why, "bold")))
    shown.line((("  $ ", "dim"), (record.command, "")))
    for text in record.stdin.splitlines():
        shown.line((("  < ", "dim"), (text, "dim")))
    for text in record.output.splitlines():
        shown.program(text, before="    ")
    shown.out(f"  {ended}{record.seconds:.2f}s, {record.started_at}", style)
