"""Processes, config, release commands, rollbacks, retention and output, as they are on the servers."""

import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.acceptance.byhand import by_hand, containers, environment, folders, images, on_servers, settle
from tests.acceptance.world import SLIPWAY, Repo, World, tiny, wait_until

pytestmark = pytest.mark.acceptance

WORKER = """\
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
while True:
    print("worker of", os.environ["SLIPWAY_RELEASE"], flush=True)
    time.sleep(0.5)
"""
RELEASE = """\
import os, time
from greeting import GREETING
with open("/data/ran", "a") as file:
    file.write(f"{os.environ['SLIPWAY_RELEASE']} {GREETING}\\n")
"""
ONE_WRITER = """\
import fcntl
lock = open("/data/lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
"""
HOSTILE = {
    "QUOTES": """he said "it's" `id` \\" \\' \\\\""",
    "DOLLARS": "$HOME ${HOME} $$ $(id) ${X:-y} %s",
    "LINES": "one\ntwo\r\n\tthree\n",
    "UNICODE": "Größe 鞋 👟 \u202e",
    "HASH": "a#b # c",
    "SPACES": "  both sides  ",
    "EQUALS": "=a=b=",
    "BRACES": "{{ 7 * 7 }} {% raw %} ${{ x }}",
    "EMPTY": "",
    "LONG": "x" * 20_000,
}


@pytest.fixture(scope="module")
def pair(world: World) -> Repo:
    """An app of two processes, on both servers."""
    files = tiny(worker__py=WORKER) | {"Procfile": "web: python main.py\nworker: python worker.py\n"}
    repo = world.repo("pair", files)
    repo.push()
    return repo


def replicas(world: World, app: str) -> list[dict[str, int]]:
    """Running replicas by process, for each server, as `slipway status` reads them."""
    settle(world, app)
    found = []
    for server in on_servers(world, app):
        names = [it["process"] for it in server["containers"] if it["state"] == "running" and it["matches"]]
        found.append({name: names.count(name) for name in names})
    return found


def test_processes_are_scaled_without_a_build(world: World, pair: Repo) -> None:
    assert replicas(world, "pair") == [{"web": 1, "worker": 1}] * 2
    built = world.json("/apps/pair/releases")[0]
    shown = world.slipway("scale", "web=2", "worker=0", "--app", "pair").stdout
    assert "build" not in shown.partition("live:")[2]
    assert replicas(world, "pair") == [{"web": 2}] * 2
    assert len(containers(world, "pair")) == 2
    assert world.get("pair").status_code == 200
    scaled = world.json("/apps/pair/releases")[0]
    assert (scaled["kind"], scaled["image"]) == ("scale", built["image"])
    world.slipway("scale", "web=1", "worker=1", "--app", "pair")
    assert replicas(world, "pair") == [{"web": 1, "worker": 1}] * 2
    refused = world.slipway("scale", "clock=1", "--app", "pair", ok=False)
    assert "has no process clock" in refused.stderr
    del pair


def test_logs_are_merged_over_servers_and_follow_the_next_release(world: World, pair: Repo) -> None:
    events = [json.loads(line) for line in world.slipway("logs", "pair", "--json").stdout.splitlines()]
    assert {(it["server"], it["process"].partition(".")[0]) for it in events} >= {
        (server, process) for server in ("web1", "web2") for process in ("web", "worker")
    }
    with following(world, "logs", "pair", "--follow", "--lines", "0", "--json") as (process, lines):
        wait_until(lambda: lines, 20, "the first line")
        pair.replace("main.py", '"hello"', '"followed"')
        pair.push()
        release = f"v{world.live('pair')}"
        wanted = {(server, f"{name}.{release}") for server in ("web1", "web2") for name in ("web", "worker")}
        wait_until(lambda: wanted <= heard(lines), 20, "the new release's lines")
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    follower = "pgrep -f '^sh -s -- pair [0-9]+ yes' || true"
    wait_until(lambda: not by_hand(world, follower).strip(), 10, "the end of the follower on the server")


def heard(lines: list[str]) -> set[tuple[str, str]]:
    """Whose lines have come: server and process."""
    events = [json.loads(line) for line in list(lines) if line.endswith("}\n")]
    return {(it["server"], it["process"]) for it in events}


