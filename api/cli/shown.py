"""What goes to the terminal: text, tables and times. Rich is loaded for a terminal only."""

import os
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
# Every escape sequence, and every control character but the tab: what others wrote must not drive a terminal.
CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x08\x0a-\x1f\x7f-\x9f]"
)
SPANS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def is_terminal(*, err: bool = False) -> bool:
    """Whether a person's terminal is behind stdout or stderr, or FORCE_COLOR says so."""
    stream = sys.stderr if err else sys.stdout
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


@cache
def console(*, err: bool = False) -> "Console":
    """Rich's console for a terminal; it knows NO_COLOR, FORCE_COLOR and COLUMNS."""
    from rich.console import Console

    return Console(stderr=err, highlight=False, markup=False, emoji=False)


def out(text: str = "", style: str = "", *, err: bool = False) -> None:
    """Print one of our own lines, in a Rich style when that is a terminal."""
    line(((text, style),), err=err)


def line(parts: Sequence[tuple[str, str]], *, err: bool = False) -> None:
    """Print a line made of parts, each with a Rich style ("" for none). It is never cut nor wrapped."""
    if not is_terminal(err=err):
        typer.echo("".join(clean(text) for text, _ in parts), err=err)
        return
    from rich.text import Text

    shown = Text.assemble(*((clean(text), style) for text, style in parts))
    console(err=err).print(shown, soft_wrap=True)


def note(text: str) -> None:
    """Something a person should know beside the result, on stderr."""
    out(text, "yellow", err=True)


def program(text: str, *, before: str = "", style: str = "") -> None:
    """Print a line of a program's own output: on a terminal its colours stay, its other controls go."""
    if not is_terminal():
        typer.echo(before + text)
        return
    from rich.text import Text

    kept = "".join(
        part if COLOUR.fullmatch(part) else CONTROL.sub("", part)
        for part in re.split(f"({COLOUR.pattern})", text)
    )
    console().print(Text(clean(before), style).append_text(Text.from_ansi(kept)), soft_wrap=True)


def clean(text: str) -> str:
    """The text without control characters, except tabs and the newlines of a many-line text."""
    return "\n".join(CONTROL.sub("", part) for part in text.split("\n"))


def table(heads: Sequence[str], rows: Sequence[Sequence[str | tuple[str, str]]], *, empty: str = "") -> None:
    """Print rows in columns; a cell is a text, or one with its Rich style. Without a row `empty` is said."""
    if not rows:
        out(empty, "dim")
    elif is_terminal():
        _drawn(heads, rows)
    else:
        _plain(heads, [[clean(cell if isinstance(cell, str) else cell[0]) for cell in row] for row in rows])


def _plain(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    every = [[head.upper() for head in heads], *rows]
    widths = [max(len(row[at]) for row in every) for at in range(len(heads))]
    for row in every:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _drawn(heads: Sequence[str], rows: Sequence[Sequence[str | tuple[str, str]]]) -> None:
    from rich.table import Table

    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for head in heads:
        grid.add_column(head, overflow="fold")
    for row in rows:
        grid.add_row(*(_cell(cell) for cell in row))
    console().print(grid)


def _cell(cell: str | tuple[str, str]) -> "Text":
    from rich.text import Text

    text, style = (cell, "") if isinstance(cell, str) else cell
    return Text(clean(text), style)


def fields(pairs: Sequence[tuple[str, str]]) -> None:
    """Print names and values under each other; those without a value are left out."""
    width = max((len(name) for name, value in pairs if value), default=0)
    for name, value in pairs:
        if value:
            line(((f"{name.ljust(width)}  ", "dim"), (value.replace("\n", f"\n{' ' * (width + 2)}"), "")))


def ago(at: str | None, now: datetime | None = None) -> str:
    """How long a time of the API is ago ("5 min ago"); "" for none."""
    if not at:
        return ""
    then = datetime.fromisoformat(at)
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    seconds = ((now or datetime.now(UTC)) - then).total_seconds()
    if seconds < 10:
        return "now"
    return f"{span(seconds)} ago"


def span(seconds: float) -> str:
    """A duration in its largest whole unit: "3 d", "5 min"; under a minute with a tenth: "3.1 s"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    length, unit = next(item for item in SPANS if seconds >= item[0])
    return f"{int(seconds // length)} {unit}"
