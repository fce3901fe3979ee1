"""A bare machine becomes ready for apps; a part that is lost comes back; nothing else happens."""

from dataclasses import replace
from typing import Any

import pytest

from runtime import paths
from runtime.bootstrap import WANTED_FILES, bootstrap
from runtime.files import proxy_files
from runtime.serverfacts import ServerFacts
from slipway.errors import PortTaken, ServerError
from slipway.plan import Write
from templates.engine import Engine

ENGINE = Engine()
IMAGE = f"127.0.0.1:5077/base/caddy@sha256:{'c' * 64}"
BARE = ServerFacts("web1", os="debian 13", curl=False)
READY = ServerFacts(
    "web1",
    os="debian 13",
    docker="26.1.5",
    compose="2.26.1",
    proxy_running=True,
    networks=(paths.EDGE_NETWORK, "slipway-app-shop", "somebody-elses"),
    proxy_networks=(paths.EDGE_NETWORK, "slipway-app-shop"),
    volumes=paths.PROXY_VOLUMES,
    images=(IMAGE,),
    files=proxy_files(IMAGE, ENGINE),
)


def lines(facts: ServerFacts) -> list[str]:
    plan = bootstrap(facts, IMAGE, ENGINE).stages[0].plans[0]
    short = "docker compose --project-directory /opt/slipway/proxy --file /opt/slipway/proxy/compose.yaml"
    return [step.shown().replace(short, "proxy").replace(IMAGE, "IMAGE") for step in plan.steps]


def test_a_bare_machine_gets_docker_then_the_proxy() -> None:
    assert lines(BARE) == [
        "write /etc/docker/daemon.json (mode 0644)",
        "env DEBIAN_FRONTEND=noninteractive apt-get update --quiet",
        "env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends "
        "docker.io docker-cli docker-compose curl",
        "mkdir -p /opt/slipway/proxy/sites /opt/slipway/proxy/serving /opt/slipway/proxy/run "
        "/opt/slipway/apps",
        "write /opt/slipway/README.md (mode 0644)",
        "write /opt/slipway/proxy/Caddyfile (mode 0644)",
        "write /opt/slipway/proxy/compose.yaml (mode 0644)",
        "docker network create --driver bridge slipway-0-edge",
        "docker volume create slipway-caddy-data",
        "docker volume create slipway-caddy-config",
        "docker pull --quiet IMAGE",
        "proxy up --detach --wait",
    ]


@pytest.mark.parametrize("system", ["debian 12", "ubuntu 20.04", "alpine 3.20", ""])
def test_a_system_whose_packages_lack_the_plugin_is_refused_with_what_to_do(system: str) -> None:
    with pytest.raises(ServerError) as caught:
        bootstrap(replace(BARE, os=system), IMAGE, ENGINE)
    assert "Compose plugin" in caught.value.what
    assert "Debian 13" in caught.value.next


def test_a_machine_that_is_ready_is_left_alone() -> None:
    assert bootstrap(READY, IMAGE, ENGINE).is_empty


@pytest.mark.parametrize(
    ("lost", "steps"),
    [
        ({"curl": False}, ["apt-get update", "--no-install-recommends curl"]),
        ({"volumes": paths.PROXY_VOLUMES[:1]}, ["docker volume create slipway-caddy-config"]),
        ({"images": ()}, ["docker pull --quiet IMAGE"]),
        (
            {"proxy_running": False, "proxy_networks": ()},
            ["proxy up", "docker network connect slipway-app-shop slipway-proxy"],
        ),
        (
            {"proxy_networks": (paths.EDGE_NETWORK,)},
            ["docker network connect slipway-app-shop slipway-proxy"],
        ),
        (
            {"files": {**READY.files, paths.CADDYFILE: "changed"}},
            ["mkdir", "write /opt/slipway/proxy/Caddyfile", "caddy validate", "caddy reload"],
        ),
        (
            {"files": {**READY.files, paths.PROXY_COMPOSE: "changed"}},
            [
                "mkdir",
                "write /opt/slipway/proxy/compose.yaml",
                "proxy up",
                "docker network connect slipway-app-shop",
            ],
        ),
        ({"files": {**READY.files, paths.README: None}}, ["mkdir", "write /opt/slipway/README.md"]),
    ],
)
def test_a_part_that_is_lost_comes_back_and_no_more(lost: dict[str, Any], steps: list[str]) -> None:
    found = lines(replace(READY, **lost))
    assert len(found) == len(steps)
    assert [step for step, line in zip(steps, found, strict=True) if step not in line] == []


def test_an_operators_own_settings_of_docker_are_never_replaced() -> None:
    own = replace(BARE, files={paths.DAEMON_JSON: "{}"})
    assert not [line for line in lines(own) if "daemon.json" in line]
    with_docker = replace(READY, compose="")
    assert not [line for line in lines(with_docker) if "daemon.json" in line]


def test_another_programs_port_is_named() -> None:
    with pytest.raises(PortTaken, match="port 443 belongs to nginx") as caught:
        bootstrap(replace(BARE, port_holders={443: "nginx"}), IMAGE, ENGINE)
    assert "slipway ssh web1" in caught.value.next


@pytest.mark.parametrize("system", ["alpine 3.20", ""])
def test_a_system_that_is_not_known_is_told_what_is_missing(system: str) -> None:
    with pytest.raises(ServerError, match="without Docker, its Compose plugin, curl"):
        bootstrap(replace(BARE, os=system), IMAGE, ENGINE)
    assert bootstrap(replace(READY, os=system), IMAGE, ENGINE).is_empty


def test_facts_are_asked_for_every_file_that_is_written() -> None:
    plan = bootstrap(BARE, IMAGE, ENGINE).stages[0].plans[0]
    assert {step.path for step in plan.steps if isinstance(step, Write)} == set(WANTED_FILES)
