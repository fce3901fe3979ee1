"""Which line of a TOML text a key stands on. tomllib gives values without places, and errors need places."""

import re
import tomllib

HEADER = re.compile(r"\s*(\[\[?)([^\[\]]+)\]\]?\s*(?:#.*)?$")
KEY = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The line (from 1) where `path` is set, or the nearest enclosing key or table that is; 1 when none is.

    Lists of tables count their entries; a path into an inline value answers with the line of its key.
    """
    best, best_depth = 1, 0
    for number, here in _keys(text):
        depth = len(here)
        if depth > best_depth and here == path[:depth]:
            best, best_depth = number, depth
    return best


def _keys(text: str) -> list[tuple[int, tuple[str | int, ...]]]:
    table: tuple[str | int, ...] = ()
    counts: dict[tuple[str | int, ...], int] = {}
    found: list[tuple[int, tuple[str | int, ...]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if header := HEADER.match(line):
            table = _split(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            found.append((number, table))
        elif key := KEY.match(line):
            found.append((number, table + _split(key[1])))
    return found


def _split(dotted: str) -> tuple[str | int, ...]:
    try:
        node = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:
        return (dotted.strip(),)
    parts: list[str | int] = []
    value: object = node
    while isinstance(value, dict) and value:
        key = next(iter(value))
        parts.append(key)
        value = value[key]
    return tuple(parts)
