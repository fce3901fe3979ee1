"""deploy, and what is seen of deploys and releases afterwards."""

import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest

from api.schemas import (
    ApplyAsked,
    DeployKind,
    GitSource,
    PlanShown,
    RecordShown,
    ReleaseInfo,
    RollbackAsked,
    ServerPlan,
    SourceInfo,
    State,
    StepShown,
)
from tests.api.cli import shapes
from tests.api.cli.conftest import Cli, Recorded

ID = "k3v9x2m7qa"
PLAN = PlanShown(
    title="shop v12",
    hash="0123456789ab",
    servers=[
        ServerPlan(
            server="web1",
            steps=[
                StepShown(
                    stage="deliver",
                    kind="write",
                    command="write /a (mode 0644)",
                    why="the file",
                    diff="+new\n-old",
                ),
                StepShown(stage="start", kind="run", command="docker compose up", why="start web"),
            ],
        )
    ],
)


def _git(*words: str) -> None:
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    subprocess.run(["git", *who, *words], check=True, capture_output=True)


@pytest.fixture
def live(api: Recorded) -> Recorded:
    api.stream(f"GET /deploys/{ID}/events", shapes.said("live", "head"), shapes.end())
    return api


def test_deploy_sends_the_work_tree_and_what_git_says_of_it(live: Recorded, cli: Cli) -> None:
    Path("main.py").write_text("app = 1\n")
    Path("big.log").write_text("ignored\n")
    Path(".gitignore").write_text("*.log\n")
    _git("init", "-qb", "main")
    _git("add", ".")
    _git("commit", "-qm", "Sell shoes — grün")
    live.on("POST /apps/shop/deploys", shapes.started())
    result = cli("deploy", "shop")
    request = live.requests[0]
    source = SourceInfo.model_validate(json.loads(request.headers["x-slipway-source"]))
    assert (source.author, source.subject, source.ref) == (
        "Ann <ann@example.org>",
        "Sell shoes — grün",
        "refs/heads/main",
    )
    assert len(source.commit) == 40
    with tarfile.open(fileobj=io.BytesIO(request.content)) as archive:
        assert archive.getnames() == [".gitignore", "main.py"]
    assert int(request.headers["content-length"]) == len(request.content)
    assert request.headers["authorization"] == "Bearer slp_test"
    assert result.stderr == ""


def test_deploy_says_that_a_tree_is_dirty(live: Recorded, cli: Cli) -> None:
    _git("init", "-qb", "main")
    _git("commit", "-qm", "Sell shoes", "--allow-empty")
    Path("main.py").write_text("app = 2\n")
    live.on("POST /apps/shop/deploys", shapes.started())
    result = cli("deploy", "shop")
    source = json.loads(live.requests[0].headers["x-slipway-source"])
    assert source["subject"] == "Sell shoes (with uncommitted changes)"
    assert "not committed" in result.stderr


def test_deploy_of_a_folder_without_git(live: Recorded, cli: Cli) -> None:
    Path("index.html").write_text("hello\n")
    live.on("POST /apps/shop/deploys", shapes.started())
    cli("deploy", "shop")
    assert live.requests[0].headers["x-slipway-source"] == "{}"


def test_deploy_plan_shows_the_plan_and_how_to_apply_it(api: Recorded, cli: Cli) -> None:
    api.on("POST /apps/shop/deploys", shapes.started())
    api.stream(f"GET /deploys/{ID}/events", shapes.end("planned"))
    api.on(f"GET /deploys/{ID}/plan", PLAN)
    shown = cli("deploy", "shop", "--plan").stdout
    assert api.requests[0].url.params["plan"] == "true"
    assert "  1. # the file\n       write /a (mode 0644)\n         +new\n         -old\n" in shown
    assert "slipway deploy --app shop --apply 0123456789ab" in shown


def test_deploy_apply_and_git(live: Recorded, cli: Cli) -> None:
    live.on("POST /apps/shop/apply", shapes.started())
    cli("deploy", "--app", "shop", "--apply", "0123456789ab")
    assert ApplyAsked.model_validate(live.body(0)).hash == "0123456789ab"
    live.on("POST /apps/shop/deploys/git", shapes.started())
    cli("deploy", "shop", "--git", "https://example.org/a.git", "--ref", "v1")
    assert GitSource.model_validate(live.body(2)).ref == "v1"


