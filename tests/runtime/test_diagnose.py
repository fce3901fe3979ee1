"""Why a replica is not healthy, in words that say what to mend."""

from dataclasses import replace

import pytest

from runtime.diagnose import explain, sockets
from runtime.probe import Verdict, parse
from slipway.plan import Probe

STEP = Probe("why", "shop-v2", "web", 1, 8000, "shop.example.org", "/health", 200, 399, 60.0, 0.2)
LATE = Verdict("late", "abc", "000", "not healthy after 60 s")
ENDED = Verdict("ended", "abc", "-", "exited")
RUNS = "running 0 false 0 4711 10.201.0.2"
ALL_8000, LOCAL_8000, LOCAL6_8000 = "00000000:1F40", "0100007F:1F40", f"{'0' * 24}01000000:1F40"


def answer(status: int, body: str = "") -> str:
    return f"HTTP/1.1 {status} Some Reason\r\nServer: x\r\n\r\n{body}"


@pytest.mark.parametrize(
    ("verdict", "parts", "what", "advice"),
    [
        (ENDED, {"state": "exited 1 false 0 0"}, "exited at once with code 1", "last lines"),
        (ENDED, {"state": "exited 0 false 0 0"}, "exited at once with code 0", "stay in the foreground"),
        (ENDED, {"state": "exited 127 false 0 0"}, "the command was not found", "last lines"),
        (ENDED, {"state": "restarting 126 false 3 0"}, "cannot be executed", "last lines"),
        (ENDED, {"state": "exited 137 true 0 0"}, "using more memory than it may", "processes.web.memory"),
        (ENDED, {"state": "exited 137 false 0 0"}, "it was killed", "last lines"),
        (ENDED, {}, "exited at once with code 0", "foreground"),
        (ENDED, {"state": RUNS, "died": "die 1\ndie 3"}, "exited at once with code 3", "last lines"),
        (ENDED, {"state": RUNS, "died": "oom \ndie 137"}, "more memory than it may", "processes.web.memory"),
        (LATE, {"state": "restarting 1 false 4 0"}, "exited at once with code 1", "last lines"),
        (LATE, {"state": RUNS, "sockets": ""}, "it never listened on a port", "0.0.0.0:$PORT (PORT is 8000)"),
        (
            LATE,
            {"state": RUNS, "sockets": "00000000:0BB8 00000000:1F90"},
            "listens on port 3000, 8080, and was asked on 8000",
            "processes.web.port",
        ),
        (LATE, {"state": RUNS, "sockets": LOCAL_8000}, "127.0.0.1:8000 only", "listen on 0.0.0.0"),
        (
            LATE,
            {"state": RUNS, "sockets": LOCAL6_8000},
            "listens on 127.0.0.1:8000 only",
            "listen on 0.0.0.0",
        ),
        (LATE, {"state": RUNS, "sockets": f"{LOCAL_8000} {ALL_8000}"}, "does not answer", "health.timeout"),
        (
            LATE,
            {"state": RUNS, "sockets": ALL_8000, "answer": answer(500, "KeyError: 'DATABASE_URL'\nmore")},
            "answered 500 to GET /health (Host: shop.example.org): KeyError: 'DATABASE_URL'",
            "slipway config set",
        ),
        (
            LATE,
            {"state": RUNS, "sockets": ALL_8000, "answer": answer(400)},
            "answered 400",
            "allow shop.example.org (Django: ALLOWED_HOSTS)",
        ),
        (LATE, {"state": RUNS, "sockets": ALL_8000, "answer": answer(404)}, "answered 404", "health.path"),
        (LATE, {"state": RUNS, "sockets": ALL_8000, "answer": answer(403)}, "answered 403", "health.status"),
        (LATE, {"state": RUNS, "sockets": ALL_8000, "answer": ""}, "does not answer", "health.timeout"),
        (
            Verdict("missing", "-", "-", "0 of 1 containers were made"),
            {},
            "did not start: 0 of 1 containers were made",
            "transcript",
        ),
    ],
)
def test_the_cause_and_what_to_do(verdict: Verdict, parts: dict[str, str], what: str, advice: str) -> None:
    why, next_ = explain(STEP, verdict, parts)
    assert why.startswith("web of shop-v2")
    assert what in why
    assert advice in next_


def test_the_advice_names_the_process_that_is_ill() -> None:
    worker = replace(STEP, process="worker", port=None)
    _, next_ = explain(worker, ENDED, {"state": "exited 137 true 0 0"})
    assert "processes.worker.memory" in next_


def test_a_page_that_was_slow_and_is_healthy_by_now_is_told_as_slow() -> None:
    why, next_ = explain(STEP, LATE, {"state": RUNS, "sockets": ALL_8000, "answer": answer(200, "ok")})
    assert "not healthy after 60 s: it answers by now (200)" in why
    assert "processes.web.health.timeout" in next_


def test_an_answer_in_the_middle_of_a_secret_page_is_cut() -> None:
    parts = {"state": RUNS, "sockets": ALL_8000, "answer": answer(500, "x" * 500)}
    assert len(explain(STEP, LATE, parts)[0]) < 300


def test_sockets_are_read_from_the_kernels_hex_without_dockers_own() -> None:
    text = "0B00007F:A1B2\n0100007F:1F40\n00000000000000000000000000000000:0050\nrubbish"
    assert sockets(text) == [("127.0.0.1", 8000), ("::", 80)]


@pytest.mark.parametrize(
    ("output", "verdict"),
    [
        ("healthy - - 1234", Verdict("healthy", "-", "-", "1234")),
        (
            "noise\nlate abc 502 not healthy after 60 s\n",
            Verdict("late", "abc", "502", "not healthy after 60 s"),
        ),
        ("", Verdict("missing", "-", "-", "the probe said nothing")),
        ("sh: docker: not found", Verdict("missing", "-", "-", "sh: docker: not found")),
    ],
)
def test_the_probes_last_line_is_its_verdict(output: str, verdict: Verdict) -> None:
    assert parse(output) == verdict
