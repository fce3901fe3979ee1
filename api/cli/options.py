"""Arguments and options that several commands share."""

from typing import Annotated

import typer

WHICH = "Without it: the git remote `slipway`, then `app` in slipway.toml."
AppArgument = Annotated[
    str | None, typer.Argument(metavar="APP", help=f"The app. {WHICH}", show_default=False)
]
AppOption = Annotated[
    str | None, typer.Option("--app", "-a", metavar="APP", help=f"The app. {WHICH}", show_default=False)
]
DeployArgument = Annotated[
    str | None,
    typer.Argument(metavar="DEPLOY", help="The deploy's id. Without it: the newest.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the API's JSON and nothing else.")]
Release = Annotated[
    str | None,
    typer.Option(
        "--release", metavar="vN", help="Of this release instead of the live one.", show_default=False
    ),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show each step on each server too: its command and why.")
]


def release_number(given: str | None) -> int | None:
    """`v12` or `12` as 12. Raises a usage error for anything else."""
    if given is None:
        return None
    digits = given.removeprefix("v")
    if not (digits.isascii() and digits.isdigit() and int(digits) > 0):
        raise typer.BadParameter(f"{given!r} is no release: give one such as v12")
    return int(digits)
