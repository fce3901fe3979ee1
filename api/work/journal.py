"""What is written down of a running deploy: its live output and its transcript.

Lines come faster than a database takes single rows, so they are written together, some times a second.
"""

import logging
import threading
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

from api.clock import at
from api.store import deploys
from api.store.database import Database
from api.work.news import News
from slipway.progress import Kind, Line
from slipway.transcript import Record

FLUSH_SECONDS = 0.04
RETRY_SECONDS = 1.0

log = logging.getLogger("slipway")


class Journal:
    """One deploy's; a context manager that has written everything when it is left."""

    def __init__(self, database: Database, news: News, deploy_id: str) -> None:
        self._database = database
        self._news = news
        self._deploy = deploy_id
        self._events: list[tuple[str, dict[str, Any]]] = []
        self._records: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._write_on, name=f"journal {deploy_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        self._wake.set()
        self._thread.join()
        self.flush()

    def line(self, line: Line) -> None:
        """A line of live output. NUL, which PostgreSQL cannot hold, is shown as `␀`."""
        text = line.text.replace("\0", "␀")
        self._add("line", {"text": text, "kind": line.kind.value, "phase": line.phase})

    def head(self, text: str, phase: str) -> None:
        self.line(Line(text, Kind.HEAD, phase))

    def out(self, text: str, phase: str) -> None:
        self.line(Line(text, Kind.OUT, phase))

    def error(self, text: str) -> None:
        self.line(Line(text, Kind.ERROR))

    def warn(self, text: str, phase: str) -> None:
        self.line(Line(text, Kind.WARN, phase))

    def record(self, record: Record) -> None:
        """A step that ended."""
        row = {**asdict(record), "started_at": at(record.started_at)}
        row |= {"output": record.output.replace("\0", "␀"), "stdin": record.stdin.replace("\0", "␀")}
        names = ("server", "stage", "command", "why", "seconds")
        step = {name: row[name] for name in names} | {"ok": record.ok}
        with self._lock:
            self._records.append(row)
        self._add("step", step)

    def flush(self) -> None:
        """Write what there is, now. One at a time, so that the order in the store is that of the lines."""
        with self._writing:
            with self._lock:
                events, self._events = self._events, []
                records, self._records = self._records, []
            if not events and not records:
                return
            try:
                with self._database.session() as session:
                    deploys.add_events(session, self._deploy, events)
                    deploys.add_records(session, self._deploy, records)
            except BaseException:
                with self._lock:
                    self._events[:0], self._records[:0] = events, records
                raise
        self._news.tell(self._deploy)

    def _add(self, name: str, data: dict[str, Any]) -> None:
        with self._lock:
            self._events.append((name, data))
        self._wake.set()

    def _write_on(self) -> None:
        while not self._closed.is_set():
            self._wake.wait()
            self._wake.clear()
            try:
                self.flush()
            except Exception:
                # The database is away for a moment, most likely; nothing is lost meanwhile.
                log.exception("output of deploy %s", self._deploy)
                self._wake.set()
                self._closed.wait(RETRY_SECONDS)
            self._closed.wait(FLUSH_SECONDS)
