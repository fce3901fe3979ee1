"""The control plane on PostgreSQL: the whole way, a crash, and a second process that takes work over."""

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from api.work.takeover import BEAT_SECONDS, LAPSE_SECONDS, LOST
from tests.acceptance.byhand import environment
from tests.acceptance.world import WEB, ControlPlane, Repo, World, a_world, tiny, wait_until
from tests.api.postgres import a_postgres

pytestmark = pytest.mark.acceptance

SLOW_BUILD = {
    # Another one each time: what a killed process began to build may be found in the cache by the next run.
    "Dockerfile": f"FROM python:3.13-slim\nRUN sleep 45 # {secrets.token_hex(8)}\nCOPY main.py /\n"
    'CMD ["python", "/main.py"]\n'
}
SLOW_START = "import time\ntime.sleep(8)\n"


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with a_postgres() as url:
        yield f"{url}/postgres"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[World]:
    """A world of this module's own, whose store is PostgreSQL."""
    with a_world(tmp_path_factory.mktemp("postgres"), servers=1, SLIPWAY_DATABASE_URL=database) as made:
        yield made


@pytest.fixture(scope="module")
def shop(world: World) -> Repo:
    repo = world.repo("shop", tiny())
    repo.push()
    return repo


def newest(world: World, app: str) -> str:
    return str(next(iter(world.deploys(app)), {"state": "none"})["state"])


def is_at(world: World, app: str, stage: str) -> bool:
    """Whether a step of that stage has ended, in the newest deploy of an app that still runs."""
    deploy = world.deploys(app)[0]
    records = world.json(f"/deploys/{deploy['id']}/transcript")
    return deploy["state"] == "running" and any(record["stage"] == stage for record in records)


def test_push_config_and_rollback_are_kept_in_postgresql(world: World, shop: Repo, database: str) -> None:
    assert world.get("shop").json() == {"greeting": "hello", "release": "v1"}
    world.slipway("config", "set", "GREETING=hi", "--app", "shop")
    assert environment(world, "shop")["GREETING"] == "hi"
    world.slipway("rollback", "--app", "shop")
    assert world.get("shop").json()["release"] == "v3"
    assert json.loads(world.slipway("config", "list", "--app", "shop", "--json").stdout)["vars"] == []
    assert not list(Path(world.plane.settings["SLIPWAY_DATA_DIR"]).glob("*.db"))
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT number FROM release ORDER BY number").fetchall() == [
            (1,),
            (2,),
            (3,),
        ]
    del shop


def test_a_deploy_goes_on_after_a_kill(world: World, shop: Repo) -> None:
    shop.write({"main.py": SLOW_START + WEB.replace('"hello"', '"resumed"')}, "Starts slowly")
    push = shop.start_push()
    wait_until(lambda: is_at(world, "shop", "start"), 60, "the start")
    world.plane.kill()
    push.communicate(timeout=30)
    assert world.get("shop").json()["greeting"] == "hello"
    world.plane.start()
    wait_until(lambda: newest(world, "shop") == "live", 60, "the end of the deploy")
    assert world.get("shop").json()["greeting"] == "resumed"


def test_a_second_process_takes_over_what_a_dead_one_left(
    world: World, shop: Repo, database: str, tmp_path: Path
) -> None:
    """One deploy is in its rollout, one waits behind it, and of one only the dead process had the source."""
    shop.write({"main.py": SLOW_START + WEB.replace('"hello"', '"taken over"')}, "Taken over")
    build = world.repo("inbuild", tiny() | SLOW_BUILD).start_push()
    wait_until(lambda: newest(world, "inbuild") == "running", 60, "the build")
    rollout = shop.start_push()
    wait_until(lambda: is_at(world, "shop", "start"), 60, "the start")
    waiting = world.api("PATCH", "/apps/shop/config", json={"set": {"GREETING": "after it"}}).json()["deploy"]
    first = world.plane
    first.kill()
    for push in (rollout, build):
        push.communicate(timeout=30)
        assert push.returncode != 0
    with a_second(first, tmp_path / "second", database) as second:
        world.plane = second
        try:
            assert newest(world, "inbuild") == "running"
            wait_until(lambda: newest(world, "inbuild") == "failed", LAPSE_SECONDS + 30, "the takeover")
            error = world.json(f"/deploys/{world.deploys('inbuild')[0]['id']}")["error"]
            assert "another process" in error["detail"]
            assert error["next"] == "push again"
            wait_until(lambda: newest(world, "shop") == "live", 60, "the end of what waited")
            after, taken = world.deploys("shop")[:2]
            assert (after["id"], taken["state"]) == (waiting["id"], "live")
            assert after["release"] == taken["release"] + 1
            assert world.get("shop").json()["greeting"] == "taken over"
            assert environment(world, "shop")["GREETING"] == "after it"
        finally:
            world.plane = first
            first.start()


def test_a_process_that_was_taken_for_dead_ends_itself(world: World, database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("DELETE FROM worker")
    wait_until(lambda: world.plane.exit_code() == LOST, BEAT_SECONDS + 10, "the end of the process")
    assert "took its work over" in world.plane.log.read_text()
    world.plane.start()
    world.slipway("config", "set", "GREETING=again", "--app", "shop")


@contextmanager
def a_second(first: ControlPlane, folder: Path, database: str) -> Iterator[ControlPlane]:
    """Another process on the same store and registry, with a data folder of its own and the same key."""
    data = folder / "data"
    data.mkdir(parents=True)
    shutil.copy(Path(first.settings["SLIPWAY_DATA_DIR"]) / "secrets.key", data)
    registry = first.settings["SLIPWAY_REGISTRY_PORT"]
    second = ControlPlane(folder, SLIPWAY_DATABASE_URL=database, SLIPWAY_REGISTRY_PORT=registry)
    second.token = first.token
    try:
        second.start()
        yield second
    finally:
        second.stop()
