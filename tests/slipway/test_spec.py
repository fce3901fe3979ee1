"""slipway.toml: what is accepted, and the place and reason of what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import SpecError
from slipway.spec import Spec, parse_spec

GOOD = """
app = "shop"
volumes = { data = "/data" }

[build]
packages = ["libpq5"]
secrets = ["NPM_TOKEN"]

[processes.web]
command = "uvicorn main:app --port $PORT"
port = 8000
replicas = 2
memory = "512m"
stop_timeout = "1.5m"

[processes.web.health]
path = "/healthz"
status = 204

[deploy]
strategy = "stop-first"
drain = 10
"""


def test_every_part_is_read() -> None:
    spec = parse_spec(GOOD)
    web = spec.processes["web"]
    assert (web.port, web.replicas, web.memory, web.stop_timeout) == (8000, 2, 512 << 20, 90.0)
    assert (web.health.path, web.health.status) == ("/healthz", "204")
    assert (spec.deploy.strategy, spec.deploy.drain) == ("stop-first", 10.0)
    assert spec.volumes == {"data": "/data"}


def test_nothing_is_required() -> None:
    assert parse_spec("") == Spec()


@pytest.mark.parametrize(
    ("text", "where", "reason"),
    [
        ("[processes.web]\n\nport = 70000", "slipway.toml:3: processes.web.port", "must be 1-65535"),
        ("[build]\nfoo = 1", "slipway.toml:2: build.foo", "is not a key"),
        ("a = ", "slipway.toml:1", "is not TOML"),
        ("processes.web.replicas = -1", "slipway.toml:1: processes.web.replicas", "greater than or equal"),
        ('[deploy]\ndrain = "soon"', "slipway.toml:2: deploy.drain", 'such as "30s"'),
        ('[deploy]\nstrategy = "blue"', "slipway.toml:2: deploy.strategy", "'rolling' or 'stop-first'"),
        ('[processes.web]\ncommand = "a\\nb"', "slipway.toml:2: processes.web.command", "one line"),
        ("[processes.Web]\nport = 1", "slipway.toml:1: processes.Web", "small letters"),
        ('[volumes]\ndata = "../x"', "slipway.toml:1: volumes", "absolute path"),
        ('[processes.web.health]\npath = "x"', "slipway.toml:2: processes.web.health.path", 'begin with "/"'),
        ('[processes.web]\nport = "80"', "slipway.toml:2: processes.web.port", "valid integer"),
    ],
)
def test_an_error_says_where_and_what(text: str, where: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec(text)
    assert caught.value.where == where
    assert reason in caught.value.what


def test_all_errors_are_shown_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec("[build]\nfoo = 1\n[deploy]\nkeep = 0")
    assert [line.split(": ")[0] for line in caught.value.lines] == ["slipway.toml:4"]


@given(st.text(max_size=200))
def test_any_text_is_a_spec_or_a_spec_error(text: str) -> None:
    try:
        parse_spec(text)
    except SpecError as error:
        assert error.where.startswith("slipway.toml")  # noqa: PT017 - either outcome is right
