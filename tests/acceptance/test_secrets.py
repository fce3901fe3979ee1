"""A planted secret is in the running container's environment and in the 0600 env file, and nowhere else."""

import gzip
import io
import os
import re
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.acceptance.world import Repo, World, tiny

pytestmark = pytest.mark.acceptance

WORD = "canary4f1c9e27b0"
LINES = "canary5e0d8a16\"'$x\\y\ncanary6b7f2c35 second line"
BUILD = "canary7a3e5d91"
ANY = re.compile(r"canary[4567][0-9a-f]{8,}")
PLACES = "/opt /etc /root /home /tmp /run /srv /var/log /var/tmp /var/spool"
SPEC = '[release]\ncommand = "printenv"\n'
PRINTS = "import os, sys\nprint(dict(os.environ))\nprint(os.environ['LINES'])\nsys.exit(1)\n"
DOCKERFILE = """\
FROM python:3.13-slim
WORKDIR /app
COPY main.py ./
RUN --mount=type=secret,id=BUILD_TOKEN cat /run/secrets/BUILD_TOKEN && wc /run/secrets/BUILD_TOKEN > proof
ENV PORT=8000
EXPOSE 8000
USER 1000
CMD ["python", "main.py"]
"""


@dataclass
class Watched:
    """Command lines of every process of this machine, the servers' containers among them."""

    seen: set[str] = field(default_factory=set)

    @contextmanager
    def watching(self) -> Iterator[None]:
        ended = threading.Event()
        thread = threading.Thread(target=self._watch, args=(ended,))
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _watch(self, ended: threading.Event) -> None:
        while not ended.wait(0.005):
            for name in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208 - names alone, thousands of times
                try:
                    self.seen.add(Path("/proc", name, "cmdline").read_bytes().decode("utf-8", "replace"))
                except OSError:
                    continue


@dataclass(frozen=True)
class Told:
    """What everybody was told while secrets were about."""

    shown: dict[str, str]
    processes: set[str]


@pytest.fixture(scope="module")
def told(world: World) -> Told:
    """An app that is set up, changed, run, planned, and fails while it prints all it knows."""
    watched, shown = Watched(), {}
    vault = world.repo("vault", tiny(slipway__toml=SPEC))
    forge = world.repo("forge", {"main.py": tiny()["main.py"], "Dockerfile": DOCKERFILE})
    forge.write({"slipway.toml": '[build]\nsecrets = ["BUILD_TOKEN"]\n'})
    with watched.watching():
        shown["set"] = said(world, vault, "config", "set", "WORD", stdin=WORD)
        shown["set lines"] = said(world, vault, "config", "set", "LINES", stdin=LINES)
        shown["set build"] = said(world, forge, "config", "set", "BUILD_TOKEN", stdin=BUILD)
        shown["push"] = vault.push()
        shown["build"] = forge.push()
        shown["change"] = said(world, vault, "config", "set", "OTHER=1")
        shown["run"] = said(world, vault, "run", "--", "printenv")
        shown["logs"] = said(world, vault, "logs")
        vault.replace("main.py", '"hello"', '"planned"')
        shown["plan"] = said(world, vault, "deploy", "--plan")
        vault.write({"main.py": PRINTS}, "Print everything")
        shown["failing push"] = vault.push(ok=False)
        forge.write({"Dockerfile": DOCKERFILE.replace("> proof", "> proof && false")}, "Fail in the build")
        shown["failing build"] = forge.push(ok=False)
        shown["rollback"] = said(world, forge, "config", "set", "OTHER=2")
        for deploy in world.deploys("vault") + world.deploys("forge"):
            for words in (("transcript", deploy["id"]), ("follow", deploy["id"])):
                shown[f"{words[0]} of {deploy['kind']} {deploy['id']}"] = said(
                    world, vault, *words, ok=deploy["state"] != "failed" or words[0] == "transcript"
                )
    return Told(shown, watched.seen)


def said(world: World, repo: Repo, *words: str, stdin: str = "", ok: bool = True) -> str:
    done = world.slipway(*words, stdin=stdin, cwd=repo.folder, ok=ok)
    return done.stdout + done.stderr


def test_the_app_itself_has_its_secrets(world: World, told: Told) -> None:
    del told
    name = f"vault-v{world.live('vault')}-web-1"
    assert WORD in world.on(0, f"docker exec {name} printenv WORD")
    assert LINES in world.on(0, f"docker exec {name} printenv LINES")


