"""Figures as tables: for the terminal, and between the markers of docs/benchmarks.md."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


@dataclass(frozen=True, slots=True)
class Table:
    """What one benchmark found. `name` is its place in the page; `notes` are sentences below the rows."""

    name: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def markdown(self) -> str:
        rows = [self.heads, tuple("---" if at == 0 else "---:" for at in range(len(self.heads))), *self.rows]
        lines = [f"| {' | '.join(row)} |" for row in rows]
        return "\n".join([*lines, *(f"\n{note}" for note in self.notes)])


def seconds(values: Sequence[float], digits: int = 2) -> str:
    """The median, and from the smallest to the largest: `1.23 s (1.10-1.52)`."""
    low, high = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} s ({low:.{digits}f}-{high:.{digits}f})"


def compared(
    name: str,
    first: tuple[str, Sequence[float]],
    others: Mapping[str, Sequence[float]],
    notes: tuple[str, ...],
) -> Table:
    """A table of what a person would do otherwise and of what slipway does, in seconds; rounds are pairs."""
    label, baseline = first
    rows = [(label, seconds(baseline), "", "")]
    for other, values in others.items():
        pairs = list(zip(values, baseline, strict=True))
        more = statistics.median(one - base for one, base in pairs)
        ratio = statistics.median(one / base for one, base in pairs)
        rows.append((other, seconds(values), f"{more:+.2f} s", f"{ratio:.2f}"))
    return Table(name, ("", "time", "more", "ratio"), tuple(rows), notes)


def write(tables: Sequence[Table], machine: str, page: Path = PAGE) -> None:
    """Put each table between its markers, with the machine it was taken on; the rest of the page stays."""
    text = page.read_text()
    for table in tables:
        begin, end = f"<!-- {table.name} -->", f"<!-- /{table.name} -->"
        if begin not in text or end not in text:
            raise SystemExit(f"{page.name} has no place for {table.name}: {begin} … {end}")
        before, _, rest = text.partition(begin)
        after = rest.partition(end)[2]
        text = f"{before}{begin}\n{table.markdown()}\n\n{machine}\n{end}{after}"
    page.write_text(text)
