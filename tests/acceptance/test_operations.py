"""What an operator can rely on: servers that need no slipway, scripts to run by hand, plans that are kept."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from tests.acceptance.byhand import answers, by_hand, settle
from tests.acceptance.world import Repo, World, tiny, wait_until

pytestmark = pytest.mark.acceptance

SPEC = """\
[release]
command = "python -c 'print(1)'"

[volumes]
data = "/data"
"""
FACTS = r"""
docker ps --all --no-trunc --format '{{.ID}} {{.Names}} {{.State}}' | sort
docker images --digests --format '{{.Repository}}@{{.Digest}}' | sort
docker network ls --format '{{.Name}}' | sort
docker volume ls --quiet | sort
find /opt/slipway /etc/cron.d -type f ! -path '*/proxy/run/*' -exec sha256sum {} + | sort -k 2
find /opt/slipway -type l -printf '%p -> %l\n' | sort
"""


@pytest.fixture(scope="module")
def shop(world: World) -> Repo:
    repo = world.repo("by-hand", tiny(slipway__toml=SPEC))
    repo.push()
    settle(world, repo.app)
    return repo


@pytest.fixture
def alone(world: World, shop: Repo) -> Iterator[Repo]:
    """slipway is off while a test runs."""
    world.plane.stop()
    yield shop
    world.plane.start()
    assert all(server["ok"] for server in world.json(f"/apps/{shop.app}/status")["servers"])


def facts(world: World) -> list[str]:
    """What is on each server, as far as slipway could have changed it."""
    return [world.on(server, FACTS) for server in range(2)]


def assert_is_bash(script: str) -> None:
    done = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_servers_serve_on_without_slipway_after_docker_restarts_and_a_reboot(
    world: World, alone: Repo
) -> None:
    assert all(answers(world, alone.app, server) for server in range(2))
    by_hand(world, "service docker restart", server=0)
    world.sandbox.stop("web2")
    assert not answers(world, alone.app, 1)
    world.sandbox.start("web2")
    for server in range(2):
        wait_until(
            lambda server=server: answers(world, alone.app, server),  # type: ignore[misc]
            40,
            f"an answer of server {server}",
        )


def test_a_release_is_operated_by_plain_compose_in_its_folder(world: World, alone: Repo) -> None:
    folder = f"cd /opt/slipway/apps/{alone.app}/current"
    by_hand(world, f"{folder} && docker compose stop --timeout 5")
    assert not answers(world, alone.app, 0)
    by_hand(world, f"{folder} && docker compose up --detach")
    wait_until(lambda: answers(world, alone.app, 0), 20, "an answer after compose up")
    listed = by_hand(world, f"{folder} && docker compose ps --format json")
    assert [json.loads(line)["State"] for line in listed.splitlines()] == ["running"]
    assert "ready" in by_hand(world, f"{folder} && docker compose logs web")


def test_the_script_in_a_release_folder_runs_by_hand_again_and_again(world: World, alone: Repo) -> None:
    path = f"/opt/slipway/apps/{alone.app}/releases/1/transcript.sh"
    assert_is_bash(by_hand(world, f"cat {path}"))
    before = facts(world)
    for _ in range(2):
        by_hand(world, f"bash {path}")
    assert facts(world) == before
    assert answers(world, alone.app, 0)
