"""Each example goes the whole way: git push, image, both servers, an answer; what was written can be read."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.world import EXAMPLES, Repo, World, wait_until

pytestmark = pytest.mark.acceptance


@dataclass(frozen=True)
class Example:
    """The greeting on the page, how the push names the stack, and what the Dockerfile is made from.

    An app with its data on a volume belongs on one server: what is on another server is other data.
    """

    name: str
    greeting: str
    headline: str
    template: str
    servers: tuple[str, ...] = ("web1", "web2")

    @property
    def app(self) -> str:
        return f"example-{self.name}"


EXPECTED = (
    Example("fastapi", "Hello from FastAPI", "FastAPI (", "dockerfiles/python"),
    Example("flask", "Hello from Flask", "Flask (", "dockerfiles/python"),
    Example("django", "Hello from Django", "Django (", "dockerfiles/python", ("web1",)),
    Example("node", "Hello from Node", "Node", "dockerfiles/node"),
    Example("vite", "Hello from Vite", "pnpm", "dockerfiles/"),
    Example("static", "Hello from a static site", "tatic", "dockerfiles/static"),
    Example("dockerfile", "Hello from a Dockerfile", "Dockerfile", "Dockerfile"),
    Example("worker", "Hello from web and worker", "Flask", "dockerfiles/python"),
)


def test_every_example_is_pushed_here() -> None:
    assert {example.name for example in EXPECTED} == {it.name for it in EXAMPLES.iterdir() if it.is_dir()}


@pytest.mark.parametrize("example", EXPECTED, ids=lambda example: example.name)
def test_an_example_is_pushed_and_answers(world: World, example: Example, tmp_path: Path) -> None:
    app = example.app
    repo = world.repo(app, example=example.name)
    world.slipway("apps", "servers", *example.servers, "--app", app)
    shown = repo.push()
    assert example.headline in shown
    assert f"live: http://{app}.localhost" in shown
    for server in range(len(example.servers)):
        page = world.get(app, server=server)
        assert page.status_code == 200
        assert example.greeting in page.text
        assert "v1" in page.text
    assert_can_be_read(world, example)
    assert_leaves_whole(world, example, tmp_path / "ejected")
    assert_dockerfile_of_the_folder(world, repo)
    if example.name == "django":
        assert_data_outlives_a_deploy(world, repo)
    if example.name == "worker":
        assert_worker_is_heard(world, app)
    # The other tests of this world need not share the machine with it.
    world.slipway("apps", "remove", app, "--yes", app)


def assert_can_be_read(world: World, example: Example) -> None:
    """The Dockerfile is the one on the server, and every line of it says where it comes from."""
    app = example.app
    text = world.slipway("dockerfile", app).stdout
    assert text == world.on(0, f"cat /opt/slipway/apps/{app}/current/Dockerfile")
    explained = json.loads(world.slipway("explain", app, "--json").stdout)
    assert "\n".join(line["text"] for line in explained["lines"]).strip() == text.strip()
    assert all(line["template"] for line in explained["lines"])
    assert any(example.template in line["template"] for line in explained["lines"])
    assert any(line["why"] for line in explained["lines"])
    drawn = world.slipway("explain", app).stdout
    assert explained["headline"] in drawn
    assert all(line["text"] in drawn for line in explained["lines"])


def assert_leaves_whole(world: World, example: Example, folder: Path) -> None:
    """What is ejected is what Compose takes; a Dockerfile of the repo's own is there already."""
    world.slipway("eject", example.app, "--dir", str(folder))
    made = {".dockerignore", "Dockerfile"} if example.name != "dockerfile" else set()
    assert {"compose.yaml", *made} <= {path.name for path in folder.iterdir()}
    done = subprocess.run(
        ["docker", "compose", "--project-directory", str(folder), "config", "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "web" in json.loads(done.stdout)["services"]


def assert_dockerfile_of_the_folder(world: World, repo: Repo) -> None:
    """Without a server the folder shows the same, but for what this machine lends to builds."""
    folder = world.slipway("dockerfile", "--dir", ".", cwd=repo.folder).stdout
    released = world.slipway("dockerfile", repo.app).stdout
    instructions = [line for line in folder.splitlines() if re.match(r"(FROM|COPY|USER|CMD|WORKDIR)\b", line)]
    assert instructions
    assert set(instructions) <= set(released.splitlines())


def assert_data_outlives_a_deploy(world: World, repo: Repo) -> None:
    def visits() -> int:
        found = re.search(r"Visits: (\d+)", world.get(repo.app).text)
        assert found
        return int(found[1])

    before = visits()
    repo.replace("shop/templates/home.html", "Hello from Django", "Hello again from Django")
    assert "No migrations to apply" in repo.push()
    assert "Hello again" in world.get(repo.app).text
    assert visits() > before
    assert (
        "in the new image: python manage.py migrate" in world.slipway("transcript", "--app", repo.app).stdout
    )


def assert_worker_is_heard(world: World, app: str) -> None:
    def heard(server: str) -> bool:
        lines = world.slipway("logs", app, "--process", "worker").stdout.splitlines()
        return any(server in line and "worker of v1: parcel" in line for line in lines)

    for server in world.servers:
        wait_until(lambda name=server.name: heard(name), 20, f"a line of the worker on {server.name}")  # type: ignore[misc]
