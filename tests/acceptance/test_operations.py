"""What an operator can rely on: servers that need no slipway, scripts to run by hand, plans that are kept."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.byhand import answers, by_hand, settle
from tests.acceptance.world import Repo, World, tiny, wait_until

pytestmark = pytest.mark.acceptance

SPEC = """\
[release]
command = "python -c 'print(1)'"

[volumes]
data = "/data"
"""
FACTS = r"""
docker ps --all --no-trunc --format '{{.ID}} {{.Names}} {{.State}}' | sort
docker images --digests --format '{{.Repository}}@{{.Digest}}' | sort
docker network ls --format '{{.Name}}' | sort
docker volume ls --quiet | sort
find /opt/slipway /etc/cron.d -type f ! -path '*/proxy/run/*' -exec sha256sum {} + | sort -k 2
find /opt/slipway -type l -printf '%p -> %l\n' | sort
"""


@pytest.fixture(scope="module")
def shop(world: World) -> Repo:
    repo = world.repo("by-hand", tiny(slipway__toml=SPEC))
    repo.push()
    settle(world, repo.app)
    return repo


@pytest.fixture
def alone(world: World, shop: Repo) -> Iterator[Repo]:
    """slipway is off while a test runs."""
    world.plane.stop()
    yield shop
    world.plane.start()
    assert all(server["ok"] for server in world.json(f"/apps/{shop.app}/status")["servers"])


def facts(world: World) -> list[str]:
    """What is on each server, as far as slipway could have changed it."""
    return [world.on(server, FACTS) for server in range(2)]


def assert_is_bash(script: str) -> None:
    done = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_servers_serve_on_without_slipway_after_docker_restarts_and_a_reboot(
    world: World, alone: Repo
) -> None:
    assert all(answers(world, alone.app, server) for server in range(2))
    by_hand(world, "service docker restart", server=0)
    world.sandbox.stop("web2")
    assert not answers(world, alone.app, 1)
    world.sandbox.start("web2")
    for server in range(2):
        wait_until(
            lambda server=server: answers(world, alone.app, server),  # type: ignore[misc]
            40,
            f"an answer of server {server}",
        )


def test_a_release_is_operated_by_plain_compose_in_its_folder(world: World, alone: Repo) -> None:
    folder = f"cd /opt/slipway/apps/{alone.app}/current"
    by_hand(world, f"{folder} && docker compose stop --timeout 5")
    assert not answers(world, alone.app, 0)
    by_hand(world, f"{folder} && docker compose up --detach")
    wait_until(lambda: answers(world, alone.app, 0), 20, "an answer after compose up")
    listed = by_hand(world, f"{folder} && docker compose ps --format json")
    assert [json.loads(line)["State"] for line in listed.splitlines()] == ["running"]
    assert "ready" in by_hand(world, f"{folder} && docker compose logs web")


def test_the_script_in_a_release_folder_runs_by_hand_again_and_again(world: World, alone: Repo) -> None:
    path = f"/opt/slipway/apps/{alone.app}/releases/1/transcript.sh"
    assert_is_bash(by_hand(world, f"cat {path}"))
    before = facts(world)
    for _ in range(2):
        by_hand(world, f"bash {path}")
    assert facts(world) == before
    assert answers(world, alone.app, 0)


def test_the_script_brings_back_what_somebody_took_away(world: World, alone: Repo) -> None:
    """Containers, who serves, the domains and the network are gone; the script alone restores them."""
    path = f"/opt/slipway/apps/{alone.app}/releases/1"
    network = f"slipway-app-{alone.app}"
    by_hand(
        world,
        f"cd {path} && docker compose down && docker network disconnect {network} slipway-proxy && "
        f"docker network rm {network} && cd /opt/slipway/proxy && "
        f"rm serving/{alone.app} sites/{alone.app}.caddy && "
        "docker exec slipway-proxy caddy reload --config /etc/caddy/Caddyfile",
    )
    assert not answers(world, alone.app, 0)
    by_hand(world, f"bash {path}/transcript.sh")
    wait_until(lambda: answers(world, alone.app, 0), 10, "an answer after the script")


def test_the_exported_script_of_a_later_deploy_is_idempotent_too(world: World, shop: Repo) -> None:
    shop.replace("main.py", '"hello"', '"by hand"')
    shop.push()
    settle(world, shop.app)
    deploy = world.deploys(shop.app)[0]["id"]
    script = world.slipway("transcript", deploy, "--sh", "--server", "web1").stdout
    assert_is_bash(script)
    assert "web1" in script
    before = facts(world)
    container = world.sandbox.container("web1")
    for _ in range(2):
        done = container.exec_run(["bash", "-c", script])
        assert done.exit_code == 0, done.output
    assert facts(world) == before
    assert world.get(shop.app).json()["greeting"] == "by hand"
    refused = world.slipway("transcript", deploy, "--sh", ok=False)
    assert "web1, web2" in refused.stderr


def planned(world: World, repo: Repo) -> tuple[str, dict[str, Any], str]:
    """`slipway deploy --plan`: its hash, the plan as data, and what a person sees."""
    shown = world.slipway("deploy", "--plan", cwd=repo.folder).stdout
    deploy = world.deploys(repo.app)[0]
    assert deploy["state"] == "planned"
    plan = json.loads(world.slipway("plan", deploy["id"], "--json").stdout)
    assert f"--apply {plan['hash']}" in shown
    return plan["hash"], plan, shown


def steps(plan: dict[str, Any]) -> Counter[tuple[str, str, str, str]]:
    return Counter(
        (server["server"], step["stage"], step["command"], step["why"])
        for server in plan["servers"]
        for step in server["steps"]
    )


@pytest.fixture(scope="module")
def careful(world: World) -> Repo:
    """An app that is deployed by plans only."""
    repo = world.repo("careful", tiny(slipway__toml=SPEC))
    world.slipway("config", "set", "API_KEY=hunter22", "--app", repo.app)
    return repo


def test_a_plan_changes_nothing_and_is_what_then_runs(world: World, careful: Repo) -> None:
    """For the first release, and for one after it."""
    for number, greeting in ((1, "hello"), (2, "planned")):
        careful.write(
            {"main.py": (careful.folder / "main.py").read_text().replace('"hello"', f'"{greeting}"')}
        )
        before = facts(world)
        name, plan, shown = planned(world, careful)
        assert facts(world) == before
        assert world.live(careful.app) == (number - 1 or None)
        assert_tells_all(plan, shown)
        new = {"compose.yaml", "env", "Dockerfile", "transcript.sh"} if number == 1 else {"compose.yaml"}
        assert_shows_files(plan, new)
        applied = world.slipway("deploy", "--apply", name, cwd=careful.folder).stdout
        assert "live:" in applied
        assert world.get(careful.app, server=1).json() == {"greeting": greeting, "release": f"v{number}"}
        settle(world, careful.app)
        assert_ran_exactly(world, careful, plan)
        again = world.slipway("deploy", "--apply", name, cwd=careful.folder, ok=False)
        assert "the plan is" in again.stdout + again.stderr


def assert_tells_all(plan: dict[str, Any], shown: str) -> None:
    """On each server: every file as a diff, every command with its reason; and a person sees each of them."""
    assert {server["server"] for server in plan["servers"]} == {"web1", "web2"}
    for server in plan["servers"]:
        kinds = {step["kind"] for step in server["steps"]}
        assert {"run", "write", "probe", "switch"} <= kinds
        for step in server["steps"]:
            assert step["why"]
            assert step["why"] in shown
            assert step["command"] in shown
            assert all(line in shown for line in step["diff"].splitlines())
    assert "hunter22" not in shown + json.dumps(plan)


def assert_shows_files(plan: dict[str, Any], new: set[str]) -> None:
    """The diffs of a release's files; one that is as in the release before has none."""
    for server in plan["servers"]:
        writes = [step for step in server["steps"] if step["kind"] == "write"]
        names = {step["command"].split()[1].rpartition("/")[2] for step in writes}
        assert {"compose.yaml", "env", "Dockerfile", "transcript.sh"} <= names
        changed = {step["command"].split()[1].rpartition("/")[2] for step in writes if step["diff"]}
        assert new <= changed


