"""The environment that templates run in: nothing but data, bounded work.

Templates come from repos and from the API. They see plain data only, may call next to nothing, and every
loop and macro counts against a budget.
"""

import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from slipway.errors import TemplateError
from slipway.evidence import Decision
from slipway.secret import Secret
from templates.filters import MAX_TEXT, Block, all_filters, one_line
from templates.provenance import MARKS, Marks, evidence

TURNS = 100_000
SECONDS = 2.0
METHODS = {
    str: frozenset(
        "lower upper strip lstrip rstrip split startswith endswith removeprefix removesuffix".split()
    ),
    dict: frozenset(["items", "keys", "values", "get"]),
}


@dataclass(slots=True)
class Budget:
    """What one rendering has used, and the evidence it has named."""

    deadline: float = field(default_factory=lambda: time.monotonic() + SECONDS)
    turns: int = 0
    reasons: list[str] = field(default_factory=list)


current: ContextVar[Budget] = ContextVar("current")


@dataclass(frozen=True, slots=True)
class Explained:
    """A decision inside a template: prints its value, and gives its line the evidence."""

    value: str
    title: str
    why: str

    def __str__(self) -> str:
        return self.value


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, with far fewer things in it."""

    intercepted_binops = frozenset(["+", "*", "**", "%", "//", "/", "-"])
    name_of: Callable[[str, str], str]

    def __init__(self, **options: Any) -> None:
        super().__init__(
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            finalize=_printed,
            extensions=[Marks],
            autoescape=False,  # noqa: S701 - what is rendered is never HTML; each value is escaped for its language
            **options,
        )
        self.filters = all_filters()
        self.globals = {"because": _because, "_turn": _turn, "range": _range}
        self.tests = {
            name: self.tests[name] for name in ("defined", "undefined", "none", "in", "string", "mapping")
        }

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, Explained):
            return attr in ("value", "title", "why")
        allowed = next((names for kind, names in METHODS.items() if isinstance(obj, kind)), None)
        return attr in allowed if allowed is not None else _is_jinja(obj) and not attr.startswith("_")

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            if len(left) + len(right) > MAX_TEXT:
                raise TemplateError("a text grew past 64 KiB")
        elif operator == "**" or not numbers:
            raise TemplateError(f"{operator!r} is not to be had for these values")
        return super().call_binop(context, operator, left, right)

    def join_path(self, template: str, parent: str) -> str:
        return self.name_of(template, parent)


def data(value: object) -> object:
    """A value as the plain data that a template may see. A `Secret` is refused."""
    if isinstance(value, Block):
        return value
    if isinstance(value, str):
        if MARKS.search(value):
            raise TemplateError(f"a value holds a Unicode noncharacter: {value[:60]!r}")
        return value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Secret):
        raise TemplateError("a secret was handed to a template; only files of mode 0600 may hold one")
    if isinstance(value, Decision):
        return Explained(one_line(value.value), value.title, value.shown())
    if isinstance(value, Mapping):
        return {str(data(key)): data(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return tuple(data(item) for item in items)
    if is_dataclass(value):
        return {item.name: data(getattr(value, item.name)) for item in fields(value)}
    return data(str(value))


def _printed(value: object) -> object:
    if isinstance(value, Explained):
        return _because(value) + value.value
    if isinstance(value, Block) or not isinstance(value, str):
        return value
    if len(value) > MAX_TEXT:
        raise TemplateError("a printed value is longer than 64 KiB")
    # A text with marks was rendered by a macro or a set block, where each of its values was checked.
    return value if MARKS.search(value) else one_line(value)


def _because(reason: object) -> str:
    """Attach evidence to the line that this stands on; prints nothing."""
    reasons = current.get().reasons
    if isinstance(reason, tuple | list):
        return "".join(_because(item) for item in reason)
    reasons.append(reason.why if isinstance(reason, Explained) else one_line(str(reason)))
    return evidence(len(reasons) - 1)


def _turn() -> str:
    budget = current.get()
    budget.turns += 1
    if budget.turns > TURNS or time.monotonic() > budget.deadline:
        raise TemplateError("loops too often: at most 100,000 turns and 2 seconds")
    return ""


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > TURNS:
        raise TemplateError("range is longer than 100,000")
    return numbers


def _is_jinja(obj: Any) -> bool:
    """Jinja's own loop, block and module objects; plain data has no attributes."""
    return type(obj).__module__.startswith("jinja2.")