def test_nothing_that_a_person_is_shown_holds_a_secret(told: Told) -> None:
    leaks = {name: found[0] for name, text in told.shown.items() if (found := ANY.findall(text))}
    assert leaks == {}
    assert "***" in told.shown["push"]  # the release command printed them
    assert "***" in told.shown["failing push"]
    assert "***" in told.shown["run"]
    assert "***" in told.shown["failing build"]


def test_no_answer_of_the_api_holds_a_secret(world: World, told: Told) -> None:
    del told
    asked = 0
    for path in paths_to_ask(world):
        answer = world.api("GET", path)
        asked += answer.status_code == 200
        # What an app prints is the app's own business, for those who ask for its logs.
        if not path.endswith("/logs"):
            assert not ANY.search(answer.text), path
    assert asked > 60


def paths_to_ask(world: World) -> list[str]:
    """Every GET route for everything that there is."""
    found = []
    for path, item in world.json("/openapi.json")["paths"].items():
        if "get" not in item or path.startswith("/git/"):
            continue
        found += filled(path, world)
    return found


def filled(path: str, world: World) -> list[str]:
    if "{deploy_id}" in path:
        deploys = [deploy["id"] for app in ("vault", "forge") for deploy in world.deploys(app)]
        return [path.replace("{deploy_id}", deploy) for deploy in deploys]
    if "/servers/{name}" in path:
        return [path.replace("{name}", server.name) for server in world.servers]
    if "{app}" not in path:
        return [path]
    found = []
    for app in ("vault", "forge"):
        here = path.replace("{app}", app).replace("{name}", "dockerfiles/python")
        numbers = [item["number"] for item in world.json(f"/apps/{app}/releases")]
        if "{number}" in path:
            found += [here.replace("{number}", str(number)) for number in numbers]
        elif path.rpartition("/")[2] in ("dockerfile", "explain", "eject"):
            found += [f"{here}?release={number}" for number in numbers]
        else:
            found.append(here)
    return found


def test_no_process_was_started_with_a_secret_in_its_arguments(told: Told) -> None:
    assert any("docker\0compose" in seen for seen in told.processes)
    assert any("buildx" in seen for seen in told.processes)
    assert [seen for seen in told.processes if ANY.search(seen)] == []


def test_the_control_plane_wrote_no_secret_to_its_disk_or_log(world: World, told: Told) -> None:
    del told
    assert ANY.search(world.plane.log.read_text()) is None
    files = [path for path in (world.plane.folder / "data").rglob("*") if path.is_file()]
    assert any(path.name == "slipway.db" for path in files)
    leaks = [path.name for path in files if ANY.search(path.read_bytes().decode("latin-1"))]
    assert leaks == []


def test_a_server_has_them_in_the_env_file_of_mode_0600_alone(world: World, told: Told) -> None:
    del told
    for server in range(2):
        # moby: what Docker's own runtime keeps of the containers that run, their environment with it.
        places = world.on(server, f"grep -rlsE --exclude-dir=moby 'canary[4567]' {PLACES}")
        assert places
        for place in places.splitlines():
            assert re.fullmatch(r"/opt/slipway/apps/(vault|forge)/releases/\d+/env", place), place
            assert world.on(server, f"stat -c '%a %U' {place}").strip() == "600 root"


def test_no_image_holds_a_secret_in_its_history_or_a_layer(world: World, told: Told) -> None:
    del told
    client: Any = docker.from_env()
    try:
        for app in ("vault", "forge"):
            for release in world.json(f"/apps/{app}/releases"):
                image = client.images.pull(release["image"])
                assert not ANY.search(str(image.history()) + str(image.attrs))
                saved = b"".join(image.save())
                assert b"main.py" in saved
                assert list(leaks_of(saved)) == []
    finally:
        client.close()


def leaks_of(saved: bytes) -> Iterator[str]:
    """The members of an image's archive that hold a secret, layers opened."""
    with tarfile.open(fileobj=io.BytesIO(saved)) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            content = file.read() if file else b""
            if content[:2] == b"\x1f\x8b":
                content = gzip.decompress(content)
            if ANY.search(content.decode("latin-1")):
                yield member.name
