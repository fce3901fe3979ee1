"""What every test of a fault promises: the push fails, a person learns why, and the old release serves on."""

from collections.abc import Collection, Mapping

from tests.acceptance.world import Repo, World


def serves(world: World, app: str, release: int, on: Collection[int] = (0, 1)) -> None:
    """Every server answers by exactly this release."""
    for server in on:
        answer = world.get(app, server=server)
        assert answer.status_code == 200, answer.text
        assert answer.json()["release"] == f"v{release}"


def refused(world: World, repo: Repo, *said: str, on: Collection[int] = (0, 1)) -> str:
    """Push the last commit, which cannot go live, and take it back; returns what a person saw."""
    live = world.live(repo.app)
    assert live is not None, "there must be a release that can go on serving"
    shown = repo.push(ok=False)
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    explained(shown, f"still serving: {repo.app} v{live}", "next: ", *said)
    assert world.live(repo.app) == live
    serves(world, repo.app, live, on)
    return shown


def explained(shown: str, *said: str) -> None:
    """A person was told each of these, and no traceback."""
    missing = [text for text in said if text not in shown]
    assert not missing, f"{missing} is not in:\n{shown}"
    assert "Traceback" not in shown


def with_health(files: Mapping[str, str], timeout: str) -> dict[str, str]:
    """The files, with a limit on how long the web process may take until it answers."""
    return {**files, "slipway.toml": f'[processes.web.health]\ntimeout = "{timeout}"\n'}
