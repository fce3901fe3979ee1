"""A real PostgreSQL of this machine's packages, on 127.0.0.1, for as long as a test session lasts."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

USER = "postgres"


@contextmanager
def a_postgres() -> Iterator[str]:
    """The URL of a server without a database for tests yet; root starts it as an unprivileged user."""
    programs = _programs()
    # Not pytest's own folder: that one admits nobody but the user who made it.
    folder = Path(tempfile.mkdtemp(prefix="slipway-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, USER)
        data = folder / "data"
        _run(
            str(programs / "initdb"),
            f"--pgdata={data}",
            f"--username={USER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
        )
        port = _free_port()
        options = (
            f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off -c max_connections=300 -c log_statement=none"
        )
        control = (str(programs / "pg_ctl"), f"--pgdata={data}", f"--log={folder / 'log'}", "--wait")
        _run(*control, f"--options={options}", "start")
        try:
            yield f"postgresql://{USER}@127.0.0.1:{port}"
        finally:
            _run(*control, "--mode=immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _programs() -> Path:
    """Debian keeps initdb and pg_ctl out of PATH, a folder for each version."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not places:
        pytest.fail("PostgreSQL is not installed: scripts/setup installs it")
    return places[-1].parent


def _run(*words: str) -> None:
    as_user = ("runuser", "-u", USER, "--") if os.geteuid() == 0 else ()
    done = subprocess.run(
        [*as_user, *words],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # a pipe would stay open as long as the server runs
        stderr=subprocess.DEVNULL,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, words


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
