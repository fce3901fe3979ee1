"""The parser of server-sent events, by the examples and rules of the HTML standard (9.2.6)."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cli.sse import Message, messages

CASES = {
    "data over two lines": (b"data: YHOO\ndata: +2\ndata: 10\n\n", [("message", "YHOO\n+2\n10", "")]),
    "comment": (b": test stream\n\ndata: first\nid: 1\n\n", [("message", "first", "1")]),
    "an id stays": (b"id: 1\ndata: a\n\ndata: b\n\n", [("message", "a", "1"), ("message", "b", "1")]),
    "an empty id resets": (
        b"id: 1\ndata: a\n\nid\ndata: b\n\n",
        [("message", "a", "1"), ("message", "b", "")],
    ),
    "an id with NUL is ignored": (b"id: a\0b\ndata: a\n\n", [("message", "a", "")]),
    "data without a value": (b"data\n\ndata\ndata\n\ndata:", [("message", "", ""), ("message", "\n", "")]),
    "one space is taken": (
        b"data:test\n\ndata: test\n\ndata:  test\n\n",
        [
            ("message", "test", ""),
            ("message", "test", ""),
            ("message", " test", ""),
        ],
    ),
    "no data, no event": (b"event: end\n\ndata: a\n\n", [("message", "a", "")]),
    "cut off at the end": (b"event: end\ndata: {}\n", []),
    "CRLF and CR": (
        b"event: line\r\ndata: a\r\n\r\nevent: end\rdata: b\r\r",
        [("line", "a", ""), ("end", "b", "")],
    ),
    "byte order mark": ("\ufeffdata: a\n\n".encode(), [("message", "a", "")]),
    "U+2028 ends no line": ("data: a\u2028b\n\n".encode(), [("message", "a\u2028b", "")]),
}


@pytest.mark.parametrize("name", CASES)
def test_messages(name: str) -> None:
    stream, expected = CASES[name]
    assert list(messages([stream])) == [Message(*fields) for fields in expected]


@given(st.sampled_from(sorted(CASES)), st.lists(st.integers(0, 80)))
def test_however_the_stream_is_cut(name: str, cuts: list[int]) -> None:
    stream, expected = CASES[name]
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    chunks = [stream[start:stop] for start, stop in pairwise(places)]
    assert list(messages(chunks)) == [Message(*fields) for fields in expected]
