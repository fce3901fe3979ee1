"""No request fails while who serves is changed: pages over keep-alive, slow ones, an upload, a WebSocket."""

import asyncio
from collections.abc import Callable

import pytest

from benchmarks.load import APP, Load
from tests.acceptance.world import Repo, World

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def busy(world: World) -> Repo:
    repo = world.repo("busy", {path.name: path.read_text() for path in APP.iterdir() if path.is_file()})
    repo.push()
    return repo


def test_no_request_fails_during_deploys_a_rollback_and_a_change_of_scale(world: World, busy: Repo) -> None:
    def change(number: int) -> Callable[[], object]:
        def push() -> str:
            busy.replace("main.py", f"VERSION = {number - 1}", f"VERSION = {number}")
            return busy.push()

        return push

    cutovers = [
        change(1),
        change(2),
        lambda: world.slipway("rollback", "--app", "busy"),
        lambda: world.slipway("scale", "web=2", "--app", "busy"),
        change(3),
    ]
    load = Load(world.servers[0].http_port, "busy.localhost", connections=20)
    seen = asyncio.run(load.during(cutovers))
    assert seen.failures == []
    assert seen.requests > 200
    assert [set(+crossed) for crossed in seen.crossed] == [{"slow", "upload", "websocket"}] * len(cutovers)
