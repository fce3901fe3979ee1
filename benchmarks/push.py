"""A one-line change, pushed, against the same by hand on the same server; and a rollback."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.hand import Hand
from benchmarks.tables import Table, compared, seconds
from tests.acceptance.world import Repo, World, tiny, wait_until

ROUNDS = 9
PHASES = ("checkout", "build", "facts", "delivery", "start", "switch", "check")
AFTER = "drain"
IN_PLACE = (
    "By hand the SSH connection is open already, and nothing answers while a container replaces the other."
)


def push(world: World) -> list[Table]:
    """From the change until the new page is served, and until the command ends."""
    repo = world.repo("shop", tiny())
    repo.push()
    by_hand: list[float] = []
    served: list[float] = []
    ended: list[float] = []
    phases: list[Mapping[str, float]] = []
    with Hand(world, "shop") as hand:
        dockerfile = _dockerfile(world, repo)
        hand.start(hand.build(repo.folder, dockerfile, "0"), "hello")
        for at in range(1, ROUNDS + 1):
            greet(repo, f"round {at}")
            quiet(world, repo.app)
            started = time.monotonic()
            hand.start(hand.build(repo.folder, dockerfile, str(at)), f"round {at}")
            by_hand.append(time.monotonic() - started)
            one, other = _pushed(world, repo, f"round {at}")
            served.append(one)
            ended.append(other)
            quiet(world, repo.app)
            phases.append(world.deploys(repo.app)[0]["timings"])
    others = {"`git push`, until the new page is served": served, "`git push`, until the command ends": ended}
    notes = (f"{ROUNDS} paired rounds on one server; median (smallest-largest). {IN_PLACE}",)
    first = ("by hand: buildx build, push, pull, compose up, until it answers", by_hand)
    return [compared("push", first, others, notes), _phases(phases, ended)]


def rollback(world: World) -> list[Table]:
    """To an image that the server has."""
    repo = world.repo("back", tiny())
    repo.push()
    by_hand: list[float] = []
    ours: list[float] = []
    with Hand(world, "back") as hand:
        dockerfile = _dockerfile(world, repo)
        images = {"hello": hand.build(repo.folder, dockerfile, "1")}
        greet(repo, "second")
        images["second"] = hand.build(repo.folder, dockerfile, "2")
        repo.push()
        for says, image in images.items():
            hand.start(image, says)
        for at in range(ROUNDS):
            to, says = (("v1", "hello"), ("v2", "second"))[at % 2]
            quiet(world, repo.app)
            by_hand.append(timed(partial(hand.start, images[says], says)))
            ours.append(timed(partial(world.slipway, "rollback", to, "--app", repo.app)))
            assert world.get(repo.app).json()["greeting"] == says
    first = ("by hand: compose up with the image before, until it answers", by_hand)
    notes = (f"{ROUNDS} paired rounds on one server; median (smallest-largest). {IN_PLACE}",)
    return [compared("rollback", first, {"`slipway rollback`, until the command ends": ours}, notes)]


def timed(act: Callable[[], object]) -> float:
    """Seconds."""
    started = time.monotonic()
    act()
    return time.monotonic() - started


def quiet(world: World, app: str) -> None:
    """Wait until the release before, if any, is gone: it takes nothing from what is measured next."""

    def is_gone() -> bool:
        newest, *older = world.deploys(app)
        return not older or AFTER in newest["timings"]

    wait_until(is_gone, 60, f"the last step of {app}'s deploy")


def greet(repo: Repo, says: str) -> None:
    """The change of one line, committed."""
    lines = (repo.folder / "main.py").read_text().splitlines(keepends=True)
    changed = [f'GREETING = "{says}"\n' if line.startswith("GREETING") else line for line in lines]
    repo.write({"main.py": "".join(changed)}, says)


def _pushed(world: World, repo: Repo, says: str) -> tuple[float, float]:
    """Seconds from `git push` until the new page is served, and until the command ended."""
    started = time.monotonic()
    pushing = repo.start_push()
    while world.get(repo.app).json()["greeting"] != says:
        assert time.monotonic() - started < 120, says
        time.sleep(0.02)
    served = time.monotonic() - started
    output, _ = pushing.communicate(timeout=120)
    assert pushing.returncode == 0, output
    return served, time.monotonic() - started


def _dockerfile(world: World, repo: Repo) -> Path:
    """What slipway built from, outside the repo."""
    folder = world.folder / f"{repo.app}-by-hand"
    folder.mkdir()
    at = f"/opt/slipway/apps/{repo.app}/current/Dockerfile"
    (folder / "Dockerfile").write_text(world.on(0, f"cat {at}"))
    (folder / "Dockerfile.dockerignore").write_text("**/.git\n")
    return folder / "Dockerfile"


def _phases(rounds: Sequence[Mapping[str, float]], ended: Sequence[float]) -> Table:
    known = [sum(timings.get(name, 0.0) for name in PHASES) for timings in rounds]
    rest = [whole - told for whole, told in zip(ended, known, strict=True)]
    rows = [(name, seconds([timings.get(name, 0.0) for timings in rounds])) for name in PHASES]
    rows.append(("git, the hook, the queue, and what lies between", seconds(rest)))
    rows.append(("the push, until the command ends", seconds(ended)))
    rows.append(("afterwards: drain, stop the old", seconds([timings.get(AFTER, 0.0) for timings in rounds])))
    return Table("phases", ("phase", "time"), tuple(rows), ("As the deploy itself tells it (`timings`).",))
