"""Filters for every value that crosses into another language, and the few of Jinja's own that are safe here."""

import json
import re
import shlex
from collections.abc import Callable, Iterable
from typing import Any

from jinja2 import filters as stock

from slipway.errors import TemplateError
from templates.provenance import plain

MAX_TEXT = 64 << 10
LINE_ENDS = re.compile(r"[\r\n\x00\x0b\x0c\x85\u2028\u2029]")
BARE_CADDY = re.compile(r"[A-Za-z0-9_./:@%+=,-]+")
STOCK = (
    "abs capitalize default d dictsort first float int items last length count list lower map max min reject "
    "rejectattr reverse round select selectattr sort string sum title trim unique upper"
).split()


class Block(str):
    """A text of several lines that may be printed as it stands: a file of ours inside another file."""

    __slots__ = ()


def text(value: object) -> str:
    """A value as text, without marks and evidence."""
    return plain(str(getattr(value, "value", value)))


def sh(value: object) -> str:
    """One word of a POSIX shell."""
    return one_line(shlex.quote(text(value)))


def json_(value: object, indent: int | None = None) -> str:
    """JSON, which is also YAML."""
    return json.dumps(_plain_data(value), ensure_ascii=False, sort_keys=True, indent=indent)


def toml(value: object) -> str:
    """A basic string of TOML."""
    return json.dumps(text(value), ensure_ascii=True)


def caddy(value: object) -> str:
    """One token of a Caddyfile."""
    word = one_line(text(value))
    if "{" in word or "}" in word:
        raise TemplateError("braces are placeholders to Caddy and cannot stand in a value")
    if BARE_CADDY.fullmatch(word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def dockerfile_env(value: object) -> str:
    """The value of an ENV or ARG instruction: quoted, nothing in it is expanded."""
    word = one_line(text(value))
    return '"' + "".join(f"\\{char}" if char in '"\\$' else char for char in word) + '"'


def argv(value: Iterable[object]) -> str:
    """The exec form of a Dockerfile instruction."""
    return json.dumps([text(word) for word in value], ensure_ascii=False)


def comment(value: object) -> str:
    """A text inside a comment: any line end becomes a space."""
    return LINE_ENDS.sub(" ", text(value))


def block(value: object) -> Block:
    """Several lines of our own making, printed as they stand."""
    return Block(str(value))


def one_line(value: str) -> str:
    """The value itself, refused when it holds a line end or NUL: it would become an instruction of its own."""
    if LINE_ENDS.search(value):
        raise TemplateError(f"a printed value holds a line end or NUL: {value[:60]!r}")
    return value


def join(values: Iterable[object], separator: str = "") -> str:
    """The values' texts, joined."""
    parts, size = [], 0
    for value in values:
        parts.append(text(value))
        size += len(parts[-1]) + len(separator)
        if size > MAX_TEXT:
            raise TemplateError("join makes more than 64 KiB")
    return separator.join(parts)


def replace(value: object, old: str, new: str) -> str:
    """The text with every `old` replaced."""
    source = text(value)
    if not old or len(source) + source.count(old) * len(new) > MAX_TEXT:
        raise TemplateError("replace makes more than 64 KiB, or replaces nothing")
    return source.replace(old, new)


def all_filters() -> dict[str, Callable[..., Any]]:
    """Every filter that a template may use, by name."""
    ours = (sh, toml, caddy, dockerfile_env, argv, comment, block, join, replace)
    return {
        **{name: stock.FILTERS[name] for name in STOCK},
        **{filter_.__name__: filter_ for filter_ in ours},
        "json": json_,
        "yaml": json_,
    }


def _plain_data(value: object) -> object:
    if isinstance(value, dict):
        return {text(key): _plain_data(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_data(item) for item in value]
    return value if isinstance(value, bool | int | float | None) else text(value)
