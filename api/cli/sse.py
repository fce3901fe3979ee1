"""Server-sent events, read as the WHATWG's HTML standard (9.2.6) says."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """One event; `id` is the last event's id so far, which a reader sends to resume after it."""

    event: str
    data: str
    id: str


def messages(chunks: Iterable[bytes]) -> Iterator[Message]:
    """The events of a stream. One that the stream's end cut off is dropped, as the standard says."""
    event, data, last = "", list[str](), ""
    for line in lines(chunks):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                yield Message(event or "message", "\n".join(data), last)
            event, data = "", []
        elif name == "event":
            event = value
        elif name == "data":
            data.append(value)
        elif name == "id" and "\0" not in value:
            last = value


def lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines that end in LF, CR or CRLF; nothing else ends one (JSON may hold U+2028)."""
    rest, first = b"", True
    for chunk in chunks:
        rest += chunk
        whole, rest = _split(rest)
        for line in whole:
            text = line.decode("utf-8", "replace")
            yield text.removeprefix("\ufeff") if first else text
            first = False
    # A CR at the very end was held back, since an LF might have followed it.
    if rest.endswith(b"\r"):
        yield rest[:-1].decode("utf-8", "replace")


def _split(buffer: bytes) -> tuple[list[bytes], bytes]:
    held = buffer.endswith(b"\r")
    text = buffer[:-1] if held else buffer
    *whole, rest = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return whole, rest + b"\r" if held else rest