@contextmanager
def following(world: World, *words: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A command that goes on while a test acts, and the lines that it has printed so far."""
    # A shell that starts the tests in its background has them, and so their children, ignore Ctrl-C.
    process = subprocess.Popen(
        ["env", "--default-signal=INT", str(SLIPWAY), *words],
        env=world.environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    lines: list[str] = []
    assert process.stdout
    reader = threading.Thread(target=lines.extend, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        yield process, lines
    finally:
        process.kill()
        process.wait(10)
        reader.join(10)
        process.stdout.close()


def test_run_hands_over_output_and_exit_code_and_ends_when_interrupted(world: World, pair: Repo) -> None:
    done = world.slipway("run", "--app", "pair", "--", "sh", "-c", "echo out; echo err >&2; exit 7", ok=False)
    assert done.returncode == 7
    assert set(done.stdout.split()) == {"out", "err"}
    with following(world, "run", "--app", "pair", "--", "python", "-c", "import time; time.sleep(300)") as (
        process,
        _,
    ):
        running = "docker ps --quiet --filter name=pair-v[0-9]+-run-"
        wait_until(lambda: by_hand(world, running).strip(), 20, "the start of the container")
        process.send_signal(signal.SIGINT)
        assert process.wait(10) != 0
        wait_until(lambda: not by_hand(world, running).strip(), 10, "the end of the container")
    del pair


def test_config_arrives_byte_for_byte(world: World, pair: Repo) -> None:
    words = [f"{key}={value}" for key, value in HOSTILE.items()]
    shown = world.slipway("config", "set", *words, "--app", "pair")
    assert "both sides" not in shown.stdout + shown.stderr
    for server in range(2):
        there = environment(world, "pair", server)
        assert {key: there.get(key) for key in HOSTILE} == HOSTILE
    world.slipway("config", "unset", *HOSTILE, "--app", "pair")
    assert not set(environment(world, "pair")) & set(HOSTILE)
    text = (
        "# of the shop\n\nexport PLAIN=as it is # a comment\nSINGLE='$HOME \"x\" # \\n'\n"
        'DOUBLE="two\\nlines \\"q\\" \\$HOME # no comment"\nOVER="first\nsecond"\nNAME=Größe\n'
    )
    world.slipway("config", "import", "-", "--app", "pair", stdin=text)
    there = environment(world, "pair", 1)
    assert {key: there[key] for key in ("PLAIN", "SINGLE", "DOUBLE", "OVER", "NAME")} == {
        "PLAIN": "as it is",
        "SINGLE": '$HOME "x" # \\n',
        "DOUBLE": 'two\nlines "q" $HOME # no comment',
        "OVER": "first\nsecond",
        "NAME": "Größe",
    }
    del pair


def test_an_app_of_one_writer_is_stopped_first_and_no_request_fails(world: World) -> None:
    """Two at once would break the lock on the volume; requests wait at the proxy meanwhile."""
    spec = '[deploy]\nstrategy = "stop-first"\n[volumes]\ndata = "/data"\n'
    repo = world.repo("writer", tiny(slipway__toml=spec))
    repo.write({"main.py": ONE_WRITER + (repo.folder / "main.py").read_text()})
    repo.push()
    done, codes, slowest = threading.Event(), list[int](), [0.0]

    def ask() -> None:
        with httpx.Client(headers={"Host": "writer.localhost"}, timeout=20) as client:
            while not done.is_set() and len(codes) < 5000:
                began = time.monotonic()
                codes.append(client.get(f"http://127.0.0.1:{world.servers[0].http_port}/").status_code)
                slowest[0] = max(slowest[0], time.monotonic() - began)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        repo.replace("main.py", '"hello"', '"alone"')
        repo.push()
    finally:
        done.set()
        asking.join()
    assert world.get("writer").json()["greeting"] == "alone"
    assert set(codes) == {200}
    assert slowest[0] > 0.1, "no request was held: both ran at once"
    settle(world, "writer")
    assert len(containers(world, "writer")) == 1


def test_the_release_command_runs_once_in_the_new_image_before_any_switch(world: World) -> None:
    spec = '[release]\ncommand = "python release.py"\n[volumes]\ndata = "/data"\n'
    repo = world.repo(
        "migrated", tiny(slipway__toml=spec, release__py=RELEASE, greeting__py='GREETING = "one"\n')
    )
    repo.push()
    repo.replace("greeting.py", "one", "two")
    repo.push()
    assert ran(world) == ["v1 one", "v2 two"]
    records = json.loads(world.slipway("transcript", "--app", "migrated", "--json").stdout)
    stages = [record["stage"] for record in sorted(records, key=lambda it: it["started_at"])]
    assert stages.count("release") == 1
    assert max(at for at, it in enumerate(stages) if it == "release") < stages.index("start")
    world.slipway("scale", "web=2", "--app", "migrated")
    world.slipway("rollback", "v1", "--app", "migrated")
    assert ran(world) == ["v1 one", "v2 two"]


def ran(world: World) -> list[str]:
    """What the release command wrote, over both servers."""
    path = "/var/lib/docker/volumes/slipway-migrated-data/_data/ran"
    return [line for server in range(2) for line in world.on(server, f"cat {path} 2>&-").splitlines()]


def test_retention_keeps_what_a_rollback_needs_and_rollbacks_go_anywhere(world: World) -> None:
    repo = world.repo("kept", tiny(slipway__toml="[deploy]\nkeep = 2\n"))
    repo.push()
    for before, after in (("hello", "second"), ("second", "third"), ("third", "fourth")):
        repo.replace("main.py", f'"{before}"', f'"{after}"')
        repo.push()
    digests = {it["number"]: it["image"].partition("@")[2] for it in world.json("/apps/kept/releases")}
    assert len(set(digests.values())) == 4
    kept = [([3, 4], sorted([digests[3], digests[4]]))] * 2
    wait_until(
        lambda: [(folders(world, "kept", at), images(world, "kept", at)) for at in range(2)] == kept, 30, "it"
    )
    for words, number, greeting in (
        ([], 5, "third"),
        ([], 6, "second"),  # twice goes back two
        (["v1"], 7, "hello"),  # its image has left the servers, and comes back
        (["v5"], 8, "third"),  # a rollback may be gone back to as well
    ):
        world.slipway("rollback", *words, "--app", "kept")
        assert world.live("kept") == number
        pages = [world.get("kept", server=server).json() for server in range(2)]
        assert pages == [{"greeting": greeting, "release": f"v{number}"}] * 2
        wait_until(lambda last=number: folders(world, "kept") == [last - 1, last], 30, "retention")  # type: ignore[misc]
    assert re.search(r"v8\b.*live", world.slipway("releases", "kept").stdout)
