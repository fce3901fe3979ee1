"""Ranges as npm writes them (https://github.com/npm/node-semver#ranges), as spans of versions."""

import re
from dataclasses import dataclass

Version = tuple[int, int, int]
CLAUSE = re.compile(
    r"(>=|<=|>|<|=|\^|~>?)?\s*v?(\d{1,6}|[xX*])(?:\.(\d{1,6}|[xX*]))?(?:\.(\d{1,6}|[xX*]))?(?:[-+][\w.+-]*)?"
)
HYPHEN = re.compile(r"\s*(\S+)\s+-\s+(\S+)\s*")
TOP: Version = (1 << 30, 0, 0)
MAX_PARTS = 50


@dataclass(frozen=True, slots=True)
class Span:
    """From `low` up to, and without, `high`."""

    low: Version = (0, 0, 0)
    high: Version = TOP


def spans(wanted: str) -> list[Span]:
    """The spans that a range admits; none for what is no range. Pre-releases count as their release."""
    found = [_conjunction(part) for part in wanted.split("||")[:MAX_PARTS]]
    return [span for span in found if span and span.low < span.high]


def _conjunction(part: str) -> Span | None:
    if between := HYPHEN.fullmatch(part):
        part = f">={between[1]} <={between[2]}"
    clauses = list(CLAUSE.finditer(part))
    if CLAUSE.sub("", part).strip(" ,"):
        return None
    span = Span()
    for clause in clauses[:MAX_PARTS]:
        one = _span(clause[1] or "=", _numbers(clause))
        span = Span(max(span.low, one.low), min(span.high, one.high))
    return span


def _numbers(clause: re.Match[str]) -> tuple[int, ...]:
    """The numbers that were given: those before the first x."""
    found: list[int] = []
    for text in (clause[2], clause[3], clause[4]):
        if text is None or not text.isdigit():
            break
        found.append(int(text))
    return tuple(found)


def _span(operator: str, numbers: tuple[int, ...]) -> Span:
    if not numbers:
        return Span()
    low, after = _filled(numbers), _next(numbers)
    if operator == "^":
        return Span(
            low, _next(numbers[: next((at for at, n in enumerate(numbers) if n), len(numbers) - 1) + 1])
        )
    if operator in ("~", "~>"):
        return Span(low, _next(numbers[:2]))
    return {
        ">=": Span(low),
        ">": Span(after),
        "<": Span(high=low),
        "<=": Span(high=after),
    }.get(operator, Span(low, after))


def _filled(numbers: tuple[int, ...]) -> Version:
    major, minor, patch = (*numbers, 0, 0)[:3]
    return (major, minor, patch)


def _next(numbers: tuple[int, ...]) -> Version:
    """The first version past all that begin with these numbers."""
    return _filled((*numbers[:-1], numbers[-1] + 1))
