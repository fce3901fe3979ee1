"""A deploy is watched: lines as git push shows them, resumed where it broke off, left by Ctrl-C."""

import httpx
import pytest
from typer.testing import CliRunner

from api.cli import follow
from api.cli.commands import app
from api.schemas import State, StepEvent
from tests.api.cli import shapes
from tests.api.cli.conftest import Cli, Recorded

ID = "k3v9x2m7qa"
EVENTS = f"GET /deploys/{ID}/events"


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited, without waiting."""
    waited: list[float] = []
    monkeypatch.setattr(follow.events, "__defaults__", (waited.append,))
    return waited


def test_lines_are_drawn_and_the_exit_code_is_the_deploys(api: Recorded, cli: Cli) -> None:
    api.stream(
        EVENTS,
        shapes.said("Commit 3f2c1ab", "head"),
        shapes.said("RUN uv sync"),
        shapes.said("no health path", "warn"),
        shapes.end(),
    )
    assert cli("follow", ID).stdout == "-----> Commit 3f2c1ab\n       RUN uv sync\n !     no health path\n"


def test_a_failure_is_told_once(api: Recorded, cli: Cli) -> None:
    api.stream(EVENTS, shapes.said("the build failed", "error"), shapes.end("failed", 1))
    result = cli("follow", ID, code=1)
    assert result.output == " !     the build failed\n"


def test_a_failure_that_no_line_told_of_is_read_from_the_deploy(api: Recorded, cli: Cli) -> None:
    error = shapes.problem(where="main.py:3", lines=["boom"], serving="v11 on web1", next="mend main.py")
    api.stream(EVENTS, shapes.end("failed", 1))
    api.on(f"GET /deploys/{ID}", shapes.deploy(State.FAILED, error=error))
    assert cli("follow", ID, code=1).stderr == (
        " !     main.py:3: the build failed\n       | boom\n"
        "       still serving: v11 on web1\n       next: mend main.py\n"
    )


def test_steps_are_shown_when_asked_for(api: Recorded, cli: Cli) -> None:
    step = StepEvent(server="web1", stage="start", command="docker ps", why="look", ok=True, seconds=0.25)
    api.stream(EVENTS, ("step", step), shapes.end())
    assert "web1 0.2s docker ps  # look" in cli("follow", ID, "-v").stdout
    api.answers.clear()
    api.stream(EVENTS, ("step", step), shapes.end())
    assert cli("follow", ID).stdout == ""


def test_a_broken_connection_is_resumed_after_the_last_event(
    api: Recorded, cli: Cli, waits: list[float]
) -> None:
    def refused(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    api.stream(EVENTS, shapes.said("one"), shapes.said("two"))
    api.answers[EVENTS].append(refused)
    api.stream(EVENTS, shapes.said("three"), shapes.end(), first=3)
    result = cli("follow", ID)
    assert [line.strip() for line in result.stdout.splitlines()] == ["one", "two", "three"]
    assert [request.headers.get("last-event-id") for request in api.requests] == [None, "2", "2"]
    assert "broke" in result.stderr
    assert waits == [0.2, 0.4]


def test_it_is_given_up_after_some_tries(api: Recorded, cli: Cli, waits: list[float]) -> None:
    api.stream(EVENTS)
    result = cli("follow", ID, code=1)
    assert len(api.requests) == follow.TRIES + 1
    assert max(waits) == follow.LONGEST_WAIT_SECONDS
    assert f"slipway follow {ID}" in result.stderr


def test_what_the_api_refuses_is_not_tried_again(api: Recorded, cli: Cli) -> None:
    api.on(EVENTS, shapes.problem(detail="no such deploy"), status=404)
    assert cli("follow", ID, code=1).stderr == " !     no such deploy\n"
    assert len(api.requests) == 1


def test_ctrl_c_detaches(api: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    api.stream(EVENTS, shapes.said("one"), shapes.end())
    monkeypatch.setattr(follow, "_line", pressed)
    result = CliRunner().invoke(app, ["follow", ID])
    assert result.exit_code == follow.DETACHED
    assert f"slipway follow {ID}" in result.stderr
    assert f"slipway cancel {ID}" in result.stderr
    assert api.routes() == [EVENTS]


def test_output_of_others_cannot_drive_a_pipe_or_table(api: Recorded, cli: Cli) -> None:
    api.stream(EVENTS, shapes.said("\x1b]0;title\x07head\x1b[2J", "head"), shapes.end())
    assert cli("follow", ID).stdout == "-----> head\n"
