"""The group of all commands: its help lists them by what they are about, in plain text and so at once."""

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from api.cli.problems import show
from slipway.errors import SlipwayError

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter

WHOLE = 1000


class Root(TyperGroup):
    """Shows errors of ours as messages, and in its help the commands under what they are about."""

    def invoke(self, ctx: "Context") -> Any:  # noqa: ANN401 - as Typer has it
        try:
            return super().invoke(ctx)
        except SlipwayError as error:
            show(error)
            raise typer.Exit(1) from None

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        panels: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                panel = getattr(command, "rich_help_panel", None) or "Commands"
                panels.setdefault(panel, []).append((name, command.get_short_help_str(WHOLE)))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(sorted(rows), col_max=16)
