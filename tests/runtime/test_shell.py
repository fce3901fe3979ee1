"""The scripts that a server runs, in a real shell, beside a docker and a curl that answer from files."""

import os
import subprocess
from pathlib import Path

import pytest

from runtime.probe import parse
from templates.engine import Engine

ENGINE = Engine()
PROBE = ("shop-v2", "web", "2", "8000", "/", "shop.example.org", "200", "399")


@pytest.fixture
def stand(tmp_path: Path) -> Path:
    """A folder for PATH: `docker ps` prints `ps`, `docker inspect` prints `inspect`, `curl` prints `curl`."""
    (tmp_path / "docker").write_text(f'#!/bin/sh\necho "docker $*" >>{tmp_path}/log\ncat "{tmp_path}/$1"\n')
    (tmp_path / "curl").write_text(f'#!/bin/sh\necho "curl $*" >>{tmp_path}/log\ncat {tmp_path}/curl.out\n')
    for name in ("docker", "curl"):
        (tmp_path / name).chmod(0o755)
    return tmp_path


def run(
    name: str, stand: Path, *arguments: str, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    script = ENGINE.render(f"server/{name}.sh", {}).text
    words = ["sh", "-c", script, name, *arguments] if stdin is not None else ["sh", "-s", "--", *arguments]
    environment = {**os.environ, "PATH": f"{stand}:{os.environ['PATH']}"}
    return subprocess.run(
        words,
        input=script if stdin is None else stdin,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


def files(stand: Path, **texts: str) -> None:
    for name, text in texts.items():
        (stand / name.replace("_", ".")).write_text(text)


@pytest.mark.parametrize(
    ("ps", "inspect", "curl", "word", "container"),
    [
        ("aa\nbb\n", "aa running 0 10.0.0.1 \nbb running 0 10.0.0.2 \n", "200", "healthy", "-"),
        ("aa\nbb\n", "aa running 0 10.0.0.1 \nbb running 0 10.0.0.2 \n", "502", "late", "aa"),
        ("aa\nbb\n", "aa running 0 10.0.0.1 \nbb exited 0 \n", "200", "ended", "bb"),
        ("aa\nbb\n", "aa running 0 10.0.0.1 \nbb running 3 10.0.0.2 \n", "200", "ended", "bb"),
        ("aa\n", "", "200", "missing", "-"),
        ("", "", "200", "missing", "-"),
        ("aa\nbb\n", "", "200", "missing", "-"),
        ("aa\nbb\n", "aa running 0 10.0.0.1 \n", "200", "missing", "-"),
    ],
)
def test_a_probe_says_which_replica_is_not_healthy(
    stand: Path, ps: str, inspect: str, curl: str, word: str, container: str
) -> None:
    files(stand, ps=ps, inspect=inspect, curl_out=curl)
    answer = run("probe", stand, *PROBE, "0", "50")
    verdict = parse(answer.stdout)
    assert (verdict.word, verdict.container) == (word, container)
    assert answer.returncode == (0 if word == "healthy" else 3)
    assert answer.stderr == ""


def test_a_probe_asks_with_the_apps_own_host_and_past_any_web_proxy(stand: Path) -> None:
    files(stand, ps="aa\n", inspect="aa running 0 10.0.0.1 10.9.9.9 \n", curl_out="200")
    assert run("probe", stand, *PROBE[:2], "1", *PROBE[3:], "0", "50").returncode == 0
    asked = next(line for line in (stand / "log").read_text().splitlines() if line.startswith("curl"))
    assert "--header Host: shop.example.org" in asked
    assert "--header X-Forwarded-Proto: https" in asked
    assert "--noproxy *" in asked
    assert asked.endswith("http://10.0.0.1:8000/")


def test_a_probe_counts_no_task_that_somebody_runs_beside(stand: Path) -> None:
    files(stand, ps="aa\n", inspect="aa running 0 10.0.0.1 \n", curl_out="200")
    run("probe", stand, *PROBE[:2], "1", *PROBE[3:], "0", "50")
    assert "--filter label=com.docker.compose.oneoff=False" in (stand / "log").read_text()


UPSTREAMS = (
    '[{"address":"10.0.0.1:8000","num_requests":%d,"fails":0},{"address":"10.0.0.1:8000","num_requests":%d,"fails":0},'
    '{"address":"10.9.9.9:8000","num_requests":77,"fails":0}]'
)


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        (UPSTREAMS % (0, 0), "drained after"),
        ("[]", "drained after"),
        (UPSTREAMS % (9, 9), "9 requests were still in flight after 0 s"),
        (UPSTREAMS % (9, 10), "10 requests were still in flight after 0 s"),
    ],
)
def test_a_drain_counts_the_requests_of_its_own_release_alone(stand: Path, listed: str, told: str) -> None:
    files(stand, ps="aa\n", inspect="10.0.0.1 \n", curl_out=listed)
    answer = run("drain", stand, "shop-v1", "0")
    assert told in answer.stdout
    assert (answer.returncode, answer.stderr) == (0, "")


def test_a_drain_of_several_replicas_adds_them_up(stand: Path) -> None:
    listed = UPSTREAMS % (2, 2)
    files(stand, ps="aa\nbb\n", inspect="10.0.0.1 \n10.9.9.9 \n", curl_out=listed)
    assert "79 requests" in run("drain", stand, "shop-v1", "0").stdout


def test_a_proxy_that_does_not_answer_is_not_taken_for_a_drained_release(stand: Path) -> None:
    files(stand, ps="aa\n", inspect="10.0.0.1 \n")
    (stand / "curl").write_text("#!/bin/sh\nexit 7\n")
    assert "unknown requests were still in flight" in run("drain", stand, "shop-v1", "0").stdout


def test_a_switch_renames_a_file_of_one_line(tmp_path: Path) -> None:
    path = tmp_path / "serving" / "shop"
    for line in ("shop-v1-web", "shop-v2-web"):
        assert run("switch", tmp_path, str(path), line).returncode == 0
        assert path.read_text() == f"{line}\n"
    assert [entry.name for entry in path.parent.iterdir()] == ["shop"]


def test_a_write_is_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "it's $x"
    assert run("write", tmp_path, str(path), "0600", "6", stdin="grün\n").returncode == 0
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("grün\n", 0o600)
    cut = run("write", tmp_path, str(path), "0644", "600", stdin="half of")
    assert (cut.returncode, "not all of" in cut.stdout) == (1, True)
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("grün\n", 0o600)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["probe", "drain", "switch", "write", "facts", "diagnose"])
def test_every_script_is_one_for_a_plain_posix_shell(name: str) -> None:
    script = ENGINE.render(f"server/{name}.sh", {}).text
    checked = subprocess.run(["sh", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
