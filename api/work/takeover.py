"""Several control planes over one PostgreSQL: each says that it lives, and finishes what a dead one left.

A process that was silent for longer than `LAPSE_SECONDS` is dead to the others. Should it wake up again, it
must not go on with what another does by then: it ends itself at once, and is started anew by its supervisor.
"""

import logging
import os
import threading
from collections.abc import Callable

from api.store import workers
from api.store.database import Database
from api.work.jobs import Jobs

BEAT_SECONDS = 5.0
LAPSE_SECONDS = 30.0
LOST = 75
"""The exit code of a process that was taken for dead; sysexits.h calls it EX_TEMPFAIL."""

log = logging.getLogger("slipway")


class Takeover:
    """The heartbeat of one worker. With SQLite there is only one process, and nothing to do but to start."""

    def __init__(self, database: Database, jobs: Jobs, worker: str, then: Callable[[], None]) -> None:
        self._database = database
        self._jobs = jobs
        self._worker = worker
        self._then = then
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Start the durable work under this worker's name, while nobody takes that name's work over."""
        if not self._database.is_shared:
            self._jobs.start()
            return
        with self._database.alone():
            with self._database.session() as session:
                workers.arrived(session, self._worker)
            self._jobs.start()
        self._thread.start()

    def stop(self) -> None:
        """Be silent from now on: what is left here is another's after `LAPSE_SECONDS`."""
        self._stop.set()

    def _beat(self) -> None:
        while not self._stop.wait(BEAT_SECONDS):
            try:
                self._live()
            except Exception:
                # A database that is away for a moment, most likely; the next beat says.
                log.exception("heartbeat of %s", self._worker)

    def _live(self) -> None:
        with self._database.session() as session:
            held = workers.is_held(session, self._worker)
        if not held:
            log.critical("%s was silent for too long and another process took its work over", self._worker)
            os._exit(LOST)
        if self._take_over():
            self._then()

    def _take_over(self) -> list[str]:
        """Queue again what the dead were doing; the same transaction forgets them, or nothing happened."""
        with self._database.alone(), self._database.session() as session:
            dead = workers.buried(session, self._worker, LAPSE_SECONDS)
            for worker in dead:
                taken = self._jobs.resume(worker)
                log.warning("%s is dead; taken over: %s", worker, ", ".join(taken) or "nothing")
        return dead
