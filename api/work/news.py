"""Wakes those who follow a deploy in this process, so that a line reaches them at once."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class News:
    """`tell` is called by worker threads, `following` used by streams of the event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._followers: dict[str, list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}

    def tell(self, deploy_id: str) -> None:
        """Something new about a deploy is in the store."""
        with self._lock:
            followers = list(self._followers.get(deploy_id, ()))
        for loop, event in followers:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    @asynccontextmanager
    async def following(self, deploy_id: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set whenever there is news; the follower clears it."""
        entry = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._followers.setdefault(deploy_id, []).append(entry)
        try:
            yield entry[1]
        finally:
            with self._lock:
                self._followers[deploy_id].remove(entry)
                if not self._followers[deploy_id]:
                    del self._followers[deploy_id]
