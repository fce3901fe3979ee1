"""A port of a server that leads to one of ours, through its SSH connection.

Fabric has the same in pieces of 1 KiB, each of which becomes an SSH message and a TCP packet of its own: that
made an image 7 % larger on its way, and slower.
"""

import contextlib
import socket
import threading

import paramiko

HOST = "127.0.0.1"
PIECE = 1 << 16


class Tunnel:
    """Open from its making until `close`; then all that goes through it is cut."""

    def __init__(self, transport: paramiko.Transport, port: int, local_port: int) -> None:
        """Raises `paramiko.SSHException` when the server does not give the port."""
        self._transport = transport
        self._port = port
        self._local_port = local_port
        self._open: set[_Pair] = set()
        self._lock = threading.Lock()
        transport.request_port_forward(HOST, port, handler=self._take)

    def close(self) -> None:
        """The server listens no longer. A connection that is broken already is no error."""
        with contextlib.suppress(paramiko.SSHException, OSError, EOFError):
            self._transport.cancel_port_forward(HOST, self._port)
        with self._lock:
            left = list(self._open)
        for pair in left:
            pair.close()

    def _take(self, channel: paramiko.Channel, _origin: object, _server: object) -> None:
        """Somebody on the server connected. It is the connection's own thread that calls: no waiting here."""
        pair = _Pair(channel, self._local_port)
        with self._lock:
            self._open = {other for other in self._open if not other.closed} | {pair}
        pair.start()


class _Pair:
    """One connection: a channel over SSH and a socket of ours, with a thread for each direction."""

    def __init__(self, channel: paramiko.Channel, local_port: int) -> None:
        self.closed = False
        self._channel = channel
        self._socket = socket.socket()
        self._local_port = local_port

    def start(self) -> None:
        threading.Thread(target=self._connect, name="tunnel", daemon=True).start()

    def close(self) -> None:
        self.closed = True
        with contextlib.suppress(OSError):
            # A thread that waits for the socket is woken by this, not by `close`.
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError, EOFError):
            self._channel.close()
        self._socket.close()

    def _connect(self) -> None:
        try:
            self._socket.connect((HOST, self._local_port))
        except OSError:
            self.close()
            return
        threading.Thread(
            target=self._pump, args=(self._channel, self._socket), name="tunnel up", daemon=True
        ).start()
        self._pump(self._socket, self._channel)

    def _pump(
        self, source: "socket.socket | paramiko.Channel", sink: "socket.socket | paramiko.Channel"
    ) -> None:
        try:
            while data := source.recv(PIECE):
                sink.sendall(data)
        except (OSError, EOFError, paramiko.SSHException):
            return
        finally:
            self.close()
