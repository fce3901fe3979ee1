"""BuildKit's progress as lines for people. Format: `docker buildx build --progress=rawjson`, a stream of
JSON objects with `vertexes`, `logs` (base64) and `statuses` (BuildKit's client.SolveStatus)."""

import base64
import json
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from slipway.progress import Kind, Line, Progress

STEP = re.compile(r"\[(?:[^\]]*\s)?(\d+)/(\d+)\]\s+(.*)", re.DOTALL)
MOUNTS = re.compile(r"--mount=\S+\s+")
VARIABLES = re.compile(r"(?:export )?(?:[A-Z][A-Z0-9_]*=/run/secrets/\S+\s+)+(?:&&\s+)?")
CANCELED = "context canceled"
TAIL = 30
WIDTH = 100


@dataclass(slots=True)
class Step:
    """One instruction under way."""

    text: str
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL))
    partial: str = ""
    ended: bool = False


class BuildLog:
    """Turns the stream into progress lines; remembers the failing step and its last output."""

    def __init__(self, progress: Progress, scrub: Callable[[str], str], limit: int) -> None:
        self._progress = progress
        self._scrub = scrub
        self._left = limit
        self._steps: dict[str, Step] = {}
        self._decoder = json.JSONDecoder()
        self._buffer = ""
        self.failed: Step | None = None
        self.failure = ""
        self.rest: deque[str] = deque(maxlen=TAIL)
        self.cached = 0

    def feed(self, text: str) -> None:
        """Take the next piece of the stream. Lines between the objects are buildx's own words: `rest`."""
        self._buffer += text
        for status in self._objects():
            for vertex in status.get("vertexes") or ():
                self._vertex(vertex)
            for log in status.get("logs") or ():
                self._log(log)

    def steps(self) -> list[Step]:
        """Every instruction that was begun, in order."""
        return [step for step in self._steps.values() if step.text]

    def _objects(self) -> Iterator[dict[str, list[dict[str, str]]]]:
        while self._buffer:
            self._buffer = self._buffer.lstrip()
            if self._buffer[:1] not in ("{", ""):
                line, newline, after = self._buffer.partition("\n")
                if not newline:
                    return
                self.rest.append(self._scrub(line.rstrip()))
                self._buffer = after
                continue
            try:
                value, end = self._decoder.raw_decode(self._buffer)
            except json.JSONDecodeError:
                return
            self._buffer = self._buffer[end:]
            if isinstance(value, dict):
                yield value

    def _vertex(self, vertex: dict[str, str]) -> None:
        digest = vertex["digest"]
        step = self._steps.setdefault(digest, Step(self._scrub(instruction(vertex.get("name", "")))))
        # When one step fails, those beside it are ended: they are no cause.
        if vertex.get("error") and (not self.failed or CANCELED in self.failure):
            self.failed, self.failure = step, self._scrub(vertex["error"])
        if step.ended or not vertex.get("completed"):
            return
        step.ended = True
        if step.partial:
            self._output(step, self._scrub(step.partial.rpartition("\r")[2]))
            step.partial = ""
        if not STEP.search(vertex.get("name", "")):
            return
        if vertex.get("cached"):
            self.cached += 1
        elif not vertex.get("error") and step.text.startswith("RUN"):
            took = _seconds(vertex.get("started", ""), vertex["completed"])
            self._progress(Line(f"{step.text} … {took:.1f}s", Kind.OUT, "build"))

    def _log(self, log: dict[str, str]) -> None:
        step = self._steps.setdefault(log["vertex"], Step(""))
        text = step.partial + base64.b64decode(log.get("data", "")).decode("utf-8", "replace")
        *lines, step.partial = text.replace("\r\n", "\n").split("\n")
        for line in lines:
            self._output(step, self._scrub(line.rpartition("\r")[2]))

    def _output(self, step: Step, line: str) -> None:
        step.tail.append(line)
        if self._left <= 0:
            return
        self._left -= len(line) + 1
        self._progress(Line(f"  {line}", Kind.OUT, "build"))
        if self._left <= 0:
            self._progress(
                Line("  … the rest of the build's output is left out (log limit)", Kind.WARN, "build")
            )


def instruction(name: str) -> str:
    """`[build 3/7] RUN --mount=… uv sync` as `RUN uv sync`, on one line."""
    match = STEP.search(name)
    text = " ".join((match[3] if match else name).split())
    text = VARIABLES.sub("", MOUNTS.sub("", text))
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


def _seconds(started: str, completed: str) -> float:
    try:
        return (_time(completed) - _time(started)).total_seconds()
    except ValueError:
        return 0.0


def _time(text: str) -> datetime:
    """RFC 3339 with nanoseconds, which Python's parser does not take."""
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
