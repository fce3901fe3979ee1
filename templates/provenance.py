"""Where each rendered line came from, and why it is there.

Marks are put between the pieces of a template while it is compiled, and taken out of what was rendered
(`read`). They are Unicode noncharacters, which neither a template nor a value may hold: none can be forged.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

ORIGIN = "\ufdd0"
EVIDENCE = "\ufdd1"
END = "\ufdd2"
MARK = re.compile(f"([{ORIGIN}{EVIDENCE}])([^{END}]*){END}")
UNFIT = re.compile(f"[\x00{ORIGIN}{EVIDENCE}{END}\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Origin:
    """A line (from 1) of a template of a layer; `layer` is the layer's label."""

    template: str
    layer: str
    line: int

    def shown(self) -> str:
        """For example `dockerfiles/python:3 (built in)`."""
        return f"{self.template}:{self.line} ({self.layer})"


@dataclass(frozen=True, slots=True)
class RenderedLine:
    """One line without its newline; `why` is the evidence that the template gave for it."""

    text: str
    origin: Origin
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A rendered template: its lines, each with its origin; `layer` is the label of its own layer."""

    template: str
    layer: str
    lines: tuple[RenderedLine, ...]

    @property
    def text(self) -> str:
        """The file, ending in exactly one newline; empty when there is no line."""
        return "".join(f"{line.text}\n" for line in self.lines)


def plain(text: str) -> str:
    """A text without its marks."""
    return MARK.sub("", text) if END in text else str(text)


def origin_mark(template: str, line: int) -> str:
    """The mark of what comes from a line of a template; `template` is `LAYER-INDEX TAB NAME`."""
    return f"{ORIGIN}{template}\t{line}{END}"


def evidence_mark(number: int) -> str:
    """The mark of the evidence of that number."""
    return f"{EVIDENCE}{number}{END}"


def evidence_marks(text: str) -> str:
    """The marks of evidence in a text, without the text."""
    return "".join(mark[0] for mark in MARK.finditer(text) if mark[1] == EVIDENCE) if END in text else ""


def read(rendered: str, labels: Sequence[str], reasons: Sequence[str]) -> tuple[RenderedLine, ...]:
    """The lines of a marked text, without empty ones at its end.

    A line's origin is that of its first visible character, or of its newline when it has none.
    """
    before = Origin("", "", 0)
    lines: list[RenderedLine] = []
    for raw in rendered.split("\n"):
        before, line = _line(raw, before, labels, reasons)
        lines.append(line)
    while lines and not lines[-1].text:
        lines.pop()
    return tuple(lines)


def _line(
    raw: str, before: Origin, labels: Sequence[str], reasons: Sequence[str]
) -> tuple[Origin, RenderedLine]:
    chosen = last = before
    why: list[str] = []
    seen, at = False, 0
    for mark in MARK.finditer(raw):
        seen = seen or bool(raw[at : mark.start()].strip())
        at = mark.end()
        if mark[1] == EVIDENCE:
            why.append(reasons[int(mark[2])])
            continue
        layer, template, number = mark[2].split("\t")
        last = Origin(template, labels[int(layer)], int(number))
        if not seen:
            chosen = last
    return last, RenderedLine(plain(raw), chosen, tuple(dict.fromkeys(why)))
