"""What goes through a tunnel, and how it ends; the SSH connection is played by pairs of sockets."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import cast

import paramiko
import pytest

from runtime.tunnel import Tunnel

SIZE = 3_000_000


class Channel:
    """The near end of a connection that somebody made on the server."""

    def __init__(self) -> None:
        self._near, self.far = socket.socketpair()
        self.far.settimeout(10)
        self.recv, self.sendall = self._near.recv, self._near.sendall

    def close(self) -> None:
        try:
            self._near.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
        self._near.close()


class Transport:
    def __init__(self) -> None:
        self.handler: Callable[[paramiko.Channel, object, object], None] | None = None
        self.ports: list[int] = []

    def request_port_forward(
        self, _host: str, port: int, handler: Callable[[paramiko.Channel, object, object], None]
    ) -> None:
        self.handler = handler
        self.ports.append(port)

    def cancel_port_forward(self, _host: str, port: int) -> None:
        self.ports.remove(port)

    def connect(self) -> Channel:
        channel = Channel()
        assert self.handler is not None
        self.handler(cast(paramiko.Channel, channel), (), ())
        return channel


@pytest.fixture
def port() -> Iterator[int]:
    """A server here that sends back what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    taken, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=echo, args=(taken,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def echo(taken: socket.socket) -> None:
    with taken:
        while data := taken.recv(1 << 16):
            taken.sendall(data)


def test_all_bytes_arrive_in_both_directions(port: int) -> None:
    transport = Transport()
    tunnel = Tunnel(cast(paramiko.Transport, transport), 5077, port)
    far = transport.connect().far
    sent = bytes(range(256)) * (SIZE // 256)
    threading.Thread(target=far.sendall, args=(sent,), daemon=True).start()
    got = bytearray()
    while len(got) < len(sent):
        got += far.recv(1 << 16)
    assert bytes(got) == sent
    tunnel.close()
    far.close()


def test_its_end_cuts_what_is_open_and_gives_the_port_back(port: int) -> None:
    transport = Transport()
    tunnel = Tunnel(cast(paramiko.Transport, transport), 5077, port)
    far = transport.connect().far
    far.sendall(b"hello")
    assert far.recv(5) == b"hello"
    tunnel.close()
    assert far.recv(1) == b""
    assert transport.ports == []
    far.close()


def test_a_port_of_ours_where_nobody_listens_ends_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nobody = gone.getsockname()[1]
    transport = Transport()
    tunnel = Tunnel(cast(paramiko.Transport, transport), 5077, nobody)
    far = transport.connect().far
    assert far.recv(1) == b""
    tunnel.close()
    far.close()
