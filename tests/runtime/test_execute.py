"""Execution: stages in order, servers side by side, undone together; on a server that answers by a table."""

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, cast

import pytest

from runtime.execute import execute
from runtime.ssh import Address, Result, Ssh
from runtime.steps import Tools
from slipway.cancel import Cancel
from slipway.errors import Cancelled, ConnectionLost, ServerError, StepFailed, Unhealthy
from slipway.plan import Drain, Plan, Probe, Rollout, Run, Stage, Step, Switch, Write
from slipway.secret import Scrubber, Secret
from slipway.transcript import Record
from templates.engine import Engine

TOOLS = Tools(Engine(), 5077)


class FakeSsh:
    """Answers each command by the first word that a table knows; remembers what was run."""

    def __init__(self, name: str, answers: dict[str, Callable[[Cancel], Result]], log: list[str]) -> None:
        self.address = Address(name, "192.0.2.1", 22, "root", "")
        self.answers = answers
        self.log = log

    def run(self, argv: Sequence[Any], *, cancel: Cancel | None = None, **_: object) -> Result:
        words = " ".join(str(word) for word in argv if "\n" not in str(word))
        self.log.append(f"{self.address.name}: {words}")
        answer = next((value for word, value in self.answers.items() if word in words), None)
        return answer(cancel or Cancel()) if answer else Result(0, "fine", 0.1)

    def script(self, _: str, arguments: Sequence[str], **more: Any) -> Result:  # noqa: ANN401
        return self.run(arguments, **more)

    def tunnel(self, port: int, local: int) -> nullcontext[None]:
        self.log.append(f"{self.address.name}: tunnel {port}:{local}")
        return nullcontext()


