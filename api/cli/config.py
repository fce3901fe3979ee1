"""slipway config …: config vars. Their values are sent, and never shown again."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from api.cli.changes import started
from api.cli.client import connect, path
from api.cli.envfile import read_env
from api.cli.given import text_of
from api.cli.options import AppOption, AsJson, Verbose
from api.cli.shown import ago, out, table
from api.cli.theapp import app_name
from slipway.errors import Invalid

app = typer.Typer(help="Config vars, handed to the processes as environment; a change is a release.")


@app.command("list")
def list_config(app_option: AppOption = None, as_json: AsJson = False) -> None:
    """List the config vars: names, by whom, when. Values are shown to nobody but the app's processes."""
    name = app_name(app_option)
    reply = connect().get(path("apps", name, "config"))
    if as_json:
        return out(reply.text)
    from api.schemas import ConfigShown

    rows = [((var.key, "bold"), var.set_by, ago(var.set_at)) for var in reply.read(ConfigShown).vars]
    return table(("name", "set by", "when"), rows, empty=f"{name} has no config var.")


@app.command("set")
def set_config(
    vars: Annotated[
        list[str],
        typer.Argument(
            metavar="K=V",
            help="Config vars. K without a value is asked for, or read from stdin.",
            show_default=False,
        ),
    ],
    app_option: AppOption = None,
    verbose: Verbose = False,
) -> None:
    """Set config vars. `slipway config set KEY < file` keeps a secret out of the shell's history."""
    _change(app_option, {"set": _values(vars)}, verbose)


@app.command("unset")
def unset_config(
    keys: Annotated[list[str], typer.Argument(metavar="K", help="Names of config vars.", show_default=False)],
    app_option: AppOption = None,
    verbose: Verbose = False,
) -> None:
    """Take config vars away."""
    _change(app_option, {"unset": keys}, verbose)


@app.command("import")
def import_config(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A .env file, or - for stdin.", show_default=False)
    ],
    app_option: AppOption = None,
    verbose: Verbose = False,
) -> None:
    """Set every config var of a .env file, in one release."""
    found = read_env(text_of(file), "stdin" if file == "-" else file)
    if not found:
        raise Invalid("there is no config var in it", where=file, next="write lines such as KEY=value")
    out(f"{len(found)} config vars: {', '.join(sorted(found))}")
    _change(app_option, {"set": found}, verbose)


def _change(app_option: str | None, change: dict[str, object], verbose: bool) -> None:
    name = app_name(app_option)
    api = connect()
    started(api, api.patch(path("apps", name, "config"), change), verbose=verbose)


def _values(given: Sequence[str]) -> dict[str, str]:
    missing = [item for item in given if "=" not in item]
    if len(missing) > 1 and not sys.stdin.isatty():
        raise typer.BadParameter(f"stdin can hold the value of one config var only: {', '.join(missing)}")
    return {
        key: value if equals else _asked(key)
        for key, equals, value in (item.partition("=") for item in given)
    }


def _asked(key: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(f"Value of {key}", hide_input=True))
    return sys.stdin.read().removesuffix("\n").removesuffix("\r")
