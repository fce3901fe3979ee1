"""What people ask to be changed: refused when it cannot be, one deploy when it can, and an event always."""

import base64
import json
from collections.abc import Callable

import pytest
from fastapi import FastAPI

from api.http.auth import routes_of
from api.plane import Plane
from api.work.running import Running
from tests.api.conftest import SQLITE_AND_POSTGRES, Api, Queued
from tests.api.store.test_store import stored

both = pytest.mark.parametrize("store", SQLITE_AND_POSTGRES, indirect=True)
Act = Callable[[Running], bool]
KEY = "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519" + b"\1" * 36).decode()
OTHER_KEY = "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519" + b"\2" * 36).decode()
SERVER = {"name": "web1", "host": "203.0.113.7", "host_key": KEY}


@pytest.fixture
def shop(api: Api) -> Api:
    api.ok("POST", "/servers", json=SERVER)
    api.ok("POST", "/servers", json={**SERVER, "name": "spare", "port": 23})
    api.ok("POST", "/apps", json={"name": "shop", "servers": ["web1"]})
    return api


@pytest.fixture
def live_shop(shop: Api, plane: Plane) -> Api:
    for number in (1, 2):
        stored(plane, number)
    return shop


CHANGES = [
    ("POST", "/tokens", {"name": "bob", "role": "viewer"}, "token.made", {"token": "bob", "role": "viewer"}),
    ("DELETE", "/tokens/the-viewer", None, "token.removed", {"token": "the-viewer", "role": "viewer"}),
    (
        "POST",
        "/servers",
        {**SERVER, "name": "web2", "port": 2222},
        "server.added",
        {"host": "root@203.0.113.7:2222"},
    ),
    ("DELETE", "/servers/spare", None, "server.removed", {"host": "root@203.0.113.7:23"}),
    ("POST", "/servers/web1/trust", {"host_key": OTHER_KEY}, "server.trusted", {}),
    ("POST", "/servers/web1/bootstrap", None, "bootstrap.asked", {}),
    ("POST", "/apps", {"name": "blog"}, "app.created", {"servers": None}),
    ("DELETE", "/apps/shop", None, "removal.asked", {"release": 2}),
    (
        "PUT",
        "/apps/shop/servers",
        {"servers": ["spare", "web1"]},
        "servers.changed",
        {"before": ["web1"], "after": ["spare", "web1"]},
    ),
    (
        "PATCH",
        "/apps/shop/config",
        {"set": {"A": "canary"}},
        "config.changed",
        {"revision": 1, "added": ["A"]},
    ),
    (
        "POST",
        "/apps/shop/domains",
        {"name": "a.example.org"},
        "domain.added",
        {"domain": "a.example.org", "before": "", "after": "off"},
    ),
    (
        "PUT",
        "/apps/shop/scale",
        {"replicas": {"web": 3}},
        "scale.changed",
        {"before": {"web": 1}, "after": {"web": 3}},
    ),
    ("POST", "/apps/shop/deploys", "a tar", "code.sent", {"plan": False}),
    (
        "POST",
        "/apps/shop/deploys/git",
        {"url": "https://git.example.org/shop.git"},
        "code.sent",
        {"git_url": "https://git.example.org/shop.git", "git_ref": "HEAD"},
    ),
    ("POST", "/apps/shop/rollback", {}, "rollback.asked", {"before": 2, "to": 1}),
    (
        "PUT",
        "/apps/shop/templates/dockerignore",
        {"text": "*.log\n"},
        "template.changed",
        {"template": "dockerignore", "diff": ["@@ -0,0 +1 @@", "+*.log"]},
    ),
]
ELSEWHERE = {
    ("POST", "/servers/host-key"),  # pins nothing, changes nothing
    ("DELETE", "/apps/{app}/domains/{domain}"),  # the next test
    ("DELETE", "/apps/{app}/templates/{name:path}"),  # the next test
    ("POST", "/apps/{app}/apply"),
    ("POST", "/deploys/{deploy_id}/cancel"),
    ("POST", "/apps/{app}/run"),  # on a server: tests/acceptance/test_doors.py
    ("POST", "/git/{app}.git/{path:path}"),
    ("POST", "/internal/receive"),
}


