"""What a person may have meant by a name that does not exist."""

import difflib
from collections.abc import Iterable

MAX_SHOWN = 30


def hint(name: str, known: Iterable[object]) -> str:
    """For example ` (did you mean 'port'? there are: name, port)`; empty when nothing is known."""
    names = sorted({str(known_name) for known_name in known} - {name})
    near = difflib.get_close_matches(name, names, 1)
    there = ", ".join(names[:MAX_SHOWN]) + (", …" if len(names) > MAX_SHOWN else "")
    parts = [*(f"did you mean {found!r}?" for found in near), *([f"there are: {there}"] if names else [])]
    return f" ({' '.join(parts)})" if parts else ""
