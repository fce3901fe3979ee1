"""slipway detect, dockerfile, explain, eject: the files that an image is built from."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.client import connect, path
from api.cli.options import AppArgument, AppOption, AsJson, Release, release_number
from api.cli.shown import console, fields, is_terminal, line, out, table
from api.cli.theapp import app_name
from slipway.errors import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from api.schemas import Explained, FileShown, LineExplained
    from slipway.buildplan import BuildPlan

BUILT_IN = "built in"
Dir = Annotated[
    str | None,
    typer.Option(
        metavar="DIR",
        help="Of this folder, without a server; the current one when no app is named.",
        show_default=False,
    ),
]


def detect(
    dir: Annotated[str, typer.Option(metavar="DIR", help="The folder.")] = ".", as_json: AsJson = False
) -> None:
    """Show what a folder is recognised as, and the file and line behind each decision; needs no server."""
    from api.cli.local import build_plan

    plan = build_plan(Path(dir))
    if as_json:
        return out(json.dumps(_plan_json(plan)))
    fields((("stack", plan.stack), ("from", plan.dockerfile or f"template {plan.template}")))
    out()
    rows = [
        ((item.name, "bold"), item.title or item.value, "; ".join(place.shown() for place in item.evidence))
        for item in plan.decisions
    ]
    rows += [
        (
            (f"process {name}", "bold"),
            guess.command.value,
            "; ".join(place.shown() for place in guess.command.evidence),
        )
        for name, guess in plan.processes.items()
    ]
    table(("decision", "value", "because"), rows, empty="Nothing had to be decided.")
    return _warn(plan.warnings)


def dockerfile(
    app: AppArgument = None,
    app_option: AppOption = None,
    dir: Dir = None,
    release: Release = None,
    as_json: AsJson = False,
) -> None:
    """Print the Dockerfile of an app's release, or the one that a folder becomes."""
    from api.schemas import FileShown

    if folder := _folder(app or app_option, dir, release):
        from api.cli import local

        text = local.dockerfile(folder).model_dump_json()
    else:
        text = _of_release("dockerfile", app_name(app, app_option), release)
    out(text if as_json else FileShown.model_validate_json(text).text.removesuffix("\n"))


def explain(
    app: AppArgument = None,
    app_option: AppOption = None,
    dir: Dir = None,
    release: Release = None,
    as_json: AsJson = False,
) -> None:
    """Say for each line of a Dockerfile which template, layer and evidence it comes from."""
    from api.schemas import Explained

    if folder := _folder(app or app_option, dir, release):
        from api.cli import local

        text = local.explained(folder).model_dump_json()
    else:
        text = _of_release("explain", app_name(app, app_option), release)
    if as_json:
        return out(text)
    return _explained(Explained.model_validate_json(text))


def eject(
    app: AppArgument = None,
    app_option: AppOption = None,
    dir: Annotated[str, typer.Option(metavar="DIR", help="Where the files are written.")] = ".",
    release: Release = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write an app's Dockerfile, .dockerignore and compose.yaml into its repo, to go on without slipway."""
    from api.schemas import Ejected

    name = app_name(app, app_option)
    reply = connect().get(path("apps", name, "eject"), release=release_number(release))
    if as_json:
        return out(reply.text)
    files = reply.read(Ejected).files
    if not files:
        raise NotFound(f"the control plane has no files of {name} to eject", next="deploy it once more")
    for place in _written(Path(dir), files, force=force):
        out(f"wrote {place}")
    return out("They are yours now: docker compose up --build runs the app without slipway.")


def _of_release(what: str, app: str, release: str | None) -> str:
    """What the API has of an app's release, as JSON."""
    return connect().get(path("apps", app, what), release=release_number(release)).text


def _folder(app: str | None, dir: str | None, release: str | None) -> Path | None:
    if dir is not None and (app or release):
        raise typer.BadParameter("--dir is about a folder; leave the app and --release out")
    return None if app or release else Path(dir or ".")


def _plan_json(plan: "BuildPlan") -> dict[str, object]:
    from dataclasses import asdict

    return {
        "stack": plan.stack,
        "template": plan.template,
        "dockerfile": plan.dockerfile,
        "headline": plan.headline(),
        "decisions": [asdict(item) for item in plan.decisions],
        "processes": {name: asdict(guess) for name, guess in plan.processes.items()},
        "warnings": list(plan.warnings),
    }


def _explained(explained: "Explained") -> None:
    out(explained.headline, "bold")
    _warn(explained.warnings)
    out()
    places = [item.template.removesuffix(f" ({item.layer})") for item in explained.lines]
    width = max((len(place) for place in places), default=0)
    for item, place in zip(explained.lines, places, strict=True):
        _line(item, place.ljust(width))
    if any(item.layer == BUILT_IN for item in explained.lines):
        out()
        out(f"Lines without a layer's name are {BUILT_IN}.", "dim")


def _line(item: "LineExplained", place: str) -> None:
    """A line with its place before it; the layer (when it is not built in) and the evidence stand below."""
    before = f"{place}  {item.line:>3}  "
    notes = [f"from {item.layer}"] if item.layer != BUILT_IN else []
    parts = _wrapped(item.text, len(before))
    style = "dim" if item.text.startswith("#") else ""
    line(((before, "cyan"), (parts[0], style)))
    for part in parts[1:]:
        line(((" " * len(before), ""), (part, style)))
    for why in (*notes, *item.why):
        for at, part in enumerate(_wrapped(why, len(before) + 2)):
            line(((" " * len(before), ""), ("  " if at else "^ ", "yellow"), (part, "yellow")))


def _wrapped(text: str, before: int) -> list[str]:
    """The text in pieces that fit beside what stands before it; whole when no terminal has to be fitted."""
    if not is_terminal():
        return [text]
    import textwrap

    width = max(30, console().width - before)
    return textwrap.wrap(
        text.expandtabs(4), width, subsequent_indent="  ", break_on_hyphens=False, replace_whitespace=False
    ) or [""]


def _warn(warnings: Sequence[str]) -> None:
    for warning in warnings:
        out(f" ! {warning}", "yellow")


def _written(folder: Path, files: "Sequence[FileShown]", *, force: bool) -> list[Path]:
    """Write all of the files or none. Raises `Conflict` when one is there already."""
    for file in files:
        if Path(file.name).name != file.name or file.name in ("", ".", ".."):
            raise Invalid(f"{file.name!r} would be written outside of {folder}", next="report this")
    there = [file.name for file in files if (folder / file.name).exists()]
    if there and not force:
        raise Conflict(
            f"{', '.join(there)} would be overwritten; nothing was written",
            where=str(folder),
            next="move them away, choose another --dir, or overwrite them by --force",
        )
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        (folder / file.name).write_text(file.text, "utf-8")
    return [folder / file.name for file in files]
