"""A server is read in one go; what its script printed becomes facts."""

import base64
import json
from typing import Any, cast

import pytest

from runtime.facts import gather, parse
from runtime.serverfacts import Container
from runtime.ssh import Address, Result, Ssh
from slipway.errors import ServerError
from templates.engine import Engine

IMAGE = f"127.0.0.1:5077/shop@sha256:{'a' * 64}"
LABELS = {"slipway.app": "shop", "slipway.release": "12", "slipway.process": "web"}


def container(id_: str, labels: dict[str, str], state: str = "running", status: str = "Up 2 hours") -> Any:  # noqa: ANN401
    networks = {"slipway-app-shop": {"IPAddress": "10.201.0.66" if state == "running" else ""}}
    return {
        "Id": id_ * 32,
        "Image": IMAGE,
        "Labels": labels,
        "State": state,
        "Status": status,
        "NetworkSettings": {"Networks": networks},
    }


DOCKER = {
    "version": {"Version": "26.1.5"},
    "containers/json?all=1": [
        container("ab", LABELS),
        container("cd", LABELS, "exited", "Exited (137) 3 minutes ago"),
        container("ef", {**LABELS, "com.docker.compose.oneoff": "True"}),
        container("99", {"com.docker.compose.project": "somebody-else"}),
    ],
    "images/json": [{"RepoDigests": [IMAGE]}, {"RepoDigests": None}],
    "networks": [{"Name": "slipway-app-shop"}, {"Name": "bridge"}],
    "volumes": {"Volumes": [{"Name": "slipway-shop-data"}], "Warnings": None},
    "containers/slipway-proxy/json": {
        "State": {"Running": True},
        "NetworkSettings": {"Networks": {"slipway-0-edge": {}, "slipway-app-shop": {}}},
    },
}
PARTS = {
    "system": "0\ndebian 13\nx86_64\n4\n0.25\n8000000\n6000000\n 50000000000 80000000000\n2026-11-24T20:00Z",
    "curl": "/usr/bin/curl",
    "compose": "2.26.1",
    "ports": 'LISTEN 0 4096 0.0.0.0:80 0.0.0.0:* users:(("docker-proxy",pid=7,fd=4))\n'
    'LISTEN 0 511 [::]:443 [::]:* users:(("nginx",pid=9,fd=6))',
    **{f"docker {path}": json.dumps(answer) for path, answer in DOCKER.items()},
    "serving": "shop shop-v12-web\nempty ",
    "releases": f"shop 11 \nshop 12 {IMAGE}\nshop new ",
    "current": "shop 12\nodd not-a-number",
    "file /opt/a": base64.b64encode("grün\n".encode()).decode(),
    "file /opt/b": "",
    "end": "",
}
OUTPUT = "motd of the server\n" + "".join(f"\n\x1e{name}\n{text}\n" for name, text in PARTS.items())


class Recorded:
    """A server whose script printed this once."""

    address = Address("web1", "192.0.2.1", 22, "root", "")

    def __init__(self, output: str) -> None:
        self.output = output
        self.asked: list[str] = []

    def script(self, text: str, arguments: list[str], *, timeout: float) -> Result:
        assert "changes nothing" in text
        assert timeout > 0
        self.asked = list(arguments)
        return Result(0, self.output, 0.1)


def test_every_fact_is_read_from_the_recorded_output() -> None:
    server = Recorded(OUTPUT)
    facts = gather(cast(Ssh, server), Engine(), ["/opt/a", "/opt/b"])
    assert server.asked == ["/opt/a", "/opt/b"]
    assert (facts.server, facts.uid, facts.os) == ("web1", 0, "debian 13")
    assert (facts.arch, facts.cpus) == ("x86_64", 4)
    assert (facts.load, facts.memory_total, facts.memory_free) == (0.25, 8192000000, 6144000000)
    assert (facts.disk_free, facts.disk_total) == (50_000_000_000, 80_000_000_000)
    assert (facts.docker, facts.compose, facts.curl) == ("26.1.5", "2.26.1", True)
    assert facts.images == (IMAGE,)
    assert facts.networks == ("bridge", "slipway-app-shop")
    assert facts.volumes == ("slipway-shop-data",)
    assert (facts.proxy_running, facts.proxy_networks) == (True, ("slipway-0-edge", "slipway-app-shop"))
    assert facts.serving == {"shop": "shop-v12-web", "empty": ""}
    assert facts.releases == {"shop": (11, 12)}
    assert facts.release_images == {"shop": {11: "", 12: IMAGE}}
    assert facts.current == {"shop": 12, "odd": 0}
    assert facts.files == {"/opt/a": "grün\n", "/opt/b": None}
    assert facts.read_at == "2026-11-24T20:00Z"


def test_containers_of_apps_are_known_and_others_are_not() -> None:
    facts = parse("web1", PARTS)
    up, down, oneoff = facts.containers
    assert up == Container(
        "abababababab", "shop", 12, "web", IMAGE, "running", "10.201.0.66", 0, "Up 2 hours"
    )
    assert (down.state, down.exit_code, down.address) == ("exited", 137, "")
    assert oneoff.oneoff
    assert facts.of("shop", 12) == (up, down)
    assert facts.of("shop", 11) == facts.of("other") == ()


def test_another_programs_port_is_told_and_the_proxys_own_is_not() -> None:
    assert parse("web1", PARTS).port_holders == {443: "nginx"}
    stopped = PARTS | {"docker containers/slipway-proxy/json": '{"message": "No such container"}'}
    assert parse("web1", stopped).port_holders == {80: "docker-proxy", 443: "nginx"}


def test_a_machine_without_docker_is_a_fact_and_no_error() -> None:
    bare = {name: text if not name.startswith("docker") else "" for name, text in PARTS.items()}
    facts = parse("web1", bare | {"curl": "", "compose": ""})
    assert (facts.docker, facts.compose, facts.curl, facts.proxy_running) == ("", "", False, False)
    assert (facts.containers, facts.images, facts.networks) == ((), (), ())


@pytest.mark.parametrize("output", ["", "sh: 1: Syntax error\n", OUTPUT.partition("\x1eend")[0]])
def test_an_output_that_was_cut_is_no_fact(output: str) -> None:
    with pytest.raises(ServerError, match="could not be read") as caught:
        gather(cast(Ssh, Recorded(output)), Engine())
    assert caught.value.where == "web1"
