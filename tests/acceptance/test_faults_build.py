"""Repos that cannot be built, and builds that end badly: each says why, and the old release serves on."""

import io
import os
import secrets
import signal
import subprocess
import tarfile
from pathlib import Path

import pytest

from builder.limits import limit_builds
from tests.acceptance.faults import explained, refused, serves
from tests.acceptance.world import Repo, World, tiny, wait_until

pytestmark = pytest.mark.acceptance

FROM = "FROM python:3.13-slim\nCOPY . /app\n"
END = 'USER 1000\nCMD ["python", "/app/main.py"]\n'
BUILD_MEMORY = 2 << 30
TAKES_MEMORY = "b'x' * (3 << 30)"


@pytest.fixture(scope="module")
def shop(world: World) -> Repo:
    repo = world.repo("builds", tiny())
    repo.push()
    return repo


def dockerfile(*lines: str) -> dict[str, str]:
    return {"Dockerfile": FROM + "".join(f"{line}\n" for line in lines) + END}


def test_a_repo_that_nothing_recognises_is_told_what_was_looked_for(world: World, shop: Repo) -> None:
    shop.git("rm", "--quiet", "main.py", "Procfile")
    shop.write({"shop.cob": "DISPLAY 'SHOES'."}, "Cobol")
    refused(world, shop, "pyproject.toml", "package.json", "index.html", "Dockerfile")


def test_an_error_in_slipway_toml_is_shown_with_its_line(world: World, shop: Repo) -> None:
    shop.write({"slipway.toml": "[processes.web]\nreplicas = 2\nport = 70000\n"}, "A port")
    refused(
        world, shop, "slipway.toml:3: processes.web.port: must be 1-65535", "mend slipway.toml and push again"
    )


def test_a_build_that_fails_ends_with_its_last_lines(world: World, shop: Repo) -> None:
    shop.write(dockerfile("RUN echo 'there is no compiler' && exit 3"), "Compile")
    refused(
        world,
        shop,
        "!     `RUN echo 'there is no compiler' && exit 3` failed: exit code: 3",
        "!       | there is no compiler",
        "mend it and push again",
    )


def test_a_build_that_hangs_is_ended_at_its_timeout(world: World, shop: Repo) -> None:
    hang = long_sleep()
    files = dockerfile(f"RUN echo waiting for a key && {hang}") | {
        "slipway.toml": '[build]\ntimeout = "4s"\n'
    }
    shop.write(files, "Hang")
    refused(
        world,
        shop,
        f"the build was ended after 4s in `RUN echo waiting for a key && {hang}`",
        "| waiting for a key",
        "raise [build] timeout in slipway.toml",
    )
    wait_until(lambda: not running(hang), 10, "the end of the build's command")


def test_a_build_that_fills_memory_is_ended_and_told(world: World, shop: Repo) -> None:
    if not limit_builds(BUILD_MEMORY):
        pytest.skip("this machine does not let us limit builds: no cgroup of dockerd's is ours to write")
    shop.write(dockerfile(f'RUN python -c "{TAKES_MEMORY}"'), "Fill memory")
    refused(
        world,
        shop,
        "was killed, most likely for using too much memory",
        "let it use less, or raise SLIPWAY_BUILD_MEMORY",
    )


@pytest.mark.parametrize(
    ("program", "told"), [("docker", "was killed by signal 9"), ("docker-buildx", "ended with ")]
)
def test_a_kill_of_buildx_in_mid_build_ends_the_push_with_a_reason(
    world: World, shop: Repo, program: str, told: str
) -> None:
    live = world.live("builds") or 0
    work = long_sleep()
    shop.write(dockerfile(f"RUN {work}"), "To be killed")
    push = shop.start_push()
    wait_until(lambda: running(work), 60, "the build's command")
    os.kill(pid_of(program, f"--tag=127.0.0.1:{world.plane.registry_port}/builds:last"), signal.SIGKILL)
    shown, _ = push.communicate(timeout=30)
    shop.git("reset", "--quiet", "--hard", "HEAD~1")
    assert push.returncode != 0
    explained(
        shown, f"buildx {told}", f"in `RUN {work}`", f"still serving: builds v{live}", "next: deploy again"
    )
    serves(world, "builds", live)
    wait_until(lambda: not running(work), 10, "the end of the build's command")


def test_a_file_of_200_mb_is_refused_by_name(world: World, shop: Repo) -> None:
    with (shop.folder / "film.mp4").open("wb") as file:
        file.write(os.urandom(8 << 20))
        file.truncate(200 << 20)
    shop.write({}, "A film")
    refused(
        world,
        shop,
        "film.mp4 is 200 MB; a file of a deploy may have 100 MB",
        "keep large files out of the repo",
    )


def test_a_link_out_of_the_tree_is_refused_by_name(world: World, shop: Repo) -> None:
    (shop.folder / "passwords").symlink_to("../../../../etc/passwd")
    shop.write({}, "A link")
    refused(world, shop, "'passwords' is refused: ", "out of the tree", "take it out")


def test_slipway_deploy_refuses_a_link_out_of_the_tree_too(world: World, shop: Repo) -> None:
    live = world.live("builds") or 0
    link = shop.folder / "passwords"
    link.symlink_to("/etc/passwd")
    done = world.slipway("deploy", "builds", cwd=shop.folder, ok=False)
    link.unlink()
    explained(done.stdout + done.stderr, "'passwords' is refused: ", f"still serving: builds v{live}")
    serves(world, "builds", live)


@pytest.mark.parametrize("name", ["../evil.py", "/evil.py", "static/../../evil.py"])
def test_an_archive_whose_names_lead_out_of_the_tree_is_refused(world: World, shop: Repo, name: str) -> None:
    live = world.live(shop.app) or 0
    answer = world.api("POST", "/apps/builds/deploys", content=archive(name))
    assert answer.status_code == 202, answer.text
    path = f"/deploys/{answer.json()['deploy']['id']}"
    wait_until(lambda: world.json(path)["state"] == "failed", 30, "the end of the deploy")
    problem = world.json(path)["error"]
    assert problem["detail"] == f"{name!r} is refused: it leads out of the tree"
    assert problem["serving"].startswith(f"builds v{live}")
    serves(world, "builds", live)


def long_sleep() -> str:
    """A build's command that no other build runs, so that it is in no cache and is found by its words."""
    return f"sleep 300.{secrets.randbelow(10**9):09}"


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in ("main.py", *names):
            info = tarfile.TarInfo(name)
            info.size = 4
            tar.addfile(info, io.BytesIO(b"1+1\n"))
    return buffer.getvalue()


def processes() -> list[tuple[int, str]]:
    """Pid and command line of each process of this machine."""
    shown = subprocess.run(["ps", "axwwo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    found = [line.split(None, 1) for line in shown.splitlines()]
    return [(int(words[0]), words[1]) for words in found if len(words) > 1]


def running(command: str) -> bool:
    return any(args == command for _, args in processes())


def pid_of(program: str, argument: str) -> int:
    """The one process of a program with an argument that no other has."""
    [pid] = [
        pid for pid, args in processes() if Path(args.split()[0]).name == program and argument in args.split()
    ]
    return pid
