"""The main job, end to end: git push, image, servers, URL; then a change, a config var, and back."""

import json

import pytest

from tests.acceptance.world import Repo, World, tiny

pytestmark = [pytest.mark.acceptance, pytest.mark.usefixtures("shop")]


@pytest.fixture(scope="module")
def shop(world: World) -> Repo:
    repo = world.repo("shop", tiny())
    repo.push()
    return repo


def test_a_push_ends_with_a_url_that_answers_on_every_server(world: World) -> None:
    for server in range(2):
        page = world.get("shop", server=server)
        assert page.json()["greeting"] == "hello"
    assert world.live("shop") is not None
    assert world.json("/apps/shop/status")["servers"][0]["ok"]


def test_a_changed_line_is_pushed_and_moves_one_layer(world: World, shop: Repo) -> None:
    shop.replace("main.py", '"hello"', '"welcome"')
    shown = shop.push()
    assert "-----> Commit" in shown
    assert "Python 3.13" in shown
    assert "1 of" in shown
    assert "drains" in shown
    assert "live: http://shop.localhost" in shown
    assert world.get("shop").json()["greeting"] == "welcome"


def test_a_config_var_is_a_release_and_a_rollback_is_one_too(world: World) -> None:
    before = world.live("shop") or 0
    world.slipway("config", "set", "GREETING=hi", "--app", "shop")
    assert world.live("shop") == before + 1
    assert "hi" in world.slipway("run", "--app", "shop", "--", "printenv", "GREETING").stdout
    world.slipway("rollback", "--app", "shop")
    assert world.live("shop") == before + 2
    kept = json.loads(world.slipway("config", "list", "--app", "shop", "--json").stdout)
    assert kept["vars"] == []


def test_the_servers_folders_can_be_operated_by_hand(world: World) -> None:
    number = world.live("shop")
    assert world.on(0, "cat /opt/slipway/proxy/serving/shop").strip() == f"shop-v{number}-web"
    assert "running" in world.on(0, "cd /opt/slipway/apps/shop/current && docker compose ps --format json")
    assert world.on(0, "stat -c %a /opt/slipway/apps/shop/current/env").strip() == "600"
