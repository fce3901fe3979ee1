"""Who is to end: the flags of running deploys, set from this process or, through the store, from another."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from slipway.cancel import Cancel

POLL_SECONDS = 0.5

log = logging.getLogger("slipway")


class Cancels:
    """The `Cancel` of each deploy that runs in this process.

    `asked(ids)` reads from the store which of the running deploys somebody asked to end, and why: the way a
    cancel reaches a worker from another process.
    """

    def __init__(self, asked: Callable[[list[str]], dict[str, str]]) -> None:
        self._asked = asked
        self._running: dict[str, Cancel] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="cancels", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def set(self, deploy_id: str, reason: str) -> None:
        """Cancel a deploy that runs here; nothing happens when it does not."""
        with self._lock:
            cancel = self._running.get(deploy_id)
        if cancel:
            cancel.set(reason)

    @contextmanager
    def running(self, deploy_id: str) -> Iterator[Cancel]:
        """The flag of a deploy, watched as long as the block runs."""
        with self._lock:
            cancel = self._running.setdefault(deploy_id, Cancel())
        for reason in self._asked([deploy_id]).values():
            cancel.set(reason)
        try:
            yield cancel
        finally:
            with self._lock:
                self._running.pop(deploy_id, None)

    def _poll(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            with self._lock:
                running = list(self._running)
            if not running:
                continue
            try:
                asked = self._asked(running)
            except Exception:
                # The database is away for a moment, most likely; a cancel must work when it is back.
                log.exception("reading who is to end")
                continue
            for deploy_id, reason in asked.items():
                self.set(deploy_id, reason)
