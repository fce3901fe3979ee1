"""A .env file as config vars.

The dialect is the common ground of Docker Compose, dotenv and the shell: `KEY=value`, `export KEY=value`,
`# comments`, 'as it is', "with \\n \\r \\t \\\\ \\" \\$, over several lines". Nothing is interpolated.
"""

import re
from collections.abc import Iterator

from slipway.errors import Invalid

KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "$": "$"}
COMMENT = re.compile(r"(?:\s+#.*)?\s*")


def read_env(text: str, name: str) -> dict[str, str]:
    """Every config var of a file; a later one wins. Raises `Invalid` with `name:line` and never a value."""
    return dict(_entries(re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff")), name))


def _entries(lines: list[str], name: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(lines):
        line, number = lines[at].strip(), at + 1
        at += 1
        if not line or line.startswith("#"):
            continue
        key, value = _split(line, f"{name}:{number}")
        if value.startswith('"'):
            value, at = _double(value, lines, at, f"{name}:{number}")
        elif value.startswith("'"):
            value = _single(value, f"{name}:{number}")
        else:
            value = re.split(r"(?:^|\s+)#", value, maxsplit=1)[0].rstrip()
        yield key, value


def _split(line: str, where: str) -> tuple[str, str]:
    key, equals, value = line.partition("=")
    key = re.sub(r"^export\s+", "", key).strip()
    if not equals:
        raise Invalid(
            "there is no = in this line", where=where, next="write KEY=value, or # before a comment"
        )
    if not KEY.fullmatch(key):
        raise Invalid(f"{key!r} is no name: letters, digits and underscores, and no digit first", where=where)
    return key, value.lstrip()


def _single(value: str, where: str) -> str:
    end = value.find("'", 1)
    if end < 0:
        raise Invalid("the quote ' is not closed in this line", where=where)
    _no_more(value[end + 1 :], where)
    return value[1:end]


def _double(value: str, lines: list[str], at: int, where: str) -> tuple[str, int]:
    """The value from its opening quote on, and the first line after it."""
    text, position, chars = value, 1, list[str]()
    while True:
        if position >= len(text):
            if at >= len(lines):
                raise Invalid('the quote " that begins here is never closed', where=where)
            text, position, at = lines[at], 0, at + 1
            chars.append("\n")
            continue
        char = text[position]
        if char == '"':
            _no_more(text[position + 1 :], where)
            return "".join(chars), at
        following = text[position + 1 : position + 2]
        if char == "\\" and following in ESCAPES and following:
            char, position = ESCAPES[following], position + 1
        chars.append(char)
        position += 1


def _no_more(rest: str, where: str) -> None:
    if not COMMENT.fullmatch(rest):
        raise Invalid("there is more after the closing quote", where=where, next="quote the whole value")
