"""hadolint judges every Dockerfile of tests/cases; what it has no say in stands here, with the reason."""

import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).parent.parent / "cases"
HADOLINT = Path(sys.executable).parent / "hadolint"
IGNORED = {
    "DL3008": "Debian keeps one version of a package: a pinned one is gone with the next security fix",
    "DL3060": "yarn's cache is a mount, of which nothing stays in a layer",
    "SC2016": "what stands in single quotes is for Caddy, not for the shell",
}


@pytest.mark.parametrize(
    "path", sorted(CASES.glob("*/expected.Dockerfile")), ids=lambda path: path.parent.name
)
def test_hadolint(path: Path) -> None:
    ignored = [f"--ignore={rule}" for rule in IGNORED]
    found = subprocess.run(
        [HADOLINT, "--no-color", *ignored, path], capture_output=True, text=True, check=False
    )
    assert found.stdout == ""
    assert found.returncode == 0, found.stderr
