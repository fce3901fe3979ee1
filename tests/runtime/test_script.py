"""The script in a release's folder: to be read, to be run, without a secret."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime import docker
from runtime.script import as_script
from slipway.plan import Drain, Plan, Probe, Rollout, Run, Stage, Step, Switch, Write
from slipway.release import Domain
from slipway.secret import Secret
from tests.runtime.shop import V1, V2, bare, plan_of, plans, serving


def script(*steps: Step) -> str:
    return as_script(Rollout("shop v2", (Stage("one", (Plan("web1", "x", steps),)),)), "web1")


def run(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", text], cwd=folder, capture_output=True, text=True, check=False)


def refused_by_bash(text: str) -> str:
    return subprocess.run(
        ["bash", "-n"], input=text, capture_output=True, text=True, encoding="utf-8", check=False
    ).stderr


HOSTILE = replace(
    V2,
    processes=(replace(V2.processes[0], argv=("sh", "-c", "echo \"$HOME\" 'x'\nrm -rf / # `id`")),),
    release_argv=("migrate", "it's\n$(id)", "SLIPWAY_END"),
    domains=(Domain("shop.example.org"),),
    dockerfile="FROM x\nSLIPWAY_END\nRUN rm -rf /",
)


@pytest.mark.parametrize("wanted", [V2, HOSTILE, replace(V2, strategy="stop-first", volumes={"d": "/d"})])
@pytest.mark.parametrize("found", [bare(), serving(V1)])
def test_the_script_of_a_release_is_bash_and_holds_no_secret(wanted: object, found: object) -> None:
    rollout = plan_of(wanted, V1, found)  # type: ignore[arg-type]
    written = plans(rollout)["deliver"].steps[-1]
    assert isinstance(written, Write)
    assert isinstance(written.content, str)
    assert refused_by_bash(written.content) == ""
    assert "hunter22" not in written.content
    assert "#   KEY=***" in written.content


def test_the_script_tells_the_same_after_a_crash() -> None:
    whole, cut = (
        plans(plan_of(V2, V1, facts))["deliver"].steps[-1]
        for facts in (serving(V1), serving(V1, serving={"shop": "shop-v2-web"}, current={"shop": 2}))
    )
    assert whole == cut


def test_the_script_of_a_later_release_needs_nothing_of_the_app_to_be_there() -> None:
    v2 = replace(V2, volumes={"data": "/data"})
    there = serving(V1, volumes=("slipway-shop-data",))
    text = str(getattr(plans(plan_of(v2, V1, there))["deliver"].steps[-1], "content", ""))
    for made in (
        "docker network create --driver bridge --label=slipway.app=shop slipway-app-shop",
        "docker network connect slipway-app-shop slipway-proxy",
        "docker volume create --label=slipway.app=shop slipway-shop-data",
        "/opt/slipway/proxy/sites/shop.caddy",
    ):
        assert made in text


def test_each_server_has_its_own_script() -> None:
    v2 = replace(V2, release_argv=("migrate",))
    rollout = plan_of(v2, V1, serving(V1, server="web1"), serving(V1, server="web2"))
    one, two = (
        str(getattr(plans(rollout, name)["deliver"].steps[-1], "content", "")) for name in ("web1", "web2")
    )
    assert "--profile release run" in one
    assert "--profile release run" not in two
    assert "shop v2 on web2" in two


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\ufdd0\ufdd1\ufdd2"), max_size=60))
def test_a_file_is_written_byte_for_byte_whatever_it_holds(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.mktemp("written")
    try:
        made = script(Write("a file", f"{folder}/deep/it's", text, 0o640))
    except Exception as error:
        assert "no text may hold" in str(error)  # noqa: PT017 - the marks of provenance are in no file
        return
    answer = run(made, folder)
    assert answer.stderr == ""
    assert (folder / "deep" / "it's").read_bytes() == text.encode()
    assert (folder / "deep" / "it's").stat().st_mode & 0o777 == 0o640


def test_words_reach_the_command_as_they_are(tmp_path: Path) -> None:
    words = ("printf", "%s|", "a b", "$HOME", "it's", '"', "`id`", "-x", "ü", "two\nlines")
    assert run(script(Run("say", words)), tmp_path).stdout == "|".join(words[2:]) + "|"


def test_a_reason_of_several_lines_stays_a_comment(tmp_path: Path) -> None:
    answer = run(script(Run("why\ntouch evil", ("true",))), tmp_path)
    assert (answer.returncode, list(tmp_path.iterdir())) == (0, [])


def test_standard_input_reaches_the_command(tmp_path: Path) -> None:
    assert run(script(Run("say", ("cat",), stdin="a $b\nc")), tmp_path).stdout == "a $b\nc\n"


@pytest.mark.parametrize(
    "step",
    [
        Write("its config", "env", Secret("KEY=hunter22", "env", "KEY=***"), 0o600),
        Run("log in", ("login", Secret("hunter22", "the token"))),
        Run("log in", ("login",), stdin=Secret("hunter22", "the token")),
    ],
)
def test_a_step_that_needs_a_secret_says_so_and_stops(step: Step, tmp_path: Path) -> None:
    text = script(step, Run("never reached", ("touch", "reached")))
    answer = run(text, tmp_path)
    assert "hunter22" not in text
    assert answer.returncode != 0
    assert answer.stderr.strip()
    assert not (tmp_path / "reached").exists()


def test_a_config_that_is_filled_in_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("KEY=filled in\n")
    step = Write("its config", f"{tmp_path}/env", Secret("KEY=hunter22", "env", "KEY=***"), 0o600)
    assert run(script(step), tmp_path).returncode == 0
    assert (tmp_path / "env").read_text() == "KEY=filled in\n"


def test_the_first_failure_ends_the_script(tmp_path: Path) -> None:
    assert run(script(Run("no", ("false",)), Run("x", ("touch", "reached"))), tmp_path).returncode == 1
    assert not (tmp_path / "reached").exists()


def test_probe_switch_and_drain_are_the_scripts_that_slipway_sends() -> None:
    probe = Probe("p", "shop-v2", "web", 2, 8000, "shop.example.org", "/", 200, 399, 60.0, 0.2)
    text = script(probe, probe, Switch("s", "shop", "shop-v2-web"), Drain("d", "shop-v1", 30.0))
    assert refused_by_bash(text) == ""
    assert text.count("probe shop-v2 web 2 8000 / shop.example.org 200 399 60000 200") == 2
    assert text.count("probe() {") == 1
    assert "switch /opt/slipway/proxy/serving/shop shop-v2-web" in text
    assert "drain shop-v1 30000" in text
    assert "# Asks every replica" in text


def test_what_would_undo_a_stage_is_told() -> None:
    plan = Plan("web1", "x", (Run("go", ("go",)),), (Run("back\nrm -rf /", ("back", "a b")),))
    text = as_script(Rollout("shop v2", (Stage("one", (plan,)),)), "web1")
    assert "#   back 'a b'  # back rm -rf /" in text


def test_a_server_without_steps_has_an_empty_script() -> None:
    assert "true" not in as_script(Rollout("shop v2", ()), "web1").partition("pipefail")[2]


@pytest.mark.parametrize(
    ("argv", "guard"),
    [
        (docker.pull("r/shop@sha256:1"), "docker image inspect r/shop@sha256:1 >/dev/null 2>&1 ||"),
        (docker.remove_image("r/shop@sha256:1"), "! docker image inspect r/shop@sha256:1 >/dev/null 2>&1 ||"),
        (docker.create_network("net", "shop"), "docker network inspect net >/dev/null 2>&1 ||"),
        (docker.connect("net", "box"), "net | grep -x box >/dev/null ||"),
        (("docker", "network", "disconnect", "net", "box"), "net | grep -x box >/dev/null ||"),
        (("docker", "network", "rm", "net"), "! docker network inspect net >/dev/null 2>&1 ||"),
    ],
)
def test_what_docker_refuses_a_second_time_is_done_once(argv: tuple[str, ...], guard: str) -> None:
    text = script(Run("why", argv))
    assert f"{guard}\n  {' '.join(argv)}" in text
    assert refused_by_bash(text) == ""
