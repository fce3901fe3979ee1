"""Output of several servers as one stream: a thread reads each, the event loop hands the events on."""

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from api.store.tables import Server
from slipway.cancel import Cancel
from slipway.errors import SlipwayError

Emit = Callable[[str, dict[str, Any]], None]
Read = Callable[[Server, Emit, Cancel], None]
WAITING = 10_000


async def merged(rows: Sequence[Server], read: Read) -> AsyncIterator[dict[str, str]]:
    """What `read` emits for each server, then one `end` with the worst exit code.

    Ends when all ended, and ends them when nobody listens any more.
    """
    threads = _Threads(rows, read)
    code, state = 0, "ended"
    try:
        async for name, data in threads.events():
            if name == "end":
                code, state = max(code, data["exit_code"]), data["state"]
            else:
                yield {"event": name, "data": json.dumps(data)}
        yield {"event": "end", "data": json.dumps({"state": state, "exit_code": code})}
    finally:
        threads.cancel.set("nobody listens any more")


class _Threads:
    """One thread per server, and the queue between them and the event loop that made this."""

    def __init__(self, rows: Sequence[Server], read: Read) -> None:
        self.cancel = Cancel()
        self._rows = rows
        self._read = read
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[tuple[str, dict[str, Any]] | None] = asyncio.Queue()
        self._slots = threading.Semaphore(WAITING)

    async def events(self) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Every event as it comes, until all threads have ended."""
        for row in self._rows:
            threading.Thread(
                target=self._work, args=(row,), name=f"output of {row.name}", daemon=True
            ).start()
        left = len(self._rows)
        while left:
            item = await self._queue.get()
            if item is None:
                left -= 1
                continue
            self._slots.release()
            yield item

    def _work(self, row: Server) -> None:
        try:
            self._read(row, self._emit, self.cancel)
        except SlipwayError as error:
            if not self.cancel.is_set:
                told = {"server": row.name, "process": "slipway", "text": error.what, "at": ""}
                self._emit("output", told)
                self._emit("end", {"state": "failed", "exit_code": 1})
        finally:
            self._put(None)

    def _emit(self, name: str, data: dict[str, Any]) -> None:
        # A listener that is slower than the output slows the reading down instead of filling the memory.
        while not self._slots.acquire(timeout=0.5):
            self.cancel.check()
        self._put((name, data))

    def _put(self, item: tuple[str, dict[str, Any]] | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: slipway stops
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)
