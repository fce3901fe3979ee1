"""A command's output as it comes over a connection."""

from collections import deque
from collections.abc import Callable

KEPT_BYTES = 1 << 20


class Output:
    """Bytes as they come: the first line is the process's id, the others are handed on whole.

    A line without an end is cut after a MiB, so that a program cannot fill our memory.
    """

    def __init__(self, on_line: Callable[[str], None] | None = None) -> None:
        self.pid = ""
        self._on_line = on_line
        self._partial = b""
        self._kept: deque[str] = deque()
        self._size = 0

    def take(self, data: bytes) -> None:
        """The next piece."""
        *lines, self._partial = (self._partial + data).split(b"\n")
        if len(self._partial) > KEPT_BYTES:
            lines, self._partial = [*lines, self._partial], b""
        for line in lines:
            self._line(line)

    def text(self) -> str:
        """Everything but the first line; at most the last MiB of it."""
        last = [self._partial.decode("utf-8", "replace")] if self.pid and self._partial else []
        return "\n".join([*self._kept, *last])

    def tail(self, lines: int = 20) -> list[str]:
        """The last lines."""
        return self.text().splitlines()[-lines:]

    def _line(self, raw: bytes) -> None:
        line = raw.decode("utf-8", "replace").rstrip("\r")
        if not self.pid:
            self.pid = line.strip() or "?"
            return
        self._kept.append(line)
        self._size += len(line) + 1
        while self._size > KEPT_BYTES and len(self._kept) > 1:
            self._size -= len(self._kept.popleft()) + 1
        if self._on_line:
            self._on_line(line)
