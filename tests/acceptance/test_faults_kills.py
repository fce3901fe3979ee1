"""`kill -9` of what serves, and of slipway altogether: what served before serves again, without a person."""

from collections.abc import Iterator

import httpx
import pytest

from tests.acceptance.faults import explained, serves
from tests.acceptance.world import WEB, Repo, World, a_world, tiny, wait_until

pytestmark = pytest.mark.acceptance

BACK_SECONDS = 45.0
SLOW_START = "import time\ntime.sleep(4)\n"
KILL_DOCKERD = "kill -9 $(cat /var/run/docker.pid)"
KILL_CADDY = "kill -9 $(docker top slipway-proxy -eo pid,comm | awk '$2 == \"caddy\" { print $1 }')"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world of this module's own: it kills what all apps of a server need."""
    with a_world(tmp_path_factory.mktemp("kills")) as made:
        yield made


@pytest.fixture(scope="module")
def shop(world: World) -> Repo:
    repo = world.repo("shop", tiny())
    repo.push()
    return repo


def answers(world: World, release: int, server: int) -> bool:
    try:
        page = world.get("shop", server=server)
    except httpx.HTTPError:
        return False
    return page.status_code == 200 and page.json()["release"] == f"v{release}"


def serves_again(world: World, release: int) -> None:
    for server in range(2):
        wait_until(
            lambda server=server: answers(world, release, server),  # type: ignore[misc]
            BACK_SECONDS,
            f"v{release} on web{server + 1}",
        )


def containers(world: World, server: int) -> list[str]:
    return world.on(server, "docker ps --filter label=slipway.app=shop --format '{{.Names}}'").split()


def at_stage(world: World, subject: str, stage: str) -> bool:
    """Whether the deploy of a commit has come to a stage: a step of it has ended."""
    deploy = world.deploys("shop")[0]
    records = world.json(f"/deploys/{deploy['id']}/transcript")
    return deploy["source"]["subject"] == subject and any(item["stage"] == stage for item in records)


def push_and(world: World, shop: Repo, subject: str, stage: str, kill: str) -> tuple[int, str]:
    """Push an app that is slow to start, and act on web2 when the deploy has come to a stage."""
    shop.write({"main.py": SLOW_START + WEB + f"# {subject}\n"}, subject)
    push = shop.start_push()
    wait_until(lambda: at_stage(world, subject, stage), 60, stage)
    world.on(1, kill)
    shown, _ = push.communicate(timeout=120)
    return push.returncode, shown


def test_a_killed_caddy_comes_back_with_its_routes(world: World, shop: Repo) -> None:
    live = world.live("shop") or 0
    before = world.on(1, "docker inspect --format '{{.RestartCount}}' slipway-proxy")
    world.on(1, KILL_CADDY)
    wait_until(
        lambda: world.on(1, "docker inspect --format '{{.RestartCount}}' slipway-proxy") != before,
        30,
        "a restart",
    )
    serves_again(world, live)
    del shop


def test_a_caddy_that_is_killed_during_a_deploy_serves_the_new_release(world: World, shop: Repo) -> None:
    code, shown = push_and(world, shop, "Caddy is killed", "start", KILL_CADDY)
    assert code == 0, shown
    explained(shown, "on web2: ", "live: http://shop.localhost")
    serves_again(world, world.live("shop") or 0)


@pytest.mark.parametrize("stage", ["start", "switch"])
def test_a_dockerd_that_is_killed_during_a_deploy_splits_nothing(
    world: World, shop: Repo, stage: str
) -> None:
    before = world.live("shop") or 0
    code, shown = push_and(world, shop, f"Docker is killed at {stage}", stage, KILL_DOCKERD)
    live = world.live("shop") or 0
    if code:
        shop.git("reset", "--quiet", "--hard", "HEAD~1")
        explained(shown, "web2: ", f"still serving: shop v{before}", "next: ")
    assert (live > before) is (code == 0)
    serves_again(world, live)


def test_the_next_push_goes_live_after_all_of_that(world: World, shop: Repo) -> None:
    shop.write({"main.py": WEB}, "As ever")
    shop.push()
    live = world.live("shop") or 0
    serves(world, "shop", live)
    for server in range(2):
        wait_until(
            lambda server=server: containers(world, server) == [f"shop-v{live}-web-1"],  # type: ignore[misc]
            30,
            "the end of all other releases",
        )


def test_servers_serve_without_slipway_and_can_be_operated_by_hand(world: World, shop: Repo) -> None:
    live = world.live(shop.app) or 0
    world.plane.stop()
    serves(world, "shop", live)
    assert "Docker" not in world.on(0, "service docker restart && service docker restart")
    serves_again(world, live)
    folder = "cd /opt/slipway/apps/shop/current && docker compose"
    world.on(0, f"{folder} stop")
    assert containers(world, 0) == []
    world.on(0, f"{folder} up --detach")
    serves_again(world, live)
    before = world.on(0, "ls -1 /opt/slipway/apps/shop/releases | sort -n | tail -n 2 | head -n 1").strip()
    world.on(0, f"cd /opt/slipway/apps/shop/releases/{before} && docker compose up --detach")
    world.on(0, f"echo shop-v{before}-web > /opt/slipway/proxy/serving/shop")
    wait_until(lambda: answers(world, int(before), 0), 30, "the release before, by hand")
    world.on(0, f"echo shop-v{live}-web > /opt/slipway/proxy/serving/shop")
    world.plane.start()
    serves_again(world, live)
