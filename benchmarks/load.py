"""Load on an app of a server, which counts what a user would notice: every request that failed, and why.

It goes to a port of 127.0.0.1 alone. The app is benchmarks/apps/load.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import websockets

APP = Path(__file__).parent / "apps" / "load"
TIMEOUT_SECONDS = 60.0
SLOW_SECONDS = 8.0
UPLOAD_BYTES = 10_000_000
PIECES = 100
AGAIN_SECONDS = 2.5
PAUSE_SECONDS = 0.2
"""Of each connection between two requests: idle connections are what a careless cutover resets."""


@dataclass(slots=True)
class Tally:
    """What was seen. `crossed` counts what began on one release and ended when another one served."""

    requests: int = 0
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0
    crossed: list[Counter[str]] = field(default_factory=list)


class Load:
    """Connections that go on asking while `cutovers` happen, one after another.

    Each cutover is crossed by a request that takes 8 s, an upload of 10 MB and a WebSocket.
    """

    def __init__(self, port: int, host: str, connections: int) -> None:
        self._port = port
        self._host = host
        self._connections = connections
        self._serving = ""
        self._tally = Tally()
        self._done = asyncio.Event()

    async def during(self, cutovers: Sequence[Callable[[], object]]) -> Tally:
        """Each of `cutovers` runs in a thread of its own and returns when it is over."""
        asking = [asyncio.create_task(self._ask(at)) for at in range(self._connections)]
        try:
            for cutover in cutovers:
                await self._cross(asyncio.create_task(asyncio.to_thread(cutover)))
        finally:
            self._done.set()
            await asyncio.gather(*asking)
        return self._tally

    async def _cross(self, cutover: "asyncio.Task[object]") -> None:
        """Let long requests begin again and again until another release serves: some of them cross."""
        crossed: Counter[str] = Counter()
        while not self._serving:
            await asyncio.sleep(0.05)
        before = self._serving
        crossing: list[asyncio.Task[None]] = []
        while self._serving == before and not cutover.done():
            for kind, act in (("slow", self._slow), ("upload", self._upload), ("websocket", self._socket)):
                crossing.append(asyncio.create_task(self._long(kind, act(), crossed)))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved(before), AGAIN_SECONDS)
        await cutover
        await asyncio.gather(*crossing)
        self._tally.crossed.append(crossed)

    async def _moved(self, before: str) -> None:
        while self._serving == before:
            await asyncio.sleep(0.05)

    async def _long(self, kind: str, act: Coroutine[None, None, str], crossed: "Counter[str]") -> None:
        try:
            began_on = await asyncio.wait_for(act, TIMEOUT_SECONDS)
            crossed[kind] += began_on != self._serving
        except (OSError, EOFError, TimeoutError, ValueError, websockets.WebSocketException) as error:
            self._tally.failures.append(f"{kind}: {type(error).__name__} {error}")
        self._tally.requests += 1

    async def _ask(self, number: int) -> None:
        """One keep-alive connection; a new one only after a failure, which counts."""
        await asyncio.sleep(PAUSE_SECONDS * number / self._connections)
        while not self._done.is_set():
            try:
                async with self._connection() as (reader, writer):
                    while not self._done.is_set():
                        started = time.monotonic()
                        writer.write(self._head("GET", "/"))
                        self._serving = await asyncio.wait_for(_answer(reader), TIMEOUT_SECONDS)
                        self._tally.requests += 1
                        self._tally.slowest = max(self._tally.slowest, time.monotonic() - started)
                        await asyncio.sleep(PAUSE_SECONDS)
            except (OSError, EOFError, TimeoutError, ValueError) as error:
                self._tally.requests += 1
                self._tally.failures.append(f"page: {type(error).__name__} {error}")
                await asyncio.sleep(PAUSE_SECONDS)

    async def _slow(self) -> str:
        async with self._connection() as (reader, writer):
            writer.write(self._head("GET", f"/slow/{SLOW_SECONDS:g}"))
            return await _answer(reader)

    async def _upload(self) -> str:
        async with self._connection() as (reader, writer):
            writer.write(self._head("POST", "/upload", f"Content-Length: {UPLOAD_BYTES}"))
            for _ in range(PIECES):
                writer.write(bytes(UPLOAD_BYTES // PIECES))
                await writer.drain()
                await asyncio.sleep(SLOW_SECONDS / PIECES)
            return await _answer(reader)

    async def _socket(self) -> str:
        """A WebSocket that is open for as long; its app is the one that serves when it is opened."""
        began_on, ends = self._serving, time.monotonic() + SLOW_SECONDS
        async with websockets.connect(
            f"ws://{self._host}/ws",
            host="127.0.0.1",
            port=self._port,
            ping_interval=None,
            compression=None,
            proxy=None,
        ) as socket:
            while time.monotonic() < ends:
                await socket.send("hello")
                if await socket.recv() != "hello":
                    raise ValueError("another echo")
                await asyncio.sleep(PAUSE_SECONDS)
        return began_on

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            yield reader, writer
        finally:
            writer.close()

    def _head(self, method: str, path: str, *headers: str) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", *headers, "", ""]
        return "\r\n".join(lines).encode()


async def _answer(reader: asyncio.StreamReader) -> str:
    """The body of a 200. Raises `ValueError` for another answer, `EOFError` for none."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    body = await reader.readexactly(int(fields.get("content-length", "0")))
    if head.split(" ")[1] != "200":
        raise ValueError(f"answered {head.split(' ')[1]}")
    return body.decode()
