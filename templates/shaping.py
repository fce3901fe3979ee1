"""Filters that shape text and lists inside a template, and what every filter has in common."""

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from jinja2 import Undefined
from jinja2 import filters as stock
from jinja2 import tests as stock_tests

from slipway.errors import TemplateError
from templates import filters
from templates.budget import MAX_ITEMS, MAX_OUTPUT, capped, charge_for
from templates.provenance import MARK
from templates.values import Rendered, bare, why_of, with_why

LANGUAGES = ("sh", "json", "yaml", "compose", "toml", "argv", "dockerfile_env", "caddy", "cron", "comment")
STOCK = (
    "abs", "capitalize", "count", "dictsort", "first", "float", "int", "items", "last", "length",
    "list", "map", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "sort",
    "string", "sum", "title", "unique",
)  # fmt: skip
TESTS = (
    "boolean", "defined", "divisibleby", "eq", "equalto", "even", "false", "float", "ge", "gt",
    "in", "integer", "iterable", "le", "lt", "mapping", "ne", "none", "number", "odd", "sequence",
    "string", "true", "undefined",
)  # fmt: skip
BETWEEN_MARKS = re.compile(f"({MARK.pattern.replace('(', '(?:')})")


def block(value: object) -> Rendered:
    """Several lines of our own making, printed as they stand."""
    text = str(bare(value))
    if "\x00" in text:
        raise TemplateError("a block holds NUL")
    return Rendered(capped(text, MAX_OUTPUT))


def indent(value: object, width: int = 4, first: bool = False) -> object:
    """Every line but the first, and that too when asked, moved to the right; empty lines stay empty."""
    text = value if isinstance(value, str) else str(bare(value))
    margin = " " * min(int(width), 80)
    lines = [f"{margin}{line}" if Rendered(line) else line for line in text.split("\n")]
    if not first:
        lines[0] = text.partition("\n")[0]
    return _same("\n".join(lines), value)


def trim(value: object) -> object:
    """The text without white space at its ends; keeps where its lines came from."""
    parts = BETWEEN_MARKS.split(value if isinstance(value, str) else str(bare(value)))
    for order, strip in ((range(0, len(parts), 2), str.lstrip), (range(len(parts) - 1, -1, -2), str.rstrip)):
        for at in order:
            parts[at] = strip(parts[at])
            if parts[at]:
                break
    return _same("".join(parts), value)


def upper(value: object) -> object:
    """The text in capitals; keeps where its lines came from."""
    return _between_marks(value, str.upper)


def lower(value: object) -> object:
    """The text in small letters; keeps where its lines came from."""
    return _between_marks(value, str.lower)


def join(values: Iterable[object], separator: str = "", attribute: str | None = None) -> object:
    """The values' texts as one, with the evidence of all."""
    if attribute is not None:
        raise TemplateError("join takes no attribute", next='use |map(attribute="…")|join')
    items = list(bare(values))  # type: ignore[call-overload]  # a TypeError is the template's
    text = capped(str(bare(separator)).join(str(bare(item)) for item in items))
    return with_why(text, why_of(values, *items))


def replace(value: object, old: str, new: str) -> str:
    """The text with every `old` replaced."""
    text = str(value)
    if not old:
        raise TemplateError("replace was given nothing to replace")
    if len(text) + text.count(old) * len(new) > MAX_OUTPUT:
        raise TemplateError("replace makes more than 1 MiB")
    return text.replace(old, new)


def default(value: object, other: object = "", falsy: bool = False) -> object:
    """`other` where the value is undefined, or also where it is empty."""
    return other if isinstance(value, Undefined) or (falsy and not value) else value


def round_(value: float, digits: int = 0) -> float:
    """The number, rounded half to even; an int when no digits are asked for."""
    return round(value, digits) if digits else round(value)


def all_filters() -> dict[str, Callable[..., Any]]:
    """Every filter that a template may use, by name."""
    shallow = {name: stock.FILTERS[name] for name in STOCK} | {"replace": replace, "round": round_}
    languages = {name: getattr(filters, name) for name in LANGUAGES}
    return {
        **{name: _kept(filter_, _shallow) for name, filter_ in shallow.items()},
        **{name: _kept(filter_, _deep) for name, filter_ in languages.items()},
        **{
            f.__name__: _kept(f, lambda value: (value, why_of(value)))
            for f in (block, indent, trim, upper, lower)
        },
        "default": default,
        "d": default,
        "join": join,
    }


def all_tests() -> dict[str, Callable[..., Any]]:
    """Every test (`x is …`) that a template may use, by name."""
    stock_ones: dict[str, Any] = dict(stock_tests.TESTS)
    return {name: _on_bare(stock_ones[name]) for name in TESTS}


def _kept(
    filter_: Callable[..., Any], seen: Callable[[object], tuple[object, tuple[str, ...]]]
) -> Callable[..., Any]:
    """The filter on plain data, its result with the evidence of what went in."""
    before = int(hasattr(filter_, "jinja_pass_arg"))

    @functools.wraps(filter_)
    def kept(*args: object, **named: object) -> object:
        given = args[before]
        if isinstance(given, Undefined):
            str(given)  # raises: an undefined name has no text in any language
        value, why = seen(given)
        charge_for(value)
        others = (bare(item) for item in args[before + 1 :])
        result = filter_(*args[:before], value, *others, **{name: bare(item) for name, item in named.items()})
        if isinstance(result, Iterator):
            result = tuple(islice(result, MAX_ITEMS))
        return result if why == why_of(result) else with_why(result, why)

    return kept


def _on_bare(test: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(test)
    def tested(*args: object) -> object:
        return test(*(bare(value) for value in args))

    return tested


def _shallow(value: object) -> tuple[object, tuple[str, ...]]:
    return bare(value), why_of(value)


def _deep(value: object) -> tuple[object, tuple[str, ...]]:
    """Plain data all the way down, and the evidence of all of it."""
    inner, why = bare(value), why_of(value)
    if isinstance(inner, dict):
        pairs = [(_deep(key), _deep(item)) for key, item in inner.items()]
        found = (reason for pair in pairs for side in pair for reason in side[1])
        return {str(key[0]): item[0] for key, item in pairs}, (*why, *found)
    if isinstance(inner, list | tuple | range):
        items = [_deep(item) for item in inner]
        return [item[0] for item in items], (*why, *(reason for item in items for reason in item[1]))
    return inner, why


def _same(text: str, value: object) -> object:
    return Rendered(text) if isinstance(value, Rendered) else text


def _between_marks(value: object, change: Callable[[str], str]) -> object:
    parts = BETWEEN_MARKS.split(value if isinstance(value, str) else str(bare(value)))
    return _same("".join(part if at % 2 else change(part) for at, part in enumerate(parts)), value)