def assert_ran_exactly(world: World, repo: Repo, plan: dict[str, Any]) -> None:
    """The transcript holds every step of the plan, once, and no other."""

    def records() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = world.json(f"/deploys/{world.deploys(repo.app)[0]['id']}/transcript")
        return found

    def ran() -> Counter[tuple[str, str, str, str]]:
        return Counter((it["server"], it["stage"], it["command"], it["why"]) for it in records())

    wait_until(lambda: ran().total() >= steps(plan).total(), 30, "the last step")
    assert ran() == steps(plan)
    kept = records()
    for server in plan["servers"]:
        for step in server["steps"]:
            added = [line[1:] for line in step["diff"].splitlines()[2:] if line.startswith("+")]
            record = next(
                item
                for item in kept
                if (item["server"], item["command"]) == (server["server"], step["command"])
            )
            assert set(added) <= set(record["stdin"].splitlines())


def test_an_apply_is_refused_after_something_changed(world: World, careful: Repo) -> None:
    careful.write({"main.py": (careful.folder / "main.py").read_text().replace('"planned"', '"later"')})
    live = world.live(careful.app)
    name, _, _ = planned(world, careful)
    boxes = f"$(docker ps --quiet --filter label=slipway.app={careful.app})"
    by_hand(world, f"docker rm --force {boxes}", server=1)
    before = facts(world)
    refused = world.slipway("deploy", "--apply", name, cwd=careful.folder, ok=False)
    assert "a server or the app changed since" in refused.stdout + refused.stderr
    assert facts(world) == before
    by_hand(world, f"cd /opt/slipway/apps/{careful.app}/current && docker compose up --detach", server=1)

    name, _, _ = planned(world, careful)
    world.slipway("config", "set", "GREETING=hi", "--app", careful.app)
    refused = world.slipway("deploy", "--apply", name, cwd=careful.folder, ok=False)
    assert "changed since the plan was made" in refused.stdout + refused.stderr
    assert world.live(careful.app) == (live or 0) + 3
    assert world.get(careful.app).json()["greeting"] == "planned"
