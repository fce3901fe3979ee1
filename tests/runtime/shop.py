"""An app called shop, servers in the states that a rollout may find, and plans in short."""

import shlex
from dataclasses import replace
from typing import Any

from runtime import docker, files, paths
from runtime.rollout import Change, rollout
from runtime.serverfacts import Container, ServerFacts
from slipway.plan import Plan, Rollout
from slipway.release import Domain, Image, Process, Release
from slipway.secret import Secret
from templates.engine import Engine

ENGINE = Engine()
NEW, OLD = f"127.0.0.1:5077/shop@sha256:{'b' * 64}", f"127.0.0.1:5077/shop@sha256:{'a' * 64}"
V2 = Release(
    app="shop",
    number=2,
    image=Image(NEW, size=100 << 20),
    processes=(Process("web", ("serve",), port=8000, replicas=2), Process("worker", ("work",))),
    domains=(Domain("shop.example.org"),),
    env={"KEY": Secret("hunter22")},
    config_revision=7,
)
V1 = replace(V2, number=1, image=Image(OLD, size=90 << 20), config_revision=6)
FOLDERS = f"{paths.ROOT}/apps/shop/releases"
COMPOSE = f"docker compose --project-directory {FOLDERS}/N --file {FOLDERS}/N/compose.yaml"


def bare(**more: Any) -> ServerFacts:  # noqa: ANN401 - any field of the facts
    """A server that is set up, and has no app yet."""
    return ServerFacts("web1", docker="26.1", proxy_running=True, disk_free=20 << 30, **more)


def containers(release: Release, state: str = "running") -> tuple[Container, ...]:
    return tuple(
        Container(
            f"{release.project}-{process.name}-{number}",
            "shop",
            release.number,
            process.name,
            release.image.reference,
            state,
        )
        for process in release.processes
        for number in range(process.replicas)
    )


def serving(release: Release, **more: Any) -> ServerFacts:  # noqa: ANN401 - any field of the facts
    """A server where a release is live."""
    network = paths.network("shop")
    found = bare(
        networks=(network,),
        proxy_networks=(network,),
        containers=containers(release),
        images=(release.image.reference,),
        serving={"shop": release.serving_name},
        current={"shop": release.number},
        releases={"shop": (release.number,)},
        release_images={"shop": {release.number: release.image.reference}},
        files={
            paths.site("shop"): files.site(release, ENGINE),
            f"{FOLDERS}/{release.number}/transcript.sh": "#!/usr/bin/env bash\n",
        },
    )
    return replace(found, **more)


def plans(found: Rollout, server: str = "web1") -> dict[str, Plan]:
    return {stage.name: plan for stage in found.stages for plan in stage.plans if plan.server == server}


def shown(found: Rollout, server: str = "web1") -> list[str]:
    """The steps of all stages in short: what is done, without why."""
    lines = []
    for stage, plan in plans(found, server).items():
        lines += [f"{stage}: {short(step.shown())}" for step in plan.steps]
    return lines


def undone(plan: Plan) -> list[str]:
    return [short(step.shown()) for step in plan.on_failure]


def short(line: str) -> str:
    for number in ("1", "2", "3"):
        line = line.replace(COMPOSE.replace("/N", f"/{number}"), f"compose v{number}")
        line = line.replace(shlex.join(docker.stay_off("shop", int(number))), f"stay off v{number}")
    for long, word in (
        (f"{FOLDERS}/", ""),
        (f"{paths.PROXY}/", ""),
        (NEW, "NEW"),
        (OLD, "OLD"),
        ("docker exec slipway-proxy ", ""),
        (" --config /etc/caddy/Caddyfile", ""),
        (f"{paths.ROOT}/apps/shop/", ""),
    ):
        line = line.replace(long, word)
    return line


def plan_of(wanted: Release, previous: Release | None, *servers: ServerFacts) -> Rollout:
    return rollout(Change(wanted, previous, ENGINE), {server.server: server for server in servers})


START_V2 = [
    "start: compose v2 up --detach --no-deps --remove-orphans web worker",
    "start: probe 2 x shop-v2 web: GET :8000/ (Host: shop.example.org)",
    "start: watch 1 x shop-v2 worker stay up",
]
FILES_V2 = [
    "deliver: write 2/compose.yaml (mode 0644)",
    "deliver: write 2/env (mode 0600)",
]
SCRIPT_V2 = "deliver: write 2/transcript.sh (mode 0755)"
