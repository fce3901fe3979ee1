"""Commands as argv, what removes an app, and what differs from a release."""

from dataclasses import replace

import pytest

from runtime import caddy, docker
from runtime.hostkeys import fingerprint, known_hosts
from runtime.output import KEPT_BYTES, Output
from runtime.remove import remove
from runtime.serverfacts import ServerFacts
from runtime.verify import verify
from slipway.plan import Rollout
from tests.runtime.shop import NEW, V1, V2, containers, serving

FOLDER = "/opt/slipway/apps/shop/releases/2"
COMPOSE = f"docker compose --project-directory {FOLDER} --file {FOLDER}/compose.yaml"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (docker.pull("x@sha256:1"), "docker pull --quiet x@sha256:1"),
        (
            docker.up("shop", 2, ["web", "worker"]),
            f"{COMPOSE} up --detach --no-deps --remove-orphans web worker",
        ),
        (docker.stop("shop", 2), f"{COMPOSE} stop"),
        (docker.start("shop", 2), f"{COMPOSE} up --detach --no-recreate"),
        (docker.down("shop", 2), f"{COMPOSE} --profile * down --remove-orphans"),
        (
            docker.run_release("shop", 2),
            f"{COMPOSE} --profile release run --rm --no-TTY --name shop-v2-release-command release_command",
        ),
        (docker.remove_containers(["a", "b"]), "docker rm --force a b"),
        (docker.create_network("n"), "docker network create --driver bridge n"),
        (
            docker.create_network("n", "shop"),
            "docker network create --driver bridge --label=slipway.app=shop n",
        ),
        (docker.create_volume("v", "shop"), "docker volume create --label=slipway.app=shop v"),
        (docker.connect("n", "c"), "docker network connect n c"),
        (docker.remove_image("x@sha256:1"), "docker image rm x@sha256:1"),
        (
            docker.proxy("up", "--detach"),
            "docker compose --project-directory /opt/slipway/proxy "
            "--file /opt/slipway/proxy/compose.yaml up --detach",
        ),
        (caddy.validate(), "docker exec slipway-proxy caddy validate --config /etc/caddy/Caddyfile"),
        (caddy.reload(), "docker exec slipway-proxy caddy reload --config /etc/caddy/Caddyfile"),
    ],
)
def test_a_command_is_this_line(argv: tuple[str, ...], line: str) -> None:
    assert " ".join(argv) == line


def test_no_command_ends_a_volume() -> None:
    assert not [
        word for word in (*docker.down("shop", 2), *docker.stop("shop", 2)) if word in ("-v", "--volumes")
    ]


def lines(found: Rollout) -> list[str]:
    return [
        step.shown().replace(COMPOSE, "compose v2") for stage in found.stages for step in stage.plans[0].steps
    ]


def test_removing_an_app_leaves_its_volumes_and_the_other_apps() -> None:
    other = replace(containers(V1)[0], app="other", release=7)
    found = serving(V2, volumes=("slipway-shop-data",), containers=(*containers(V2), other))
    assert lines(remove("shop", found)) == [
        "rm -f /opt/slipway/proxy/sites/shop.caddy",
        "docker exec slipway-proxy caddy reload --config /etc/caddy/Caddyfile",
        "rm -f /opt/slipway/proxy/serving/shop",
        "compose v2 --profile '*' down --remove-orphans",
        "docker network disconnect slipway-app-shop slipway-proxy",
        "docker network rm slipway-app-shop",
        "rm -rf /opt/slipway/apps/shop",
    ]


def test_an_app_without_its_folder_is_still_removed() -> None:
    assert "docker rm --force shop-v2-web-0 shop-v2-web-1 shop-v2-worker-0" in lines(
        remove("shop", serving(V2, releases={}))
    )


def test_removing_an_app_that_is_not_there_does_nothing() -> None:
    assert remove("shop", ServerFacts("web1")).is_empty


def test_a_server_that_is_as_the_release_says_differs_in_nothing() -> None:
    assert verify(V2, serving(V2)) == []


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (serving(V2, containers=containers(V2)[1:]), ["web: 1 of 2 replicas run"]),
        (
            serving(V2, containers=containers(V2, "exited")),
            ["web: 0 of 2 replicas run", "worker: 0 of 1 replicas run"],
        ),
        (serving(V2, serving={"shop": "shop-v1-web"}), ["the proxy serves shop-v1-web"]),
        (serving(V2, serving={}), ["the proxy serves nothing"]),
        (serving(V2, proxy_running=False), ["the proxy does not run"]),
        (
            serving(V2, containers=(*containers(V2)[:2], replace(containers(V2)[2], image="other"))),
            [f"worker: runs other instead of {NEW}"],
        ),
    ],
)
def test_what_differs_is_told(facts: ServerFacts, told: list[str]) -> None:
    assert verify(V2, facts) == told


def test_a_key_is_shown_as_ssh_keygen_shows_it() -> None:
    assert fingerprint(KEY) == "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"


@pytest.mark.parametrize(("port", "name"), [(22, "web1"), (2222, "[web1]:2222")])
def test_a_known_host_has_its_port_when_it_is_another(port: int, name: str) -> None:
    assert known_hosts("web1", port, KEY) == f"{name} {KEY}"


def test_output_comes_in_whole_lines_whatever_the_pieces() -> None:
    seen: list[str] = []
    output = Output(seen.append)
    for piece in (b"47", b"11\nfir", b"st\r\nse", b"gr", b"\xc3", b"\xbcn\nlast"):
        output.take(piece)
    assert (output.pid, seen) == ("4711", ["first", "segrün"])
    assert output.text() == "first\nsegrün\nlast"


def test_output_without_an_end_takes_a_bounded_amount_of_memory() -> None:
    output = Output()
    output.take(b"1\n")
    for _ in range(40):
        output.take(b"x" * (KEPT_BYTES // 10))
    assert len(output.text()) <= 2 * KEPT_BYTES
    for number in range(5):
        output.take(b"y" * (KEPT_BYTES // 3) + f" {number}\n".encode())
    assert output.text().endswith(" 4")
    assert len(output.text()) <= KEPT_BYTES


def test_the_tail_of_an_output_is_its_last_lines() -> None:
    output = Output()
    output.take(b"1\n" + b"".join(b"%d\n" % number for number in range(50)))
    assert output.tail(2) == ["48", "49"]
