"""`scripts/demo`: the story is told to its end, and nothing of it is left afterwards, nor after Ctrl-C."""

import hashlib
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import docker
import pytest

from tests.acceptance.world import ROOT, wait_until

pytestmark = pytest.mark.acceptance
DEMO = ROOT / "scripts" / "demo"
CHAPTERS = (
    "1. This machine",
    "2. The control plane",
    "3. Two servers",
    "4. An app",
    "5. A changed line",
    "6. A config var",
    "7. A push that fails",
    "8. A way back",
    "9. Where to look",
)


class Demo:
    """A demo with data of its own, so that it may run beside a person's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "demo"
        self.told = folder / "told"
        self.sandbox = "demo-" + hashlib.sha256(str(self.folder).encode()).hexdigest()[:6]

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """In a process group of its own, as a terminal starts it."""
        with self.told.open("ab") as out:
            return subprocess.Popen(
                [str(DEMO), *words],
                env={**os.environ, "SLIPWAY_DEMO_DIR": str(self.folder), "NO_COLOR": "1"},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def tell(self, *words: str) -> str:
        """Run it to its end; what a person read."""
        assert self.start(*words).wait(400) == 0, self.text
        return self.text

    @property
    def text(self) -> str:
        return self.told.read_text("utf-8", "replace")

    def containers(self, label: str) -> list[str]:
        with closing(docker.from_env()) as client:
            found = client.containers.list(all=True, ignore_removed=True, filters={"label": label})
            return [str(container.name) for container in found]

    def left(self) -> list[str]:
        """Everything of it that is still there: containers, volumes, processes, images."""
        ports = set(re.findall(r"SLIPWAY_REGISTRY_PORT=(\d+)", self.text))
        registries = [name for port in ports for name in self.containers(f"slipway.registry={port}")]
        with closing(docker.from_env()) as client:
            volumes = [volume.name for volume in client.volumes.list()]
            tags = [tag for image in client.images.list() for tag in image.tags]
        volumes = [name for name in volumes if self.sandbox in name or name.rpartition("-")[2] in ports]
        tags = [tag for tag in tags if any(tag.startswith(f"127.0.0.1:{port}/") for port in ports)]
        return [
            *self.containers(f"slipway.sandbox={self.sandbox}"),
            *registries,
            *volumes,
            *tags,
            *self.processes(),
        ]

    def processes(self) -> list[str]:
        """Those with its folder in their environment or argv, by what they run."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                argv, environment = (place / "cmdline").read_bytes(), (place / "environ").read_bytes()
            except OSError:
                continue
            if str(self.folder).encode() in argv + environment:
                found.append(argv.replace(b"\0", b" ").decode())
        return found


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    made = Demo(tmp_path)
    yield made
    subprocess.run(
        [str(DEMO), "--clean"], env={**os.environ, "SLIPWAY_DEMO_DIR": str(made.folder)}, check=True
    )


def test_the_story_is_told_to_its_end_and_then_nothing_of_it_is_left(demo: Demo) -> None:
    read_through(demo.tell("--keep"))
    shop = re.findall(r"the app +(\S+)", demo.text)[0]
    line = f'source {demo.folder}/shell && cd {demo.folder}/shop && slipway whoami && curl -s "{shop}"'
    seen = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout
    assert "admin (admin)" in seen
    assert "Release: v5" in seen
    demo.tell("--clean")
    assert demo.left() == []
    assert not demo.folder.exists()


def read_through(told: str) -> None:
    places = [told.index(f"\n{chapter}\n") for chapter in CHAPTERS]
    assert places == sorted(places)
    assert told.count("is added; any other host key is refused from now on") == 2
    assert told.count("is ready for apps") == 2
    assert re.search(r"remote: -----> live: http://shop\.localhost:\d+ +\(", told)
    assert "<h1>Hello from FastAPI</h1><p>Release: v1</p>" in told
    assert "<h1>Shoes for all</h1><p>Release: v2</p>" in told
    assert re.search(r"\d+ requests meanwhile: 0 failed", told)
    assert told.count("<h1>Boots for all</h1><p>Release: v3</p>") == 2
    assert "SyntaxError: '(' was never closed" in told
    assert "still serving: shop v3" in told
    assert "<h1>Shoes for all</h1><p>Release: v5</p>" in told
    assert "Dockerfile" in told[places[-1] :]
    assert "slw_" not in told


@pytest.mark.parametrize("moment", ["create web2 --key", "-----> Commit"])
def test_ctrl_c_in_the_middle_removes_all(demo: Demo, moment: str) -> None:
    process = demo.start()
    wait_until(lambda: moment in demo.text, 240, f"{moment!r} in the story")
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(120) == 130
    assert "Interrupted. What the demo started is removed." in demo.text
    assert demo.left() == []
