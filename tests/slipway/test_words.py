"""Secrets, commands, cancel flags and the places of keys."""

import json
import pickle
import tomllib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.cancel import Cancel
from slipway.command import argv
from slipway.errors import BuildFailed, Cancelled
from slipway.evidence import Decision, Evidence
from slipway.locate import line_of
from slipway.secret import Scrubber, Secret, reveal, shown


def test_a_secret_never_prints_itself() -> None:
    secret = Secret("hunter22", "password")
    assert "hunter22" not in f"{secret} {secret!r} {[secret]} {shown(secret)}"
    assert reveal(secret) == "hunter22"


@given(st.lists(st.from_regex(r"[a-z0-9/]{4,12}", fullmatch=True), max_size=5), st.text())
def test_scrubbed_text_holds_no_secret(values: list[str], text: str) -> None:
    scrub = Scrubber(Secret(value) for value in values)
    scrubbed = scrub(text + "".join(values))
    assert not any(value in scrubbed for value in values)


@pytest.mark.parametrize("written", [repr, json.dumps, lambda value: json.dumps(value, ensure_ascii=False)])
def test_a_secret_is_masked_as_programs_print_it(written: Callable[[str], str]) -> None:
    value = "p\"a\\s's\n\twörd"
    shown = Scrubber([Secret(value)])(f"{{'KEY': {written(value)}, 'PATH': '/bin'}}")
    assert "***" in shown
    assert "rd" not in shown
    assert "/bin" in shown


def test_each_line_of_a_secret_is_masked() -> None:
    scrub = Scrubber([Secret("-----BEGIN KEY-----\nabcdefgh\n-----END KEY-----")])
    assert scrub("x abcdefgh y") == "x *** y"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python app.py", ("python", "app.py")),
        ("gunicorn -b 0.0.0.0:$PORT app:app", ("sh", "-c", "exec gunicorn -b 0.0.0.0:$PORT app:app")),
        ("FOO=1 python x.py", ("sh", "-c", "exec env FOO=1 python x.py")),
        ("a && b", ("sh", "-c", "a && b")),
        ("node 'my app.js'", ("node", "my app.js")),
    ],
)
def test_a_command_runs_without_a_shell_where_it_can(command: str, expected: tuple[str, ...]) -> None:
    assert argv(command) == expected


@pytest.mark.parametrize("command", ["", "   ", "a 'b"])
def test_a_command_that_is_none_is_refused(command: str) -> None:
    with pytest.raises(ValueError, match=r"empty|quotation"):
        argv(command)


def test_a_cancel_is_seen_by_all() -> None:
    cancel, seen = Cancel(), []
    forget = cancel.on_set(lambda: seen.append("forgotten"))
    forget()
    cancel.on_set(lambda: seen.append("told"))
    cancel.set("by ann")
    cancel.set("by bob")
    cancel.on_set(lambda: seen.append("late"))
    assert seen == ["told", "late"]
    with pytest.raises(Cancelled, match="by ann"):
        cancel.sleep(10)


def test_the_line_of_a_key_is_found() -> None:
    text = '[a]\nb = 1\n\n[[c]]\nd = 1\n[[c]]\n"d e".f = 2\n'
    assert line_of(text, ("a", "b")) == 2
    assert line_of(text, ("c", 1, "d e", "f")) == 7
    assert line_of(text, ("c", 1, "missing")) == 6
    assert line_of(text, ("nowhere",)) == 1


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.integers(0, 9), max_size=5))
def test_the_line_of_every_written_key_is_right(table: dict[str, int]) -> None:
    text = "# first\n" + "".join(f"{key} = {value}\n" for key, value in table.items())
    assert tomllib.loads(text) == table
    assert [line_of(text, (key,)) for key in table] == list(range(2, len(table) + 2))


def test_an_error_says_what_serves_and_what_next() -> None:
    error = BuildFailed("exit 1", where="Dockerfile:7", serving="v11", next="read the log", lines=["boom"])
    assert error.shown() == "Dockerfile:7: exit 1\n  | boom\nstill serving: v11\nnext: read the log"
    assert pickle.loads(pickle.dumps(error)).serving == "v11"  # noqa: S301 - our own bytes


def test_a_decision_reads_as_a_reason() -> None:
    evidence = Evidence("requires-python", "pyproject.toml", 6)
    decision = Decision("python.version", "3.13", (evidence,), "Python 3.13")
    assert decision.shown() == "Python 3.13 (requires-python, pyproject.toml:6)"
