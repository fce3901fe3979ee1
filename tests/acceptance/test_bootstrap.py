"""A machine without Docker is made ready by what the plan shows, and by nothing else."""

import json

import pytest

from tests.acceptance.world import World, wait_until

pytestmark = pytest.mark.acceptance

GONE = (
    "touch /run/dockerd.stopped; service docker stop; "
    "DEBIAN_FRONTEND=noninteractive apt-get purge --yes --quiet docker.io docker-cli docker-compose curl; "
    "rm -f /etc/docker/daemon.json /run/dockerd.stopped; command -v docker curl || echo gone"
)


def test_a_machine_without_docker_is_planned_then_set_up_then_left_alone(world: World) -> None:
    key = world.json("/ssh-key")["public_key"]
    server = world.sandbox.create("bare", key)
    try:
        shown = world.sandbox.container("bare").exec_run(["sh", "-c", GONE]).output
        assert shown.decode().rstrip().endswith("gone")  # type: ignore[union-attr]  # it is no stream
        address = f"root@127.0.0.1:{server.ssh_port}"
        plan = world.slipway("server", "add", address, "--name", "bare", "--yes", "--plan").stdout
        assert "docker.io docker-cli docker-compose curl" in plan
        assert "gone" in shown.decode()  # type: ignore[union-attr]  # as above
        told = world.slipway("server", "bootstrap", "bare").stdout
        assert "bare is ready for apps" in told
        wait_until(lambda: world.json("/servers/bare/status")["ok"], 30, "the proxy")
        again = json.loads(world.slipway("server", "plan", "bare", "--json").stdout)
        assert again["servers"] == []
    finally:
        world.api("DELETE", "/servers/bare")
        world.sandbox.remove("bare")
