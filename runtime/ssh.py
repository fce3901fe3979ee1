"""SSH, by Fabric. The only module that knows it: everything else has argv and results."""

import io
import shlex
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import paramiko
from fabric import Config, Connection

from runtime.address import Address, changed, lost, refused, unreachable
from runtime.hostkeys import fingerprint
from runtime.output import Output
from runtime.tunnel import Tunnel
from slipway.cancel import Cancel
from slipway.errors import AccessRefused, ConnectionLost, StepTimeout
from slipway.secret import Secret, Text, reveal

__all__ = ["Address", "Result", "Ssh", "connect"]

KEEPALIVE_SECONDS = 15
# A server that says nothing for so long is asked whether it is there.
SILENT_SECONDS = 10.0
ANSWER_SECONDS = 15.0
TICK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Result:
    """What a command answered; output and errors in one text, as a terminal shows them."""

    exit_code: int
    output: str
    seconds: float


class Ssh:
    """One connection to a server. Several threads may run commands on it at once."""

    def __init__(self, address: Address, connection: Connection) -> None:
        self.address = address
        self._connection = connection
        self._tunnels: dict[int, int] = {}
        self._tunnel_lock = threading.Lock()
        self._forwards: dict[int, Tunnel] = {}

    @property
    def is_open(self) -> bool:
        transport = self._connection.transport
        return bool(transport and transport.is_active())

    def run(
        self,
        argv: Sequence[Text],
        *,
        stdin: Text | None = None,
        timeout: float = 60.0,
        on_line: Callable[[str], None] | None = None,
        cancel: Cancel | None = None,
    ) -> Result:
        """Run one command as root and wait for it; `timeout` in seconds.

        A cancel or the timeout ends it on the server too. Raises `ConnectionLost`, `StepTimeout` and
        `Cancelled`.
        """
        started = time.monotonic()
        try:
            channel = self._open()
            channel.settimeout(timeout)
            self._exec(channel, f"echo $$; exec {self._quoted(argv)}")
            if stdin is not None:
                channel.sendall(reveal(stdin).encode())
            channel.shutdown_write()
            output = Output(on_line)
            self._read(channel, output, started + timeout, cancel or Cancel())
            code = channel.recv_exit_status()
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise lost(self.address, str(error)) from None
        if code == -1:
            raise lost(self.address, "the command's end was never told")
        return Result(code, output.text(), time.monotonic() - started)

    def script(
        self,
        text: str,
        arguments: Sequence[str],
        *,
        timeout: float = 60.0,
        cancel: Cancel | None = None,
    ) -> Result:
        """Run a shell script that is handed over by standard input."""
        return self.run(("sh", "-s", "--", *arguments), stdin=text, timeout=timeout, cancel=cancel)

    @contextmanager
    def tunnel(self, port: int, local_port: int) -> Iterator[None]:
        """Let the server's 127.0.0.1:port lead to ours; one for all who need it at the same time."""
        with self._tunnel_lock:
            if not self._tunnels.get(port):
                try:
                    self._forwards[port] = Tunnel(self._connection.transport, port, local_port)
                except (paramiko.SSHException, OSError) as error:
                    raise lost(self.address, f"port {port} could not be forwarded ({error})") from None
            self._tunnels[port] = self._tunnels.get(port, 0) + 1
        try:
            yield
        finally:
            with self._tunnel_lock:
                self._tunnels[port] -= 1
                if not self._tunnels[port]:
                    self._forwards.pop(port).close()

    def close(self) -> None:
        self._connection.close()

    def _open(self) -> paramiko.Channel:
        transport = self._connection.transport
        if transport is None or not transport.is_active():
            raise lost(self.address, "the connection is closed")
        try:
            channel: paramiko.Channel = transport.open_session(timeout=ANSWER_SECONDS)
        except paramiko.ChannelException:
            raise
        except paramiko.SSHException as error:
            # Whoever comes next is to try a new connection instead of waiting for this one as long.
            self.close()
            raise lost(self.address, str(error)) from None
        channel.set_combine_stderr(True)
        return channel

    def _exec(self, channel: paramiko.Channel, command: str) -> None:
        """paramiko waits for the answer without end when the connection breaks just before it."""
        timer = threading.Timer(ANSWER_SECONDS, channel.close)
        timer.daemon = True
        timer.start()
        try:
            channel.exec_command(command)
        finally:
            timer.cancel()

    def _quoted(self, argv: Sequence[Text]) -> str:
        words = [reveal(word) for word in argv]
        if self.address.user != "root":
            words = ["sudo", "-n", "--", *words]
        return " ".join(shlex.quote(word) for word in words)

    def _read(self, channel: paramiko.Channel, output: Output, deadline: float, cancel: Cancel) -> None:
        channel.settimeout(TICK_SECONDS)
        heard = time.monotonic()
        while True:
            try:
                data = channel.recv(1 << 16)
                heard = time.monotonic()
            except TimeoutError:
                data = None
                if time.monotonic() - heard > SILENT_SECONDS:
                    self._ask_whether_it_is_there()
                    heard = time.monotonic()
            if data == b"" and channel.status_event.wait(TICK_SECONDS):
                # A program may close its output and go on: its end is what is waited for.
                return
            if data:
                output.take(data)
            if cancel.is_set:
                self._end(output.pid)
                channel.close()
                cancel.check()
            if time.monotonic() > deadline:
                self._end(output.pid)
                channel.close()
                raise StepTimeout("did not end in time", where=self.address.name, lines=output.tail())

    def _ask_whether_it_is_there(self) -> None:
        """Raises `ConnectionLost` for a server that went without a farewell, as with a cut network."""
        try:
            self._open().close()
        except paramiko.ChannelException:
            return  # it answers, if only that it has enough channels

    def _end(self, pid: str) -> None:
        """End a command and its children: sshd gave it a process group of its own."""
        if not pid.isdigit():
            return
        try:
            channel = self._open()
            signals = f"kill -TERM -{pid}; sleep 0.5; kill -KILL -{pid}"
            self._exec(channel, self._quoted(("sh", "-c", signals)))
        except (paramiko.SSHException, OSError, ConnectionLost):
            return


