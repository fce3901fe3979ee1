"""Filters for values that cross into another language: plain data in, text of that language out.

What a language cannot hold is refused with a `TemplateError`, never left out and never shown: it may be a
secret.
"""

import json as stdlib_json
import re
import shlex
from collections.abc import Mapping

from slipway.errors import TemplateError
from templates.values import LINE_END, Rendered, one_line

# Beyond what JSON itself escapes: what YAML does not take as it stands, or takes for a line end.
NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
NOT_IN_TOML = re.compile('[\x00-\x1f"\\\\\x7f-\x9f\u2028\u2029]')
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
BARE_CADDY = re.compile(r"[A-Za-z0-9_./:@%+=,-]+")
DIRECTIVE = re.compile(r"\s*[A-Za-z][A-Za-z0-9]*\s*=|!")


def sh(value: object) -> str:
    """One word of a POSIX shell; a list becomes a command of several words."""
    if isinstance(value, list | tuple):
        return " ".join(sh(item) for item in value)
    return one_line(shlex.quote(_word(value, "sh")))


def json(value: object, indent: int | None = None) -> str:
    """JSON that is YAML as well; with `indent` over several lines. Keys keep their order."""
    text = stdlib_json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent and min(indent, 8))
    return Rendered(NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def yaml(value: object) -> str:
    """JSON on one line, which every YAML parser reads."""
    return json(value)


def compose(value: object) -> str:
    """As `json`, for a compose file: `$` is doubled, since Compose would put a variable there."""
    return json(value).replace("$", "$$")


def toml(value: object) -> str:
    """A TOML value on one line: a basic string, number, boolean, array or inline table."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return '"' + NOT_IN_TOML.sub(_toml_escape, value) + '"'
    if isinstance(value, Mapping):
        pairs = (
            f"{key if BARE_KEY.fullmatch(key) else toml(key)} = {toml(item)}" for key, item in value.items()
        )
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    raise TemplateError("TOML has no value for none")


def argv(value: object) -> str:
    """The exec form of a Dockerfile instruction or of a compose command: a JSON array of words."""
    if not isinstance(value, list | tuple):
        raise TemplateError("argv takes a list of words", next="split the command where it is decided")
    words = [_word(word, "argv") for word in value]
    if any("\x00" in word for word in words):
        raise TemplateError("a word of a command holds NUL")
    return json(words)


def dockerfile_env(value: object) -> str:
    """The value of an ENV, ARG or LABEL instruction: quoted, nothing in it is expanded."""
    word = one_line(_word(value, "dockerfile_env"))
    return '"' + re.sub(r'(["\\$])', r"\\\1", word) + '"'


def caddy(value: object) -> str:
    """One token of a Caddyfile, taken literally.

    In Caddy's double quotes a backslash escapes a double quote and nothing else; in backticks nothing is
    escaped. Braces are placeholders even in quotes, and refused.
    """
    word = one_line(_word(value, "caddy"))
    if "{" in word or "}" in word:
        raise TemplateError("braces are placeholders to Caddy and cannot stand in a value")
    if BARE_CADDY.fullmatch(word):
        return word
    if "`" not in word:
        return f'"{word}"' if '"' not in word and "\\" not in word else f"`{word}`"
    if "\\" in word:
        raise TemplateError("a backslash and a backtick in one value cannot be written in a Caddyfile")
    return '"' + word.replace('"', '\\"') + '"'


def cron(value: object) -> str:
    """Shell text in the command field of a crontab, where a bare `%` would end the command.

    crons differ in what they make of two backslashes, so these are refused.
    """
    command = one_line(_word(value, "cron"))
    if re.search(r"\\[\\%]", command):
        raise TemplateError("a backslash before % or another backslash cannot be written in a crontab")
    return command.replace("%", "\\%")


def comment(value: object) -> str:
    """A text inside a `#` comment: line ends become spaces, and it can be no directive (`# syntax=`)."""
    text = LINE_END.sub(" ", _word(value, "comment"))
    return f"- {text}" if DIRECTIVE.match(text) else text


def _word(value: object, language: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TemplateError(f"{language} takes a text or a number, not {_kind(value)}")
    return str(value)


def _kind(value: object) -> str:
    kinds = {bool: "a boolean", type(None): "none", dict: "a mapping", tuple: "a list", list: "a list"}
    return kinds.get(type(value), "that")


def _toml_escape(found: re.Match[str]) -> str:
    return {'"': '\\"', "\\": "\\\\"}.get(found[0]) or f"\\u{ord(found[0]):04X}"