class Seen:
    """Who looks on, and keeps what it sees."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.warnings: list[tuple[str, str]] = []

    def started(self, server: str, stage: str, step: Step) -> None:
        del server, stage, step

    def finished(self, record: Record) -> None:
        self.records.append(record)

    def warn(self, server: str, text: str) -> None:
        self.warnings.append((server, text))


class Stand:
    """Two servers, and what happens on them."""

    def __init__(self, answers: dict[str, dict[str, Callable[[Cancel], Result]]] | None = None) -> None:
        self.answers = answers or {}
        self.log: list[str] = []
        self.seen = Seen()
        self.cancel = Cancel()

    def ssh_of(self, name: str) -> Ssh:
        return cast(Ssh, FakeSsh(name, self.answers.get(name, {}), self.log))

    def execute(
        self,
        *stages: Stage,
        secrets: Sequence[Secret] = (),
        check: Callable[[], None] | None = None,
    ) -> None:
        rollout, scrub = Rollout("shop v2", stages), Scrubber(secrets)
        execute(rollout, self.ssh_of, self.seen, self.cancel, tools=TOOLS, scrub=scrub, check=check)


def fails(output: str = "boom", code: int = 1) -> Callable[[Cancel], Result]:
    return lambda _: Result(code, output, 0.1)


def raises(error: Exception) -> Callable[[Cancel], Result]:
    def answer(_: Cancel) -> Result:
        raise error

    return answer


def cancels(cancel: Cancel, reason: str) -> Callable[[Cancel], Result]:
    def answer(_: Cancel) -> Result:
        cancel.set(reason)
        return Result(0, "", 0.1)

    return answer


def waits_for_cancel(cancel: Cancel) -> Result:
    cancel.sleep(30)
    return Result(0, "nobody cancelled", 30.0)


def run(*words: str) -> Run:
    return Run(f"{words[0]} it", words)


def both(name: str, *words: str, undo: str = "", revertible: bool = True) -> Stage:
    back = (run(undo),) if undo else ()
    return Stage(
        name, tuple(Plan(server, name, (run(*words),), back) for server in ("web1", "web2")), revertible
    )


def test_a_stage_begins_when_every_server_ended_the_one_before() -> None:
    stand = Stand()
    stand.execute(both("one", "first"), both("two", "second"))
    assert sorted(stand.log[:2]) == ["web1: first", "web2: first"]
    assert sorted(stand.log[2:]) == ["web1: second", "web2: second"]
    assert [record.ok for record in stand.seen.records] == [True] * 4


def test_a_failure_on_one_of_two_servers_undoes_both_the_last_stage_first() -> None:
    stand = Stand({"web2": {"second": fails()}})
    with pytest.raises(StepFailed, match="second it: `second` ended with 1"):
        stand.execute(both("one", "first", undo="unfirst"), both("two", "second", undo="unsecond"))
    assert sorted(stand.log[-4:-2]) == ["web1: unsecond", "web2: unsecond"]
    assert sorted(stand.log[-2:]) == ["web1: unfirst", "web2: unfirst"]


def test_a_stage_that_was_not_begun_is_not_undone() -> None:
    stand = Stand({"web1": {"first": fails()}})
    with pytest.raises(StepFailed):
        stand.execute(both("one", "first", undo="unfirst"), both("two", "second", undo="unsecond"))
    assert not [line for line in stand.log if "second" in line]


def test_an_undo_that_fails_on_one_server_stops_neither_its_other_steps_nor_the_other_server() -> None:
    back = (run("back"), run("away"))
    plans = tuple(Plan(name, "x", (run("go"),), back) for name in ("web1", "web2"))
    stand = Stand({"web1": {"go": fails(), "back": fails("no way")}})
    with pytest.raises(StepFailed, match="go it"):
        stand.execute(Stage("one", plans))
    assert {"web1: away", "web2: back", "web2: away"} <= set(stand.log)
    assert [server for server, text in stand.seen.warnings if "could not be undone (back it)" in text] == [
        "web1"
    ]


def test_the_error_told_is_the_cause_and_not_that_others_were_stopped() -> None:
    broke = ConnectionLost("the SSH connection broke")
    stand = Stand({"web1": {"go": waits_for_cancel}, "web2": {"go": raises(broke)}})
    with pytest.raises(ConnectionLost):
        stand.execute(both("one", "go"))
    codes = {record.server: record.exit_code for record in stand.seen.records}
    assert codes == {"web1": 1, "web2": None}


def test_a_cancel_ends_every_server_undoes_it_and_says_who_cancelled() -> None:
    stand = Stand()
    asked = threading.Barrier(2, action=lambda: stand.cancel.set("cancelled by ann"))

    def answer(cancel: Cancel) -> Result:
        asked.wait(30)
        return waits_for_cancel(cancel)

    stand.answers = {name: {"go": answer} for name in ("web1", "web2")}
    with pytest.raises(Cancelled, match="cancelled by ann"):
        stand.execute(both("one", "go", undo="back"), both("two", "never"))
    assert sorted(line for line in stand.log if "go" not in line) == ["web1: back", "web2: back"]


def test_a_cancel_between_stages_is_seen_before_the_next_begins() -> None:
    stand = Stand()
    stand.answers = {"web1": {"go": cancels(stand.cancel, "by bob")}}
    with pytest.raises(Cancelled, match="by bob"):
        stand.execute(both("one", "go", undo="back"), both("two", "never"))
    assert {"web1: back", "web2: back"} <= set(stand.log)
    assert not [line for line in stand.log if "never" in line]


def test_what_fails_after_the_switch_is_a_warning_and_the_change_stands() -> None:
    stand = Stand({"web1": {"tidy": fails("in use")}})
    stand.execute(both("switch", "go", undo="back"), both("finish", "tidy", undo="x", revertible=False))
    assert [server for server, _ in stand.seen.warnings] == ["web1"]
    assert not [line for line in stand.log if "back" in line]
    assert "web2: tidy" in stand.log


def test_a_cancel_after_the_switch_comes_too_late_and_the_old_release_is_still_removed() -> None:
    stand = Stand()
    stand.answers = {"web1": {"drain": cancels(stand.cancel, "by ann")}}
    steps = (run("drain"), run("down"))
    stand.execute(Stage("finish", (Plan("web1", "finish", steps),), revertible=False))
    assert stand.log == ["web1: drain", "web1: down"]
    assert stand.seen.warnings == []


def test_a_mistake_of_our_own_is_undone_like_any_failure() -> None:
    stand = Stand({"web1": {"go": raises(KeyError("hunter22"))}})
    with pytest.raises(ServerError, match="slipway's own mistake: KeyError") as caught:
        stand.execute(both("one", "go", undo="back"))
    assert {"web1: back", "web2: back"} <= set(stand.log)
    assert "hunter22" not in caught.value.shown()


def test_no_secret_is_in_a_record_or_an_error_even_when_a_program_prints_it() -> None:
    secret = Secret("hunter22", "password", "***")
    stand = Stand({"web1": {"go": fails("cannot log in with hunter22")}})
    steps = (
        Write("its config", "/opt/env", Secret("KEY=hunter22", "env", "KEY=***"), 0o600),
        Write("a file that holds it by mistake", "/opt/plain", "password: hunter22\n"),
        Run("with hunter22", ("go", "--with", Secret("hunter22")), stdin=secret),
    )
    with pytest.raises(StepFailed) as caught:
        stand.execute(Stage("one", (Plan("web1", "x", steps),)), secrets=[secret])
    assert "hunter22" not in repr(stand.seen.records) + caught.value.shown() + str(caught.value)
    assert caught.value.lines == ("cannot log in with ***",)
    assert [record.stdin for record in stand.seen.records] == ["KEY=***", "password: ***\n", "***"]
    assert stand.seen.records[2].command == "go --with ***"


def test_every_kind_of_step_becomes_one_command_and_a_pull_has_its_tunnel() -> None:
    probe = Probe("p", "shop-v2", "web", 2, 8000, "shop.example.org", "/", 200, 399, 60.0, 0.2)
    steps: tuple[Step, ...] = (
        Run("pull", ("docker", "pull", "x"), tunnel=True),
        Write("w", "/opt/x", "grün\n", 0o640),
        probe,
        Switch("s", "shop", "shop-v2-web"),
        Drain("d", "shop-v1", 1.5),
    )
    stand = Stand({"web1": {"web 2 8000": lambda _: Result(0, "healthy - - 1234", 1.2)}})
    stand.execute(Stage("one", (Plan("web1", "x", steps),)))
    assert stand.log == [
        "web1: tunnel 5077:5077",
        "web1: docker pull x",
        "web1: sh -c write /opt/x 0640 6",
        "web1: shop-v2 web 2 8000 / shop.example.org 200 399 60000 200",
        "web1: /opt/slipway/proxy/serving/shop shop-v2-web",
        "web1: shop-v1 1500",
    ]
    assert [record.output for record in stand.seen.records][2] == "healthy after 1.2s"


def test_a_probe_that_fails_is_told_with_the_apps_own_last_lines() -> None:
    probe = Probe("p", "shop-v2", "web", 1, 8000, "shop.example.org", "/", 200, 399, 60.0, 0.2)
    looked = "\n\x1estate\nexited 1 false 0 0\n\x1elogs\nKeyError: DATABASE_URL\n\x1eend\n"
    stand = Stand(
        {"web1": {"60000": fails("ended abc - exited", 3), "abc 8000": lambda _: Result(0, looked, 0.1)}}
    )
    with pytest.raises(Unhealthy, match="web of shop-v2 exited at once with code 1") as caught:
        stand.execute(Stage("start", (Plan("web1", "x", (probe,)),)))
    assert caught.value.lines == ("KeyError: DATABASE_URL",)


def test_a_drain_that_cannot_be_done_is_not_taken_for_a_drained_release() -> None:
    stand = Stand({"web1": {"shop-v1": fails("docker: not found", 127)}})
    steps = (Drain("let v1 finish", "shop-v1", 1.0), run("down"))
    stand.execute(Stage("finish", (Plan("web1", "x", steps),), revertible=False))
    assert stand.log == ["web1: shop-v1 1000"]
    assert stand.seen.warnings == [("web1", "let v1 finish: ended with 127")]


@pytest.mark.parametrize("error", [ServerError("is not as v2 says"), RuntimeError("a fault of our own")])
def test_a_check_that_fails_after_the_switch_undoes_every_stage_on_every_server(error: Exception) -> None:
    stand = Stand()
    with pytest.raises(type(error)):
        stand.execute(
            both("start", "up", undo="stop"), both("switch", "ln", undo="back"), check=lambda: _raise(error)
        )
    assert sorted(stand.log[-4:-2]) == ["web1: back", "web2: back"]
    assert sorted(stand.log[-2:]) == ["web1: stop", "web2: stop"]


def test_a_check_looks_once_all_stages_have_run() -> None:
    stand = Stand()
    seen: list[int] = []
    stand.execute(both("start", "up"), both("switch", "ln"), check=lambda: seen.append(len(stand.log)))
    assert seen == [4]


def _raise(error: Exception) -> None:
    raise error
