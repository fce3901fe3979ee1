"""Where each rendered line came from, and why it is there.

Marks are put into the template's text while it is compiled (`Marks`), and taken out of what was rendered
(`read`). They are Unicode noncharacters, which no text may hold, so no value can forge one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jinja2 import TemplateSyntaxError
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

ORIGIN = "\ufdd0"
EVIDENCE = "\ufdd1"
END = "\ufdd2"
MARK = re.compile(f"([{ORIGIN}{EVIDENCE}])([^{END}]*){END}")
MARKS = re.compile(f"[{ORIGIN}{EVIDENCE}{END}]")
LOOPING = {"for", "macro", "call", "block"}


@dataclass(frozen=True, slots=True)
class Origin:
    """A line (from 1) of a template of a layer."""

    template: str
    layer: str
    line: int

    def shown(self) -> str:
        return f"{self.template}:{self.line}"


@dataclass(frozen=True, slots=True)
class RenderedLine:
    """One line without its newline; `why` is the evidence that the template gave for it."""

    text: str
    origin: Origin
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A rendered template: its lines, each with its origin."""

    template: str
    layer: str
    lines: tuple[RenderedLine, ...]

    @property
    def text(self) -> str:
        """The file, ending in one newline."""
        return "".join(f"{line.text}\n" for line in self.lines)


class Marks(Extension):
    """Marks every piece of template text with its line, and lets loops and macros count their turns."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        name = stream.name or ""
        tag = ""
        opening = False
        for token in stream:
            if token.type == "tilde":
                raise TemplateSyntaxError('join text with "+" instead of "~"', token.lineno, name)
            if token.type == "data":
                yield Token(token.lineno, "data", _marked(token.value, name, token.lineno))
                continue
            if token.type == "variable_begin":
                yield Token(token.lineno, "data", _mark(name, token.lineno))
            yield token
            if token.type == "block_begin":
                opening, tag = True, ""
            elif opening:
                opening, tag = False, token.value
            if token.type == "block_end" and tag in LOOPING:
                yield from _turn(token.lineno)


def plain(text: str) -> str:
    """A text without any marks."""
    return MARK.sub("", text)


def evidence(number: int) -> str:
    """The mark for the evidence of that number."""
    return f"{EVIDENCE}{number}{END}"


def read(rendered: str, reasons: Sequence[str]) -> list[RenderedLine]:
    """The lines of a marked text. A line's origin is that of its first visible character."""
    origin = Origin("", "", 0)
    lines = []
    for raw in rendered.split("\n"):
        origin, line = _line(raw, origin, reasons)
        lines.append(line)
    while lines and not lines[-1].text:
        lines.pop()
    return lines


def _line(raw: str, before: Origin, reasons: Sequence[str]) -> tuple[Origin, RenderedLine]:
    chosen, last, why, seen, at = before, before, [], False, 0
    for mark in MARK.finditer(raw):
        seen = seen or bool(raw[at : mark.start()].strip())
        at = mark.end()
        if mark[1] == EVIDENCE:
            why.append(reasons[int(mark[2])])
            continue
        layer, template, number = mark[2].split("\t")
        last = Origin(template, layer, int(number))
        if not seen:
            chosen = last
    return last, RenderedLine(plain(raw).rstrip(), chosen, tuple(dict.fromkeys(why)))


def _mark(name: str, line: int) -> str:
    return f"{ORIGIN}{name}\t{line}{END}"


def _marked(text: str, name: str, line: int) -> str:
    pieces = text.split("\n")
    return "\n".join(_mark(name, line + at) + piece for at, piece in enumerate(pieces))


def _turn(line: int) -> Iterator[Token]:
    yield Token(line, "variable_begin", "{{")
    yield Token(line, "name", "_turn")
    yield Token(line, "lparen", "(")
    yield Token(line, "rparen", ")")
    yield Token(line, "variable_end", "}}")
