"""Connections that stay warm: a deploy does not begin with a handshake."""

import threading
import time

from runtime.ssh import Address, Ssh, connect
from slipway.secret import Secret

IDLE_SECONDS = 300.0


class Connections:
    """One connection per server, made when it is first asked for, and anew when it broke."""

    def __init__(self, private_key: Secret) -> None:
        self._private_key = private_key
        self._open: dict[Address, tuple[Ssh, float]] = {}
        self._locks: dict[Address, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, address: Address) -> Ssh:
        """A working connection. Raises what `connect` raises."""
        with self._lock:
            lock = self._locks.setdefault(address, threading.Lock())
        with lock:
            self._close_idle()
            held = self._open.get(address)
            if held and held[0].is_open:
                self._open[address] = (held[0], time.monotonic())
                return held[0]
            fresh = connect(address, self._private_key)
            self._open[address] = (fresh, time.monotonic())
            return fresh

    def close(self) -> None:
        """Close all."""
        with self._lock:
            for ssh, _ in self._open.values():
                ssh.close()
            self._open.clear()

    def _close_idle(self) -> None:
        with self._lock:
            late = time.monotonic() - IDLE_SECONDS
            for address, (ssh, used) in list(self._open.items()):
                if used < late:
                    ssh.close()
                    del self._open[address]