@pytest.mark.parametrize(
    ("method", "path", "body", "action", "detail"), CHANGES, ids=lambda value: str(value)
)
def test_each_change_is_an_event_with_its_difference(
    live_shop: Api, method: str, path: str, body: object, action: str, detail: dict[str, object]
) -> None:
    sent = {"content": body} if isinstance(body, str) else {"json": body} if body is not None else {}
    live_shop.ok(method, path, headers={"X-Slipway-Door": "cli"}, **sent)
    event = live_shop.actions()[-1]
    assert (event["action"], event["who"], event["door"]) == (action, "the-admin", "cli")
    assert event["at"].endswith("Z")
    assert {key: event["detail"][key] for key in detail} == detail
    assert "canary" not in json.dumps(live_shop.actions())


def test_every_route_that_changes_something_is_held_to_its_event(app: FastAPI) -> None:
    changing = {(method, path) for method, path, _ in routes_of(app) if method != "GET"}
    names = {
        "web1": "{name}",
        "spare": "{name}",
        "shop": "{app}",
        "the-viewer": "{name}",
        "dockerignore": "{name:path}",
    }
    tested = {
        (method, "/".join(names.get(part, part) for part in path.split("/"))) for method, path, *_ in CHANGES
    }
    assert changing == tested | ELSEWHERE


def test_taking_back_a_domain_and_a_template_are_events_too(live_shop: Api) -> None:
    live_shop.ok("POST", "/apps/shop/domains", json={"name": "a.example.org"})
    live_shop.ok("POST", "/apps/shop/domains", json={"name": "a.example.org", "tls": "internal"})
    live_shop.ok("DELETE", "/apps/shop/domains/a.example.org")
    live_shop.ok("PUT", "/apps/shop/templates/dockerignore", json={"text": "a\n"})
    live_shop.ok("DELETE", "/apps/shop/templates/dockerignore")
    actions = [event["action"] for event in live_shop.actions("shop")]
    assert actions[-5:] == [
        "domain.added",
        "domain.changed",
        "domain.removed",
        "template.changed",
        "template.removed",
    ]


def test_what_changes_nothing_is_no_event_and_no_deploy(live_shop: Api, queued: Queued) -> None:
    live_shop.ok("PATCH", "/apps/shop/config", json={"set": {"A": "1"}})
    live_shop.ok("POST", "/apps/shop/domains", json={"name": "a.example.org"})
    before, events = len(queued.ids), live_shop.actions()
    again = live_shop.ok("PATCH", "/apps/shop/config", json={"set": {"A": "1"}})
    assert again == {"deploy": None, "message": "nothing changed"}
    assert live_shop.ok("POST", "/apps/shop/domains", json={"name": "a.example.org"})["deploy"] is None
    assert (len(queued.ids), live_shop.actions()) == (before, events)


def test_before_the_first_release_a_change_is_stored_and_nothing_is_queued(shop: Api, queued: Queued) -> None:
    for method, path, body in (
        ("PATCH", "/apps/shop/config", {"set": {"A": "1"}}),
        ("PUT", "/apps/shop/scale", {"replicas": {"web": 2}}),
        ("POST", "/apps/shop/domains", {"name": "a.example.org"}),
    ):
        answer = shop.ok(method, path, json=body)
        assert answer["deploy"] is None
        assert "first deploy" in answer["message"]
    assert queued.ids == []


def test_a_config_value_is_in_no_answer(live_shop: Api) -> None:
    live_shop.ok("PATCH", "/apps/shop/config", json={"set": {"A": "canary-1"}})
    for path in (
        "/apps",
        "/apps/shop",
        "/apps/shop/config",
        "/apps/shop/deploys",
        "/apps/shop/releases",
        "/apps/shop/releases/2",
        "/apps/shop/explain",
        "/events",
    ):
        if path != "/apps/shop/explain":
            assert "canary" not in json.dumps(live_shop.ok("GET", path))


