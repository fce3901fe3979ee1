"""A machine without Docker is made ready by what the plan shows, and by nothing else."""

import json
from collections.abc import Iterator

import pytest

from tests.acceptance.world import World, a_world, wait_until

pytestmark = pytest.mark.acceptance

GONE = (
    "touch /run/dockerd.stopped; service docker stop; "
    "DEBIAN_FRONTEND=noninteractive apt-get purge --yes --quiet docker.io docker-cli docker-compose curl; "
    "rm -f /etc/docker/daemon.json /run/dockerd.stopped; command -v docker curl || echo gone"
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world of this module's own: in a shared one, every app would go to the bare machine too."""
    with a_world(tmp_path_factory.mktemp("bare"), servers=0) as made:
        yield made


def test_a_machine_without_docker_is_planned_then_set_up_then_left_alone(world: World) -> None:
    server = world.sandbox.create("bare", world.json("/ssh-key")["public_key"])
    shown = world.sandbox.container("bare").exec_run(["sh", "-c", GONE]).output
    assert isinstance(shown, bytes)
    assert shown.decode().rstrip().endswith("gone")
    address = f"root@127.0.0.1:{server.ssh_port}"
    plan = world.slipway("server", "add", address, "--name", "bare", "--yes", "--plan").stdout
    assert "docker.io docker-cli docker-compose curl" in plan
    told = world.slipway("server", "bootstrap", "bare").stdout
    assert "bare is ready for apps" in told
    wait_until(lambda: world.json("/servers/bare/status")["ok"], 30, "the proxy")
    again = json.loads(world.slipway("server", "plan", "bare", "--json").stdout)
    assert again["servers"] == []
