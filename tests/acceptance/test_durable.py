"""Deploys outlive the control plane, wait for each other, and end when they are told to."""

import subprocess
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from api.clock import now
from tests.acceptance.world import Repo, World, a_world, tiny, wait_until

pytestmark = pytest.mark.acceptance

SLOW_BUILD = {
    "Dockerfile": "FROM python:3.13-slim\nCOPY main.py /main.py\nRUN sleep 60\nUSER 1000\n"
    'CMD ["python", "/main.py"]\n'
}
"""A build in whose middle a test can act."""
SLOW_START = "import time\ntime.sleep(6)\n"
STAGES = ("build", "deliver", "start", "switch", "finish")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world of this module's own: it kills the control plane."""
    with a_world(tmp_path_factory.mktemp("durable")) as made:
        yield made


@pytest.fixture(scope="module")
def shop(world: World) -> Repo:
    repo = world.repo("shop", tiny())
    repo.push()
    return repo


def ended(world: World, app: str) -> bool:
    return all(deploy["state"] not in ("queued", "running") for deploy in world.deploys(app))


def seen(world: World, app: str, stage: str) -> bool:
    """Whether the newest deploy has come to a stage."""
    deploy = world.deploys(app)[0]
    if stage == "build":
        return bool(deploy["state"] == "running")
    return any(record["stage"] == stage for record in world.json(f"/deploys/{deploy['id']}/transcript"))


@pytest.fixture(autouse=True)
def _up(world: World) -> Iterator[None]:
    """A test that fails while the control plane is gone takes no other with it."""
    yield
    if world.plane.exit_code() is not None:
        world.plane.start()


@pytest.mark.parametrize("stage", STAGES)
def test_after_a_kill_the_deploy_goes_on_and_nothing_is_half_switched(
    world: World, shop: Repo, stage: str
) -> None:
    before = world.live("shop") or 0
    text = (shop.folder / "main.py").read_text().removeprefix(SLOW_START)
    slow = SLOW_START if stage in ("deliver", "start") else ""
    shop.write({"main.py": slow + text.replace(shop_greeting(shop), f'"at {stage}"')}, f"at {stage}")
    push = shop.start_push()
    wait_until(lambda: world.deploys("shop")[0]["source"]["subject"] == f"at {stage}", 30, "the deploy")
    wait_until(lambda: seen(world, "shop", stage), 60, stage)
    killed_at = now()
    world.plane.kill()
    push.communicate(timeout=30)
    for server in range(2):
        assert world.get("shop", server=server).status_code == 200
    world.plane.start()
    wait_until(lambda: ended(world, "shop"), 60, "the end of the deploy")
    deploy = world.deploys("shop")[0]
    was_live = deploy["finished_at"] < killed_at
    # A switch and the check after it take a moment: the kill may come when the change is live already.
    assert not was_live or stage in ("switch", "finish")
    assert was_live or push.returncode != 0
    assert deploy["state"] == "live"
    assert (world.live("shop") or 0) > before
    answers = {world.get("shop", server=server).json()["greeting"] for server in range(2)}
    assert answers == {f"at {stage}"}
    wait_until(lambda: len(world.on(0, "docker ps -q --filter label=slipway.app=shop").split()) == 1, 30)


def shop_greeting(shop: Repo) -> str:
    line = next(
        line for line in (shop.folder / "main.py").read_text().splitlines() if line.startswith("GREETING")
    )
    return line.partition(" = ")[2]


def test_a_cancel_ends_a_build_within_two_seconds(world: World, shop: Repo) -> None:
    repo = world.repo("slowbuild", tiny() | SLOW_BUILD)
    push = repo.start_push()
    wait_until(lambda: any("sleep 60" in line for line in processes()), 60, "the build's command")
    took = cancel_and_wait(world, "slowbuild")
    assert took < 2.0
    output, _ = push.communicate(timeout=10)
    assert push.returncode != 0
    assert "cancelled by admin" in output
    assert "nothing yet" in output
    wait_until(
        lambda: not any("sleep 60" in line for line in processes()), 5, "the end of the build's command"
    )
    del shop


def test_a_cancel_while_an_app_starts_leaves_the_old_release_serving(world: World, shop: Repo) -> None:
    greeting = world.get("shop").json()["greeting"]
    live = world.live("shop")
    text = (shop.folder / "main.py").read_text()
    shop.write({"main.py": SLOW_START + text}, "Starts slowly")
    push = shop.start_push()
    wait_until(
        lambda: world.deploys("shop")[0]["state"] == "running" and seen(world, "shop", "start"),
        60,
        "the start",
    )
    took = cancel_and_wait(world, "shop")
    assert took < 2.0
    push.communicate(timeout=15)
    assert push.returncode != 0
    assert world.live("shop") == live
    assert world.get("shop").json()["greeting"] == greeting
    shop.write({"main.py": text}, "Starts quickly")


def test_a_newer_push_replaces_one_that_waits_and_one_change_runs_at_a_time(world: World, shop: Repo) -> None:
    text = (shop.folder / "main.py").read_text()
    pushes = []
    for name in ("first", "second", "third"):
        folder = world.folder / "repos" / f"shop-{name}"
        subprocess.run(["git", "clone", "--quiet", str(shop.folder), str(folder)], check=True)
        clone = Repo(world, "shop", folder)
        clone.git("remote", "add", "slipway", f"{world.plane.url}/git/shop.git")
        clone.git("config", f"credential.{world.plane.url}.helper", "!slipway git-credential")
        slow = SLOW_START if name == "first" else ""
        clone.write({"main.py": slow + text.replace(shop_greeting(shop), f'"{name}"')}, name)
        pushes.append(clone.start_push())
        wait_until(lambda name=name: stands(world, name), 30, name)  # type: ignore[misc]
    outputs = [push.communicate(timeout=90)[0] for push in pushes]
    assert pushes[0].returncode == 0, outputs[0]
    assert pushes[1].returncode != 0
    assert "replaced by the newer push" in outputs[1]
    # The third was made from what was live before the first, so git may refuse to move the branch to it.
    assert world.deploys("shop")[0]["state"] == "live"
    assert world.get("shop").json()["greeting"] == "third"


def stands(world: World, subject: str) -> bool:
    """Whether the newest deploy is that push, and the first of them is under way."""
    newest = world.deploys("shop")[0]
    return newest["source"]["subject"] == subject and (subject != "first" or newest["state"] == "running")


def cancel_and_wait(world: World, app: str) -> float:
    """Seconds from `slipway cancel` until the deploy has ended."""
    deploy = world.deploys(app)[0]["id"]
    started = time.monotonic()
    assert world.api("POST", f"/deploys/{deploy}/cancel").status_code == 200
    wait_until(lambda: world.json(f"/deploys/{deploy}")["state"] == "cancelled", 10, "the cancel")
    return time.monotonic() - started


def processes() -> list[str]:
    shown = subprocess.run(["ps", "axo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in shown.splitlines() if not line.startswith("ps ")]


def test_no_request_fails_while_the_control_plane_is_gone(world: World, shop: Repo) -> None:
    world.plane.kill()
    done = threading.Event()
    codes: list[int] = []

    def ask() -> None:
        with httpx.Client(headers={"Host": "shop.localhost"}, timeout=10) as client:
            while not done.is_set() and len(codes) < 2000:
                codes.append(client.get(f"http://127.0.0.1:{world.servers[0].http_port}/").status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    world.plane.start()
    done.set()
    asking.join()
    assert codes
    assert set(codes) == {200}
    del shop