def connect(address: Address, private_key: Secret, *, timeout: float = 10.0) -> Ssh:
    """Open a connection to a server whose host key is pinned.

    Raises `Unreachable`, `HostKeyChanged`, `AccessRefused`.
    """
    key = paramiko.Ed25519Key.from_private_key(io.StringIO(private_key.reveal()))
    connection = _connection(address, key, timeout)
    try:
        connection.open()
    except paramiko.BadHostKeyException as error:
        connection.close()
        shown = fingerprint(f"{error.key.get_name()} {error.key.get_base64()}")
        raise changed(address, shown) from None
    except paramiko.AuthenticationException:
        connection.close()
        raise refused(address, f"{key.get_name()} {key.get_base64()} slipway") from None
    except (paramiko.SSHException, OSError, EOFError) as error:
        connection.close()
        if "not found in known_hosts" in str(error):
            raise changed(address, "of another type") from None
        raise unreachable(address.name, address.host, address.port, error) from None
    connection.transport.set_keepalive(KEEPALIVE_SECONDS)
    # Commands are short messages that wait for each other: without this each waits 40 ms for an answer.
    connection.transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # A keepalive that nobody receives ends the connection, for what waits for no command.
        milliseconds = round(2000 * KEEPALIVE_SECONDS)
        connection.transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
    return Ssh(address, connection)


def _connection(address: Address, key: paramiko.PKey, timeout: float) -> Connection:
    config = Config(overrides={"load_ssh_configs": False})
    options = {
        "pkey": key,
        "allow_agent": False,
        "look_for_keys": False,
        "banner_timeout": timeout,
        "auth_timeout": timeout,
        "compress": False,
    }
    connection = Connection(
        address.host,
        user=address.user,
        port=address.port,
        connect_timeout=timeout,
        connect_kwargs=options,
        config=config,
    )
    connection.client.set_missing_host_key_policy(paramiko.RejectPolicy())
    kind, data = address.host_key.split()[:2]
    name = address.host if address.port == paramiko.config.SSH_PORT else f"[{address.host}]:{address.port}"
    connection.client.get_host_keys().add(name, kind, _public(kind, data))
    return connection


def _public(kind: str, data: str) -> paramiko.PKey:
    entry = paramiko.hostkeys.HostKeyEntry.from_line(f"host {kind} {data}")
    if entry is None or entry.key is None:
        raise AccessRefused("the pinned host key cannot be read", next="add the server again")
    return entry.key