@pytest.mark.parametrize(
    "words", [("--apply", "x", "--plan"), ("--git", "u", "--apply", "x"), ("--git", "u", "--dir", "x")]
)
def test_deploy_refuses_what_excludes_each_other(cli: Cli, words: tuple[str, ...]) -> None:
    assert "exclude" in cli("deploy", "shop", *words, code=2).stderr


def test_deploy_of_no_folder(api: Recorded, cli: Cli) -> None:
    assert "nowhere: is no folder" in cli("deploy", "shop", "--dir", "nowhere", code=1).stderr
    assert api.requests == []


def test_deploys_are_listed(api: Recorded, cli: Cli) -> None:
    api.on("GET /apps/shop/deploys", [shapes.deploy(State.LIVE)])
    head, row = cli("deploys", "shop").stdout.splitlines()
    assert head.split() == ["DEPLOY", "STATE", "CHANGE", "RELEASE", "SOURCE", "BY", "WHEN", "TOOK"]
    for part in (ID, "live", "v12", "3f2c1ab Sell shoes", "ann (cli)", "6.5 s"):
        assert part in row


def test_cancel_finds_the_deploy_under_way(api: Recorded, cli: Cli) -> None:
    api.on("GET /apps/shop/deploys", [shapes.deploy(State.LIVE, "a"), shapes.deploy(State.RUNNING, "b")])
    api.on("POST /deploys/b/cancel", shapes.deploy(State.RUNNING, "b"))
    assert "b is being cancelled" in cli("cancel", "--app", "shop").stdout


def test_cancel_when_nothing_is_under_way(api: Recorded, cli: Cli) -> None:
    api.on("GET /apps/shop/deploys", [shapes.deploy(State.LIVE, "a")])
    assert "no deploy under way" in cli("cancel", "--app", "shop", code=1).stderr


def test_plan_of_the_newest_deploy(api: Recorded, cli: Cli) -> None:
    api.on("GET /apps/shop/deploys", [shapes.deploy(id="b"), shapes.deploy(id="a")])
    api.on("GET /deploys/b/plan", PLAN)
    assert "-----> web1: 2 steps" in cli("plan", "--app", "shop").stdout


def _record(server: str, exit_code: int = 0) -> RecordShown:
    return RecordShown(
        server=server, stage="start", why="start web", command="docker up", stdin="", output="out\n\x1b[2Jx",
        exit_code=exit_code, started_at=shapes.AT, seconds=0.5,
    )  # fmt: skip


def test_transcript(api: Recorded, cli: Cli) -> None:
    api.on(f"GET /deploys/{ID}/transcript", [_record("web1"), _record("web2", 7)])
    shown = cli("transcript", ID).stdout
    assert "web1 start: start web\n  $ docker up\n    out\n" in shown
    assert "exit 7, 0.50s" in shown
    assert "web1" not in cli("transcript", ID, "--server", "web2").stdout


def test_transcript_as_script_is_for_one_server(api: Recorded, cli: Cli) -> None:
    api.on(f"GET /deploys/{ID}/transcript", [_record("web1"), _record("web2")])
    assert "web1, web2" in cli("transcript", ID, "--sh", code=2).stderr
    api.on(f"GET /deploys/{ID}/transcript.sh", "#!/bin/bash\ntrue\n")
    assert cli("transcript", ID, "--sh", "--server", "web2").stdout == "#!/bin/bash\ntrue\n"
    assert api.requests[-1].url.params["server"] == "web2"


def test_releases_and_rollback(live: Recorded, cli: Cli) -> None:
    release = ReleaseInfo(
        number=12, state="live", kind=DeployKind.ROLLBACK, digest="sha256:1", image="shop@sha256:1",
        image_bytes=143_000_000, config_revision=1,
        source=SourceInfo(commit="3f2c1ab9", subject="Sell [red]shoes"),
        headline="", by="ann", created_at=shapes.AT, processes={"web": 1}, rollback_of=10,
    )  # fmt: skip
    live.on("GET /apps/shop/releases", [release])
    row = cli("releases", "shop").stdout.splitlines()[1]
    for part in ("v12", "rollback to v10", "3f2c1ab Sell [red]shoes", "143 MB"):
        assert part in row
    live.on("POST /apps/shop/rollback", shapes.started())
    cli("rollback", "v10", "--app", "shop")
    assert RollbackAsked.model_validate(live.body(1)).to == 10
    cli("rollback", "--app", "shop")
    assert RollbackAsked.model_validate(live.body(3)).to is None
    assert "no release" in cli("rollback", "ten", "--app", "shop", code=2).stderr
