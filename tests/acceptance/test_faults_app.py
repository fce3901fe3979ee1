"""Apps that do not come up: each says what is wrong with it, and the old release serves on."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.acceptance.faults import explained, refused, serves, with_health
from tests.acceptance.world import WEB, Repo, World, tiny

pytestmark = pytest.mark.acceptance

LISTEN = '("0.0.0.0", int(os.environ["PORT"]))'
NEVER_LISTENS = 'import time\nprint("reading the price list", flush=True)\ntime.sleep(600)\n'
SICK = {
    "never-listens": (
        NEVER_LISTENS,
        ("it never listened on a port", "| reading the price list", "let it listen on 0.0.0.0:$PORT"),
    ),
    "listens-on-another-port": (
        WEB.replace(LISTEN, '("0.0.0.0", 9999)'),
        (
            "it listens on port 9999, and was asked on 8000",
            "let it listen on $PORT, or set processes.web.port",
        ),
    ),
    "listens-on-loopback-only": (
        WEB.replace(LISTEN, '("127.0.0.1", 8000)'),
        ("it listens on 127.0.0.1:8000 only", "let it listen on 0.0.0.0"),
    ),
    "exits-at-once": (
        'raise SystemExit("DATABASE_URL is not set")\n',
        ("exited at once with code 1", "| DATABASE_URL is not set", "its last lines above say why"),
    ),
    "answers-500": (
        WEB.replace("self.send_response(200)", "self.send_response(500)"),
        ("it answered 500 to GET / (Host: sick.localhost)", '"greeting"', "slipway config set KEY=VALUE"),
    ),
    "boots-slower-than-it-may": (
        "import time\ntime.sleep(600)\n" + WEB,
        ("not healthy after 2 s", "raise processes.web.health.timeout"),
    ),
}
"""A program, and what a person is told about it."""


@pytest.fixture(scope="module")
def slow_push(world: World) -> Iterator[subprocess.Popen[str]]:
    """A push of an app that needs 50 s to boot, under way while the other tests run."""
    repo = world.repo("slowboot", tiny(main__py="import time\ntime.sleep(50)\n" + WEB))
    push = repo.start_push()
    yield push
    push.kill()


@pytest.fixture(scope="module")
def sick(world: World, slow_push: subprocess.Popen[str]) -> Repo:
    assert slow_push.poll() is None
    repo = world.repo("sick", tiny())
    repo.push()
    return repo


@pytest.mark.parametrize("fault", SICK)
def test_a_sick_app_is_explained_and_the_old_release_serves(world: World, sick: Repo, fault: str) -> None:
    program, said = SICK[fault]
    sick.write(with_health({"main.py": program}, "2s"), fault)
    refused(world, sick, "web of sick-v", *said)


def test_a_sick_release_keeps_its_containers_for_a_look(world: World, sick: Repo) -> None:
    sick.write(with_health({"main.py": NEVER_LISTENS}, "1s"), "To be looked at")
    refused(world, sick)
    newest = world.json("/apps/sick/releases")[0]
    assert newest["state"] == "failed"
    kept = (
        f"docker ps --all --filter label=slipway.app=sick --filter label=slipway.release={newest['number']}"
    )
    assert world.on(0, f"{kept} --format '{{{{.State}}}}'").split() == ["exited"]
    assert "reading the price list" in world.on(0, f"docker logs $({kept} --quiet)")


def test_a_release_command_that_fails_starts_and_switches_nothing(world: World, sick: Repo) -> None:
    command = "python -c \\\"raise SystemExit('no such table: prices')\\\""
    sick.write({"slipway.toml": f'[release]\ncommand = "{command}"\n'}, "Migrate")
    refused(
        world,
        sick,
        "the release command failed with exit code 1; nothing was switched",
        "no such table: prices",
        "mend it and deploy again",
    )
    newest = world.json("/apps/sick/releases")[0]["number"]
    left = world.on(
        0, f"docker ps --all --quiet --filter label=slipway.app=sick --filter label=slipway.release={newest}"
    )
    assert left == ""


def test_a_raised_limit_lets_a_slow_app_boot(world: World, sick: Repo) -> None:
    slow = "import time\ntime.sleep(3)\n" + WEB
    sick.write(with_health({"main.py": slow}, "1s"), "Too slow for its limit")
    refused(world, sick, "raise processes.web.health.timeout")
    sick.write(with_health({"main.py": slow}, "20s"), "The limit is raised")
    explained(sick.push(), "live: http://sick.localhost")
    serves(world, "sick", world.live("sick") or 0)


def test_an_app_that_boots_in_50_seconds_needs_no_setting(
    world: World, slow_push: subprocess.Popen[str]
) -> None:
    shown, _ = slow_push.communicate(timeout=120)
    assert slow_push.returncode == 0, shown
    explained(shown, "healthy after 5", "live: http://slowboot.localhost")
    serves(world, "slowboot", 1)
