"""What `Guard` puts into a template's syntax tree: each looks at a value on its way and counts it."""

from itertools import islice
from typing import Any

from slipway.errors import TemplateError
from templates.budget import MAX_ITEMS, STEPS, charge_for, current
from templates.values import Rendered, Traced, added, bare, why_of, with_why


class Parent(str):
    """The name in `{% extends %}`."""

    __slots__ = ()


def looped(value: object) -> object:
    """What a loop walks over, paid for in advance; items of a value with evidence carry it too."""
    inner: Any = bare(value)
    if not isinstance(inner, str | tuple | list | dict | range):
        # Undefined raises here by itself; the views and iterators left are of values that were counted.
        inner = tuple(islice(inner, STEPS))
    current.get().charge(len(inner))
    why = why_of(value)
    return tuple(with_why(item, why) for item in inner) if why else inner


def plain_value(value: object) -> object:
    """The value as comparisons and slices see it."""
    return bare(value)


def concatenated(*values: object) -> object:
    """What `~` makes of its operands: text, each with its evidence."""
    whole: object = ""
    for value in values:
        whole = added(whole, value if isinstance(value, Rendered | Traced) else str(value))
    return whole


def sized(value: object) -> object:
    """A list or mapping that a template made. Raises `TemplateError` past 10,000 values in all."""
    left = [MAX_ITEMS]
    _count(value, left)
    charge_for(value)
    return value


def extended(name: object) -> Parent:
    """The template's name, known as that of a parent."""
    if not isinstance(name := bare(name), str):
        raise TemplateError("extends takes the name of a template")
    return Parent(name)


def spanned(*bounds: int) -> range:
    """What templates know as `range`: at most 10,000 numbers."""
    numbers = range(*bounds)
    if len(numbers) > MAX_ITEMS:
        raise TemplateError(f"range is longer than {MAX_ITEMS:,}")
    current.get().charge(len(numbers))
    return numbers


def _count(value: object, left: list[int]) -> None:
    left[0] -= 1
    if left[0] < 0:
        raise TemplateError(f"a list grew past {MAX_ITEMS:,} values")
    inner = bare(value)
    if isinstance(inner, dict):
        inner = [*inner.keys(), *inner.values()]
    if isinstance(inner, list | tuple):
        for item in inner:
            _count(item, left)
