"""What an idle control plane costs, how soon it is ready, and the start of the CLI."""

import os
import time
from pathlib import Path

from benchmarks.push import timed
from benchmarks.tables import Table, seconds
from tests.acceptance.world import World

WATCHED_SECONDS = 60.0
SETTLE_SECONDS = 15.0
"""After a start, until it is idle."""
STARTS = 5
CLI_STARTS = 11


def idle(world: World) -> list[Table]:
    """Absolute figures: there is nothing that one would do by hand instead."""
    ready = []
    for _ in range(STARTS):
        world.plane.stop()
        ready.append(timed(world.plane.start))
    time.sleep(SETTLE_SECONDS)
    clock = os.sysconf("SC_CLK_TCK")
    before, began = _ticks(world.plane.pid), time.monotonic()
    time.sleep(WATCHED_SECONDS)
    used = (_ticks(world.plane.pid) - before) / clock / (time.monotonic() - began)
    world.slipway("--help")
    cli = [timed(lambda: world.slipway("--help")) for _ in range(CLI_STARTS)]
    rows = (
        ("resident memory", f"{_resident(world.plane.pid) / 2**20:.0f} MiB", "150 MB"),
        (f"CPU over {WATCHED_SECONDS:.0f} s, of one core", f"{100 * used:.2f} %", "1 %"),
        ("from `slipway serve` until it answers", seconds(ready), "2 s"),
        ("`slipway --help`", seconds(cli), "0.2 s"),
    )
    note = (
        f"After {STARTS} starts with the apps and servers of the other benchmarks; {CLI_STARTS} of the CLI, "
        f"of which the quickest took {min(cli):.2f} s. Median (smallest-largest)."
    )
    return [Table("idle", ("", "measured", "aim: below"), rows, (note,))]


def _ticks(pid: int) -> int:
    """CPU time that a process used so far; proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _resident(pid: int) -> int:
    """Bytes of a process in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))
