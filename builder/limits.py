"""A limit on what builds take of this machine.

BuildKit inside dockerd takes no limits per build, so all builds together get one: that of the cgroup that
dockerd puts their containers into. Layout: dockerd's cgroupfs driver, cgroup v1 and v2.
"""

from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
BUILDS = "docker/buildkit"
PROCESSES = 4096


def limit_builds(memory: int, root: Path = ROOT) -> bool:
    """Let builds use at most `memory` bytes and 4,096 processes; False when this machine does not let us.

    That is so where slipway is not root on the machine of the daemon, or systemd manages its cgroups.
    """
    one_tree = (root / "cgroup.controllers").exists()
    wanted = (
        [(root / BUILDS / "memory.max", memory), (root / BUILDS / "pids.max", PROCESSES)]
        if one_tree
        else [
            (root / "memory" / BUILDS / "memory.limit_in_bytes", memory),
            (root / "pids" / BUILDS / "pids.max", PROCESSES),
        ]
    )
    if not (root / "docker").exists() and not (root / "memory" / "docker").exists():
        return False
    written = [_write(file, value) for file, value in wanted]
    return all(written)


def _write(file: Path, value: int) -> bool:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(str(value))
    except OSError:
        return False
    return True
