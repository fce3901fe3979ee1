"""What a template sees: plain read-only data, values that know their evidence, and text rendered so far."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from enum import Enum
from pathlib import PurePath
from typing import Protocol, runtime_checkable

from jinja2 import Undefined

from slipway.errors import TemplateError
from slipway.secret import Secret
from templates.budget import MAX_OUTPUT, MAX_TEXT, capped, current
from templates.provenance import UNFIT, evidence_mark, evidence_marks, plain

LINE_END = re.compile(r"[\r\n\x00\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
MAX_REASON = 500


@runtime_checkable
class Explained(Protocol):
    """A value that can say why it is what it is (`slipway.evidence.Decision` is one)."""

    @property
    def value(self) -> object: ...

    def shown(self) -> str: ...


class Rendered(str):
    """Text that a template has made: may hold marks, and lines, each checked when it was printed.

    Everything but printing sees it without its marks.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return plain(self) == (plain(other) if isinstance(other, str) else other)

    def __hash__(self) -> int:
        return hash(plain(self))

    def __lt__(self, other: str) -> bool:
        return plain(self) < plain(other)

    def __bool__(self) -> bool:
        return bool(plain(self))


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """A value with its evidence: prints the value and gives its line the evidence."""

    value: object
    why: tuple[str, ...]
    fields: Mapping[str, object] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        return bare(self) == bare(other)

    def __hash__(self) -> int:
        return hash(bare(self))

    def __lt__(self, other: object) -> bool:
        return bool(bare(self) < bare(other))  # type: ignore[operator]  # a TypeError is the template's

    def __bool__(self) -> bool:
        return bool(self.value)


def data(value: object) -> object:
    """A value as the read-only plain data that a template may see.

    Raises `TemplateError` for a `Secret`, for text that is not text, and for objects that are not data.
    """
    if isinstance(value, Secret):
        raise TemplateError("a secret was handed to a template; only files of mode 0600 may hold one")
    if isinstance(value, Enum):
        return data(value.value)
    if value is None or isinstance(value, bool | float | int):
        return value
    if isinstance(value, str):
        return _text(value)
    if callable(getattr(value, "shown", None)):
        return _traced(value)
    return _composed(value)


def bare(value: object) -> object:
    """A value without its evidence and without marks."""
    if isinstance(value, Traced):
        return bare(value.value)
    return plain(value) if isinstance(value, Rendered) else value


def why_of(*values: object) -> tuple[str, ...]:
    """The evidence that values carry."""
    found: list[str] = []
    for value in values:
        if isinstance(value, Traced):
            found += value.why
        elif isinstance(value, Rendered) and (marks := evidence_marks(value)):
            reasons = list(current.get().reasons)
            found += (reasons[int(number)] for number in re.findall(r"\d+", marks))
    return tuple(dict.fromkeys(found))


def with_why(value: object, why: tuple[str, ...]) -> object:
    """The value with that evidence added."""
    if not why or value is None or isinstance(value, Undefined | bool) or callable(value):
        return value
    if isinstance(value, Traced):
        return Traced(value.value, tuple(dict.fromkeys(value.why + why)), value.fields)
    return Rendered(because(why) + value) if isinstance(value, Rendered) else Traced(value, why)


def because(reason: object) -> Rendered:
    """Attach evidence to the line that this stands on: a text, a value with evidence, or several."""
    if isinstance(reason, Undefined):
        str(reason)  # raises, as printing it would
    if why := why_of(reason):
        return because(why)
    if isinstance(reason, tuple | list):
        return Rendered("".join(because(item) for item in reason))
    text = LINE_END.sub(" ", str(bare(reason))).strip()[:MAX_REASON]
    return Rendered(evidence_mark(current.get().reason(text)) if text else "")


def printed(value: object) -> str:
    """What `{{ value }}` writes. Raises `TemplateError` for a line end, for NUL, and for what is no text."""
    current.get().charge()
    if isinstance(value, Rendered):
        return value
    if isinstance(value, Traced):
        return because(value.why) + printed(value.value)
    if isinstance(value, Undefined):
        return str(value)
    if isinstance(value, str):
        return one_line(capped(value))
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return str(value)
    kind = {dict: "a mapping", list: "a list", tuple: "a list", type(None): "none", bool: "a boolean"}
    what = kind.get(type(value), "what is no data")
    raise TemplateError(f"{what} is printed", next="say in which language: |json, |toml, |sh, |argv")


def one_line(value: str) -> str:
    """The value itself, refused when it holds a line end or NUL: it would become an instruction of its own.

    The error does not show the value, which may be a secret.
    """
    if found := LINE_END.search(value):
        raise TemplateError(
            f"a printed value holds a line end or NUL (U+{ord(found[0]):04X}, character {found.start() + 1})",
            next="use |json or |toml, which encode it, or |block for text that is ours",
        )
    return value


def joined(pieces: Iterable[str]) -> Rendered:
    """The pieces of rendered text as one; Jinja's `concat`. Raises `TemplateError` past 4 MiB with marks."""
    parts: list[str] = []
    size = 0
    for piece in pieces:
        parts.append(piece)
        size += len(piece)
        if size > 4 * MAX_OUTPUT:
            raise TemplateError("renders more than 1 MiB")
    return Rendered("".join(parts))


def added(left: object, right: object) -> object:
    """Two texts as one, each with its evidence."""
    if not isinstance(left, Rendered) and not isinstance(right, Rendered):
        text = str(bare(left)) + str(bare(right))
        return with_why(capped(text, MAX_TEXT), why_of(left, right))
    return joined(printed(side) for side in (left, right))


def _text(value: str) -> str:
    if found := UNFIT.search(value.replace("\x00", "")):
        raise TemplateError(f"a value holds U+{ord(found[0]):04X}, which no text may hold")
    return Rendered(value) if isinstance(value, Rendered) else str(value)


def _traced(value: object) -> Traced:
    """Of an object with `shown()`: its value, or its fields when it has no value of its own."""
    own = (
        {item.name: data(getattr(value, item.name)) for item in fields(value)} if is_dataclass(value) else {}
    )
    inner = data(value.value) if isinstance(value, Explained) else own
    shown = value.shown()  # type: ignore[attr-defined]  # the caller saw that it has it
    return Traced(inner, (LINE_END.sub(" ", str(data(shown)))[:MAX_REASON],), own)


def _composed(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(bare(data(key))): data(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return tuple(data(item) for item in items)
    if is_dataclass(value):
        return {item.name: data(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, PurePath):
        return data(str(value))
    raise TemplateError(f"a {type(value).__name__} is no data that a template can see")
