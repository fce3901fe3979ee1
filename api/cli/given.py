"""A text that a person gives by a file, or by `-` for standard input."""

import sys
from pathlib import Path

from slipway.errors import Invalid


def text_of(file: str) -> str:
    """The text. Raises `Invalid` for a file that cannot be read or is no UTF-8."""
    if file == "-":
        return sys.stdin.read()
    try:
        return Path(file).read_text("utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "is not UTF-8 text"
        raise Invalid(reason, where=file) from None
