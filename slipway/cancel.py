"""The flag that long work watches, so that a cancel ends it within moments."""

import threading
from collections.abc import Callable

from slipway.errors import Cancelled


class Cancel:
    """Set once, seen everywhere. Work that waits does so with `sleep`; work that loops calls `check`."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._reason = ""
        self._watchers: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def set(self, reason: str) -> None:
        """Cancel for `reason` ("cancelled by ann"); calls every watcher once."""
        with self._lock:
            if self._event.is_set():
                return
            self._reason = reason
            self._event.set()
            watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            watcher()

    @property
    def reason(self) -> str:
        """Why it was set; "" while it is not."""
        return self._reason

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        """Raise `Cancelled` when the flag is set."""
        if self._event.is_set():
            raise Cancelled(self._reason)

    def sleep(self, seconds: float) -> None:
        """Wait up to `seconds`; raise `Cancelled` at once when the flag is set."""
        if self._event.wait(seconds):
            self.check()

    def on_set(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call `watcher` when the flag is set (at once if it already is); returns what forgets it again."""
        with self._lock:
            late = self._event.is_set()
            if not late:
                self._watchers.append(watcher)
        if late:
            watcher()

        def forget() -> None:
            with self._lock:
                if watcher in self._watchers:
                    self._watchers.remove(watcher)

        return forget
