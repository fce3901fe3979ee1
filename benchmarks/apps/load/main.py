"""An app to put under load, of Python alone: pages over keep-alive, slow ones, uploads and WebSockets.

`GET /` and `GET /slow/8` (seconds) and `POST` of anything answer with the release that took the request;
`GET /ws` echoes short text frames.
"""

import asyncio
import base64
import hashlib
import os
import signal

VERSION = 0
RELEASE = os.environ.get("SLIPWAY_RELEASE", "")
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


async def serve(reader, writer):
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            (method, path, _), headers = read(head)
            if headers.get(b"upgrade", b"").lower() == b"websocket":
                await websocket(reader, writer, headers[b"sec-websocket-key"])
                return
            await take(reader, headers)
            if path.startswith("/slow/"):
                await asyncio.sleep(float(path.removeprefix("/slow/")))
            body = RELEASE.encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def read(head):
    first, *lines = head.rstrip().split(b"\r\n")
    pairs = (line.split(b":", 1) for line in lines)
    return first.decode().split(" "), {name.lower(): value.strip() for name, value in pairs}


async def take(reader, headers):
    """The body, which nobody keeps."""
    left = int(headers.get(b"content-length", 0))
    while left:
        left -= len(await reader.readexactly(min(left, 1 << 16)))


async def websocket(reader, writer, key):
    accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest())
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    while True:
        kind, length = await reader.readexactly(2)
        mask = await reader.readexactly(4)
        data = await reader.readexactly(length & 0x7F)
        text = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
        writer.write(bytes((kind, len(text))) + text)
        await writer.drain()
        if kind & 0xF == 8:
            return


async def main():
    server = await asyncio.start_server(serve, "0.0.0.0", int(os.environ["PORT"]), backlog=512)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    server.close()


asyncio.run(main())