@pytest.mark.parametrize(
    ("status", "method", "path", "body", "said"),
    [
        (409, "POST", "/apps", {"name": "shop"}, "there is an app shop already"),
        (404, "POST", "/apps", {"name": "blog", "servers": ["web9"]}, "there is no server web9"),
        (422, "POST", "/apps", {"name": "blog", "servers": []}, "an app needs a server"),
        (422, "PUT", "/apps/shop/servers", {"servers": []}, "an app needs a server"),
        (404, "PUT", "/apps/shop/servers", {"servers": ["web9"]}, "there is no server web9"),
        (409, "POST", "/servers", SERVER, "there is a server web1 already"),
        (409, "POST", "/servers", {**SERVER, "name": "web2"}, "is the server web1 already"),
        (404, "DELETE", "/servers/web9", None, "there is no server web9"),
        (404, "PUT", "/apps/shop/scale", {"replicas": {"wrker": 1}}, "shop has no process wrker"),
        (422, "PUT", "/apps/shop/scale", {"replicas": {"web": 101}}, "less than or equal to 100"),
        (422, "PUT", "/apps/shop/scale", {"replicas": {"web": -1}}, "greater than or equal to 0"),
        (404, "PATCH", "/apps/shop/config", {"unset": ["NONE"]}, "shop has no config var NONE"),
        (422, "PATCH", "/apps/shop/config", {"set": {"PORT": "1"}}, "PORT is set by slipway itself"),
        (422, "PATCH", "/apps/shop/config", {"set": {"A": "b\0"}}, "holds a NUL"),
        (404, "DELETE", "/apps/shop/domains/b.example.org", None, "shop has no domain b.example.org"),
        (409, "POST", "/apps/shop/rollback", {"to": 2}, "v2 serves already"),
        (404, "POST", "/apps/shop/rollback", {"to": 9}, "shop has no release v9"),
        (404, "POST", "/apps/shop/apply", {"hash": "0123456789ab"}, "shop has no plan 0123456789ab"),
        (404, "POST", "/deploys/nothere/cancel", None, "there is no deploy nothere"),
        (404, "GET", "/deploys/nothere/events", None, "there is no deploy nothere"),
        (404, "DELETE", "/tokens/nobody", None, "there is no token nobody"),
        (409, "POST", "/tokens", {"name": "the-viewer", "role": "admin"}, "there is a token the-viewer"),
    ],
    ids=lambda value: str(value),
)
def test_what_cannot_be_is_refused_and_leaves_no_trace(
    live_shop: Api, queued: Queued, status: int, method: str, path: str, body: object, said: str
) -> None:
    before = live_shop.actions()
    problem = live_shop.refused(status, method, path, **({"json": body} if body is not None else {}))
    assert said in problem["detail"]
    assert live_shop.actions() == before
    assert queued.ids == []


def test_a_domain_belongs_to_one_app(live_shop: Api) -> None:
    live_shop.ok("POST", "/apps", json={"name": "blog"})
    live_shop.ok("POST", "/apps/shop/domains", json={"name": "a.example.org"})
    problem = live_shop.refused(409, "POST", "/apps/blog/domains", json={"name": "a.example.org"})
    assert problem["detail"] == "a.example.org belongs to the app shop"
    live_shop.refused(404, "DELETE", "/apps/blog/domains/a.example.org")


def test_going_back_to_a_release_that_never_served_is_refused(live_shop: Api, plane: Plane) -> None:
    stored(plane, 3, live=False)
    problem = live_shop.refused(409, "POST", "/apps/shop/rollback", json={"to": 3})
    assert problem["detail"] == "v3 never served"


def test_a_server_named_twice_is_one_server(live_shop: Api) -> None:
    app = live_shop.ok("POST", "/apps", json={"name": "blog", "servers": ["web1", "web1"]})
    assert app["servers"] == ["web1"]


def test_a_broken_template_is_refused_with_its_line(shop: Api) -> None:
    broken = "FROM scratch\n{% if x %}\nRUN true\n"
    problem = shop.refused(422, "PUT", "/apps/shop/templates/dockerfiles/python", json={"text": broken})
    assert problem["code"] == "template"
    assert problem["where"].endswith((":2", ":3", ":4"))
    assert shop.ok("GET", "/apps/shop/templates/dockerfiles/python")["layer"] == "built in"


def test_a_template_of_a_server_is_not_for_developers(shop: Api) -> None:
    for name in ("server/site.caddy", "server/logs.sh", "../dockerfiles/python", "git/pre-receive"):
        for method in ("PUT", "GET"):
            answer = shop.ask(method, f"/apps/shop/templates/{name}", json={"text": "x"})
            assert answer.status_code == 404, name


def test_an_override_wins_and_going_back_gives_the_layer_below(shop: Api) -> None:
    path = "/apps/shop/templates/dockerignore"
    built_in = shop.ok("GET", path)
    assert shop.ok("PUT", path, json={"text": "*.log\n"})["layer"] == "shop's templates"
    assert shop.ok("GET", path)["text"] == "*.log\n"
    listed = {item["name"]: item for item in shop.ok("GET", "/apps/shop/templates")}
    assert listed["dockerignore"]["layers"] == ["shop's templates", "built in"]
    shop.ok("DELETE", path)
    assert shop.ok("GET", path) == built_in
    shop.refused(404, "DELETE", path)
