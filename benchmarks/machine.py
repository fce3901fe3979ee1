"""The machine that figures were taken on, without its name."""

import os
import platform
from datetime import UTC, datetime

import docker


def described() -> str:
    """For example `2 cores, 24 GiB, load 0.3 at the start, Docker 28.0, Python 3.13, 2025-01-31`."""
    client = docker.from_env()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"Taken on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"load {os.getloadavg()[0]:.1f} at the start, Docker {client.version()['Version']}, "
        f"Python {platform.python_version()}."
    )
