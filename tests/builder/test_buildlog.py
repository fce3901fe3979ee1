"""BuildKit's progress, as it was recorded, becomes lines for people and an error that names its place."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.buildlog import BuildLog, instruction
from builder.image import failed, too_long
from slipway.progress import Kind, Line
from slipway.secret import Scrubber, Secret

RECORDED = (Path(__file__).parent / "recorded" / "build-failed.rawjson").read_text()
SHOWN = [
    "  first line",
    "  progress 100%",
    "  token=***",
    "RUN echo \"first line\" && printf 'progress 1%%\\rprogress 100%%\\n' && echo token=*** … 0.4s",
    "RUN true … 0.4s",
    "  KeyError: 'DATABASE_URL'",
    "  about to fail",
]


def read(text: str, limit: int = 10_000, piece: int = 1 << 20) -> tuple[BuildLog, list[Line]]:
    lines: list[Line] = []
    log = BuildLog(lines.append, Scrubber([Secret("hunter22")]), limit)
    for start in range(0, len(text), piece):
        log.feed(text[start : start + piece])
    return log, lines


def vertex(digest: str, name: str, **more: object) -> str:
    return json.dumps({"vertexes": [{"digest": digest, "name": name, **more}]}) + "\n"


def output(digest: str, text: str) -> str:
    data = base64.b64encode(text.encode()).decode()
    return json.dumps({"logs": [{"vertex": digest, "stream": 1, "data": data}]}) + "\n"


def ended(digest: str, name: str, **more: object) -> str:
    times = {"started": "2026-11-24T20:30:05.1Z", "completed": "2026-11-24T20:30:06.350719114Z"}
    return vertex(digest, name, **times, **more)


def test_a_recorded_build_is_told_line_by_line_without_its_secrets() -> None:
    log, lines = read(RECORDED)
    assert [line.text for line in lines] == SHOWN
    assert "hunter22" not in repr((log.steps(), log.failure, log.rest, lines))


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 400))
def test_the_pieces_in_which_the_stream_arrives_change_nothing(piece: int) -> None:
    assert [line.text for line in read(RECORDED, piece=piece)[1]] == SHOWN


def test_the_error_names_the_instruction_the_exit_code_and_its_last_lines() -> None:
    error = failed(read(RECORDED)[0], 1)
    assert error.what == (
        '`RUN echo "about to fail" && echo "KeyError: \'DATABASE_URL\'" >&2 && exit 3` failed: exit code: 3'
    )
    assert error.lines == ("KeyError: 'DATABASE_URL'", "about to fail")
    assert error.next == "mend it and push again"


def test_a_step_that_was_killed_most_likely_took_too_much_memory() -> None:
    log, _ = read(ended("a", "[1/2] RUN make", error="process did not complete: exit code: 137"))
    error = failed(log, 1)
    assert "using too much memory" in error.what
    assert "MEMORY" in error.next


def test_a_step_that_was_killed_with_buildx_itself_is_not_told_as_too_much_memory() -> None:
    log, _ = read(ended("a", "[1/2] RUN make", error="process did not complete: exit code: 137"))
    error = failed(log, -9)
    assert error.what == "buildx was killed by signal 9 in `RUN make`"
    assert error.next.startswith("deploy again")


def test_a_failure_without_an_exit_code_is_told_as_it_is() -> None:
    log, _ = read(ended("a", "[1/2] COPY nothing ./", error='"/nothing": not found'))
    assert failed(log, 1).what == '`COPY nothing ./` failed: "/nothing": not found'


def test_the_cause_is_told_and_not_the_step_that_was_ended_beside_it() -> None:
    log, _ = read(
        ended("a", "[a 1/1] RUN sleep 99", error="context canceled")
        + ended("b", "[b 1/1] RUN false", error="exit code: 1")
        + ended("c", "[c 1/1] RUN sleep 98", error="context canceled")
    )
    assert failed(log, 1).what == "`RUN false` failed: exit code: 1"


def test_a_dockerfile_that_is_none_is_told_in_buildkits_words() -> None:
    log, _ = read("ERROR: failed to solve: dockerfile parse error line 3: unknown instruction: RUM\n")
    error = failed(log, 1)
    assert error.what == "dockerfile parse error line 3: unknown instruction: RUM"
    assert error.next == "mend it and push again"


@pytest.mark.parametrize(("code", "what"), [(1, "buildx ended with 1"), (-9, "was killed by signal 9")])
def test_a_buildx_that_dies_says_how_and_asks_for_docker(code: int, what: str) -> None:
    log, _ = read("Cannot connect to the daemon with hunter22\n")
    error = failed(log, code)
    assert what in error.what
    assert error.lines == ("Cannot connect to the daemon with ***",)
    assert "docker info" in error.next


def test_a_word_of_buildx_in_between_stops_nothing() -> None:
    text = "WARNING: something\n" + vertex("a", "[1/1] RUN x") + "note\n" + output("a", "seen\n")
    log, lines = read(text)
    assert [line.text for line in lines] == ["  seen"]
    assert list(log.rest) == ["WARNING: something", "note"]


def test_a_last_line_without_its_end_is_not_lost() -> None:
    text = (
        vertex("a", "[1/1] RUN x") + output("a", "one\ntwo") + ended("a", "[1/1] RUN x", error="exit code: 1")
    )
    log, lines = read(text)
    assert [line.text for line in lines] == ["  one", "  two"]
    assert failed(log, 1).lines == ("one", "two")


def test_a_line_that_comes_in_pieces_is_one_line_and_its_secret_masked() -> None:
    text = vertex("a", "[1/1] RUN x") + output("a", "pass hunt") + output("a", "er22 word\n")
    assert [line.text for line in read(text)[1]] == ["  pass *** word"]


def test_output_past_the_limit_is_left_out_once_and_still_told_in_an_error() -> None:
    many = "".join(f"line {number}\n" for number in range(100))
    text = vertex("a", "[1/1] RUN x") + output("a", many) + ended("a", "[1/1] RUN x", error="exit code: 1")
    log, lines = read(text, limit=50)
    assert len(lines) < 12
    assert [line.kind for line in lines].count(Kind.WARN) == 1
    assert failed(log, 1).lines[-1] == "line 99"


def test_steps_of_the_cache_are_counted_and_not_told() -> None:
    log, lines = read(ended("a", "[1/2] RUN x", cached=True) + ended("b", "[2/2] RUN y", cached=True))
    assert (log.cached, lines) == (2, [])


def test_a_build_that_takes_too_long_names_what_it_was_at() -> None:
    log, _ = read(ended("a", "[1/2] RUN x") + vertex("b", "[2/2] RUN sleep 99") + output("b", "still here\n"))
    error = too_long(log, 90.0)
    assert error.what == "the build was ended after 90s in `RUN sleep 99`"
    assert (error.code, error.lines) == ("build-timeout", ("still here",))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("[build 3/7] RUN --mount=type=cache,target=/x uv sync", "RUN uv sync"),
        ("[2/3] COPY . .", "COPY . ."),
        ("[linux/arm64 build 1/2] RUN x", "RUN x"),
        ("[1/1] RUN --mount=type=secret,id=A A=/run/secrets/A npm ci", "RUN npm ci"),
        ("[1/1] RUN a\n   b", "RUN a b"),
        ("[internal] load build context", "[internal] load build context"),
        ("[1/1] RUN " + "x" * 200, "RUN " + "x" * 95 + "…"),
    ],
)
def test_an_instruction_reads_as_a_person_wrote_it(name: str, shown: str) -> None:
    assert instruction(name) == shown
