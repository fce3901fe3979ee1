"""A plan is applied exactly as it was shown, or refused; a stream of a deploy goes on where it broke."""

import httpx
import pytest

from tests.acceptance.faults import explained, serves
from tests.acceptance.world import Repo, World, tiny, wait_until

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def shelf(world: World) -> Repo:
    """An app that serves v1."""
    repo = world.repo("shelf", tiny())
    repo.push()
    return repo


def planned(world: World, shelf: Repo, greeting: str) -> str:
    main = shelf.folder / "main.py"
    text = main.read_text()
    main.write_text(text.replace('"hello"', f'"{greeting}"'))
    done = world.slipway("deploy", "--plan", cwd=shelf.folder)
    main.write_text(text)
    plan_hash: str = world.deploys("shelf")[0]["plan_hash"]
    assert plan_hash in done.stdout + done.stderr
    return plan_hash


def test_a_plan_changes_nothing_and_is_applied_as_it_was_shown(world: World, shelf: Repo) -> None:
    number = world.live("shelf") or 0
    before = world.get("shelf").json()
    folders = world.on(0, "find /opt/slipway | sort")
    plan_hash = planned(world, shelf, "as planned")
    assert world.get("shelf").json() == before
    assert world.on(0, "find /opt/slipway | sort") == folders
    assert world.live("shelf") == number
    world.slipway("deploy", "--apply", plan_hash, cwd=shelf.folder)
    assert world.get("shelf").json()["greeting"] == "as planned"
    assert (world.live("shelf") or 0) > number


def test_a_plan_is_refused_when_something_changed_since(world: World, shelf: Repo) -> None:
    plan_hash = planned(world, shelf, "too late")
    world.slipway("config", "set", "AFTER=1", cwd=shelf.folder)
    number = world.live("shelf") or 0
    done = world.slipway("deploy", "--apply", plan_hash, ok=False, cwd=shelf.folder)
    explained(done.stdout + done.stderr, "next: look again: slipway deploy shelf --plan")
    assert world.live("shelf") == number
    serves(world, "shelf", number)


def test_a_plan_is_refused_when_somebody_changed_a_server_by_hand(world: World, shelf: Repo) -> None:
    plan_hash = planned(world, shelf, "not this")
    number = world.live("shelf") or 0
    site = "/opt/slipway/proxy/sites/shelf.caddy"
    world.on(0, f"echo '# by hand' >> {site}")
    done = world.slipway("deploy", "--apply", plan_hash, ok=False, cwd=shelf.folder)
    world.on(0, f"sed -i '/# by hand/d' {site}")
    explained(done.stdout + done.stderr, "next: look again")
    serves(world, "shelf", number)


def test_a_plan_that_nobody_made_is_refused(world: World, shelf: Repo) -> None:
    done = world.slipway("deploy", "--apply", "0123456789ab", ok=False, cwd=shelf.folder)
    explained(done.stdout + done.stderr, "shelf has no plan 0123456789ab", "next: ")


def events(world: World, deploy_id: str, last: str = "", most: int = 10_000) -> list[tuple[str, str]]:
    """The ids and names of a deploy's events, as a client reads them until `most`, or the end."""
    headers = {"Authorization": f"Bearer {world.plane.token}", **({"Last-Event-ID": last} if last else {})}
    found: list[tuple[str, str]] = []
    number = ""
    url = f"{world.plane.url}/deploys/{deploy_id}/events"
    with httpx.stream("GET", url, headers=headers, timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("id: "):
                number = line[4:]
            elif line.startswith("event: "):
                found.append((number, line[7:]))
                if len(found) == most:
                    return found
    return found


def test_a_stream_that_broke_goes_on_after_the_last_event_that_was_seen(world: World, shelf: Repo) -> None:
    del shelf
    deploy_id = next(item["id"] for item in world.deploys("shelf") if item["state"] == "live")
    whole = events(world, deploy_id)
    assert whole[-1][1] == "end"
    assert len(whole) > 10
    first = events(world, deploy_id, most=5)
    assert first == whole[:5]
    assert events(world, deploy_id, last=first[-1][0]) == whole[5:]
    # Who saw the end gets at most what was tidied up after it, and the stream is closed.
    assert {name for _, name in events(world, deploy_id, last=whole[-1][0])} <= {"step"}


def test_a_stream_is_followed_while_the_deploy_runs(world: World, shelf: Repo) -> None:
    shelf.write({}, "Nothing new")
    push = shelf.start_push()
    try:
        wait_until(lambda: world.deploys("shelf")[0]["state"] == "running", what="the deploy")
        found = events(world, world.deploys("shelf")[0]["id"])
        assert found[-1][1] == "end"
        assert len({number for number, _ in found}) == len(found)
    finally:
        output, _ = push.communicate(timeout=120)
    assert push.returncode == 0, output
