"""An app's output on one server, line by line, as it comes."""

from collections.abc import Callable
from dataclasses import dataclass

from runtime.ssh import Ssh
from slipway.cancel import Cancel
from templates.engine import Engine

FOLLOW_SECONDS = 24 * 3600.0
READ_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class LogLine:
    """`process` is `web.v12`, `at` the time that Docker noted (RFC 3339), "" when it noted none."""

    server: str
    process: str
    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which output: of one process, or of all (""); the last `lines` of each container, and what follows."""

    app: str
    process: str = ""
    lines: int = 100
    follow: bool = False


def read_logs(
    wanted: Wanted, ssh: Ssh, engine: Engine, on_line: Callable[[LogLine], None], cancel: Cancel
) -> None:
    """Hand over every line; with `follow` until it is cancelled. Raises what `Ssh.run` raises."""
    script = engine.render("server/logs.sh", {}).text
    arguments = (wanted.app, str(wanted.lines), "yes" if wanted.follow else "no", wanted.process)
    ssh.run(
        ("sh", "-s", "--", *arguments),
        stdin=script,
        timeout=FOLLOW_SECONDS if wanted.follow else READ_SECONDS,
        on_line=lambda line: on_line(parse(ssh.address.name, line)),
        cancel=cancel,
    )


def parse(server: str, line: str) -> LogLine:
    """`web.v12 2026-11-24T12:00:00.123456789Z text`; what is no such line is all text."""
    process, _, rest = line.partition(" ")
    at, _, text = rest.partition(" ")
    if len(at) < 20 or at[4:5] != "-" or at[10:11] != "T":
        return LogLine(server, process, "", rest)
    return LogLine(server, process, at, text)
