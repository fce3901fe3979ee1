"""No input leads to a 500: hypothesis asks every route for odd things, on SQLite and PostgreSQL."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.http.auth import routes_of
from api.schemas.examples import EXAMPLES
from tests.api.conftest import SQLITE_AND_POSTGRES, Api
from tests.api.http.test_hostile import ODD, a_door
from tests.api.store.test_store import stored

SENDS_TO_A_SERVER = {"/servers/{name}/status", "/servers/{name}/plan", "/servers/host-key"}
"""Routes that connect to the address they are told: by other tests, on servers that are there."""


def escaped(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


TEXT = st.one_of(st.sampled_from(ODD), st.text(max_size=30), st.sampled_from(["shop", "web1", "main"]))
JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXT),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                TEXT,
                st.sampled_from(sorted(set().union(*EXAMPLES.values()))),
            ),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def hostile(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Api, list[tuple[str, str]]]]:
    """One control plane for all that hypothesis thinks of."""
    url = request.getfixturevalue("fresh_postgres") if request.param == "postgres" else ""
    with a_door(tmp_path_factory.mktemp("hostile"), url) as (api, plane, app):
        stored(plane, 1)
        yield api, [(method, path) for method, path, _ in routes_of(app) if path not in SENDS_TO_A_SERVER]


@pytest.mark.parametrize("hostile", SQLITE_AND_POSTGRES, indirect=True)
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_no_input_leads_to_a_mistake_of_ours(
    hostile: tuple[Api, list[tuple[str, str]]], data: st.DataObject
) -> None:
    api, routes = hostile
    method, path = data.draw(st.sampled_from(routes))

    def part(_: re.Match[str]) -> str:
        return escaped(data.draw(TEXT))

    url = re.sub(r"\{[^}]+\}", part, path)
    query = data.draw(
        st.dictionaries(
            st.sampled_from(["limit", "app", "release", "server", "plan", "lines"]), TEXT, max_size=2
        )
    )
    encoded = "&".join(f"{key}={escaped(value)}" for key, value in query.items())
    body = data.draw(st.one_of(JSON.map(lambda value: json.dumps(value).encode()), st.binary(max_size=40)))
    kind = data.draw(st.sampled_from(["application/json", "text/plain", "application/x-tar", ""]))
    answer = api.ask(method, f"{url}?{encoded}", content=body, headers={"content-type": kind})
    assert answer.status_code < 500, (method, url, encoded, body, answer.text)
