"""Hostile input at every door: nothing that is sent leads to a 500, and nothing odd is let in."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI

from api import app as api_app
from api.plane import Plane, put_together
from api.settings import Settings
from api.store import config
from tests.api.conftest import Api, Queued, a_client, tokens_of

ODD = [
    "",
    " ",
    "-oProxyCommand=id",
    "--help",
    "a b",
    "a\nb",
    "a\0b",
    "a;id",
    "$(id)",
    "`id`",
    "a|b",
    "a'b",
    'a"b',
    "../etc",
    "..",
    "/etc/passwd",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "sh\u043ep",  # a Cyrillic letter
    "\uff53\uff48\uff4f\uff50",
    "SHOP",
    "shop\u202e",
    "shop\u2028",
    "\x1b[31m",
    "x" * 300,
    "shop-",
    "1shop",
    "%00",
    "%2e%2e%2f",
    "☃",
]


@contextmanager
def a_door(folder: Path, database_url: str = "") -> Iterator[tuple[Api, Plane, FastAPI]]:
    """A control plane with the app shop."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api_app, "Jobs", Queued())
        plane = put_together(Settings(data_dir=folder, database_url=database_url))
        app = api_app.create(plane)
        with a_client(app) as client:
            api = Api(client, tokens_of(plane))
            api.ok("POST", "/apps", json={"name": "shop"})
            yield api, plane, app


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Api, Plane, FastAPI]]:
    """One for all that is refused: it leaves no trace."""
    with a_door(tmp_path_factory.mktemp("door")) as made:
        yield made


@pytest.fixture
def api(door: tuple[Api, Plane, FastAPI]) -> Api:
    return door[0]


@pytest.fixture
def plane(door: tuple[Api, Plane, FastAPI]) -> Plane:
    return door[1]


def odd(*accepted: str) -> list[str]:
    return [text for text in ODD if text not in accepted]


@pytest.mark.parametrize("name", odd())
def test_no_odd_name_becomes_a_name(api: Api, name: str) -> None:
    api.refused(422, "POST", "/apps", json={"name": name})
    api.refused(422, "POST", "/tokens", json={"name": name, "role": "viewer"})
    api.refused(422, "POST", "/apps", json={"name": "shop", "servers": [name]})
    server = {"name": name, "host": "203.0.113.7", "host_key": "ssh-ed25519 AAAA"}
    api.refused(422, "POST", "/servers", json=server)
    api.refused(422, "PUT", "/apps/shop/scale", json={"replicas": {name: 1}})


@pytest.mark.parametrize("name", [*odd(), "*.example.org", "example", "1.2.3.4", "a..b", "-a.example.org"])
def test_no_odd_domain_becomes_a_domain(api: Api, name: str) -> None:
    assert api.refused(422, "POST", "/apps/shop/domains", json={"name": name})["where"] == "name"


@pytest.mark.parametrize("key", [*odd("SHOP"), "A-B", "A.B", "A=B", "1A", "\uff2b\uff25\uff39"])
def test_no_odd_key_becomes_a_config_var(api: Api, key: str) -> None:
    api.refused(422, "PATCH", "/apps/shop/config", json={"set": {key: "v"}})
    api.refused(422, "PATCH", "/apps/shop/config", json={"unset": [key]})


@pytest.mark.parametrize("value", [text for text in ODD if "\0" not in text])
def test_every_value_without_a_nul_is_kept_as_it_is(api: Api, plane: Plane, value: str) -> None:
    api.ok("PATCH", "/apps/shop/config", json={"set": {"A": value}})
    with plane.database.reading() as session:
        assert config.values(session, plane.database.cipher, "shop")["A"].reveal() == value


@pytest.mark.parametrize(
    "host", [*odd("SHOP", "1shop"), "a,b", "[::1]", "a:22", "*", "!a", "fe80::1%eth0", "a@b"]
)
def test_no_odd_host_becomes_an_argument_of_ssh_or_a_pattern_of_known_hosts(api: Api, host: str) -> None:
    key = "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519" + b"\1" * 36).decode()
    problem = api.refused(422, "POST", "/servers", json={"name": "web1", "host": host, "host_key": key})
    assert problem["where"] == "host"
    assert api.refused(422, "POST", "/servers/host-key", json={"host": host})["where"] == "host"


@pytest.mark.parametrize("user", ["-l", "root;id", "root@x", "a b", "Root", "", "r" * 40, "root\n"])
def test_no_odd_user_becomes_an_argument_of_ssh(api: Api, user: str) -> None:
    body = {"name": "web1", "host": "h", "user": user, "host_key": "ssh-ed25519 AAAA"}
    assert api.refused(422, "POST", "/servers", json=body)["where"] == "user"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        "ssh-rsa \x00",
        "a b c",
        "ssh-ed25519 ☃",
        "ssh-ed25519 AAAA\nx y",
    ],
)
def test_no_odd_host_key_is_pinned(api: Api, key: str) -> None:
    body = {"name": "web1", "host": "203.0.113.7", "host_key": key}
    assert api.refused(422, "POST", "/servers", json=body)["where"] == "host_key"


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"commit": 1}',
        b'{"commit": ["a"]}',
        b"[" * 4000,
        b'{"commit": ' + b"9" * 5000 + b"}",
        b"\xff\xfe",
        b"a" * 8193,
        rb'{"commit": "\ud800"}',
    ],
    ids=lambda header: str(header[:12]),
)
def test_an_odd_source_is_refused_or_made_plain(api: Api, plane: Plane, header: bytes) -> None:
    answer = api.ask("POST", "/apps/shop/deploys", headers={"X-Slipway-Source": header}, content=b"x")
    assert answer.status_code in (202, 422), answer.text
    kept = list((plane.settings.data_dir / "sources").iterdir())
    assert len(kept) == (1 if answer.status_code == 202 else 0)
    if kept:
        api.ok("POST", f"/deploys/{answer.json()['deploy']['id']}/cancel")


def test_a_source_is_shown_without_what_moves_a_terminal(api: Api) -> None:
    source = {"subject": "Sell\x1b[2J\n shoes\u202e \x00" + "x" * 999, "author": "Ann ☃", "commit": "c" * 40}
    deploy = api.ok(
        "POST", "/apps/shop/deploys", headers={"X-Slipway-Source": json.dumps(source)}, content=b"x"
    )["deploy"]
    assert deploy["source"]["subject"].startswith("Sell[2J shoes")
    assert len(deploy["source"]["subject"]) <= 500
    assert deploy["source"]["author"] == "Ann ☃"


@pytest.mark.parametrize(
    "url", ["ext::sh -c id", "file:///etc", "-uid", "https://ann:canary@example.org/a.git", "http://a\0b"]
)
def test_no_odd_git_url_is_kept(api: Api, url: str) -> None:
    problem = api.refused(422, "POST", "/apps/shop/deploys/git", json={"url": url})
    assert "canary" not in json.dumps(problem)
    api.refused(422, "POST", "/apps/shop/deploys/git", json={"url": "https://example.org/a", "ref": "-u"})
    assert "git_url" not in json.dumps(api.actions())


@pytest.mark.parametrize(
    "path",
    [
        "/git/..%2f..%2fetc/info/refs",
        "/git/%2e%2e/info/refs",
        "/git/shop.git/../../x",
        "/git/shop.git/%2e%2e/%2e%2e/secrets.key",
        "/git/shop.git/objects/info/packs",
        "/git/shop.git/config",
        "/git/shop.git/hooks/pre-receive",
        "/git/shop.git//etc/passwd",
        "/git/hooks/info/refs",
        "/git/-shop.git/info/refs",
        "/git/shop.git/info/refs/",
        "/git/shop.git/git-receive-pack/x",
        "/git/shop%00.git/info/refs",
    ],
)
def test_the_git_door_leads_to_nothing_but_git(api: Api, path: str) -> None:
    answer = api.ask("GET", path)
    assert answer.status_code in (404, 422), answer.text
    assert "Fernet" not in answer.text


@pytest.mark.parametrize("service", ["git-evil", "git-upload-archive", "", "git-receive-pack%00", "--help"])
def test_no_other_service_of_git_is_run(api: Api, service: str) -> None:
    answer = api.ask("GET", f"/git/shop.git/info/refs?service={service}")
    assert answer.status_code in (200, 403)
    assert "service=git-evil" not in answer.text
    if answer.status_code == 200:  # the dumb protocol's list of refs, of a repo without any
        assert answer.text == ""


@pytest.mark.parametrize(
    "query",
    [
        "service=git-receive-pack",
        "service=git-upload-pack&service=git-receive-pack",
        "service=git%2Dreceive-pack",
        "ser%76ice=git-receive-pack",
    ],
)
def test_a_viewer_fetches_and_does_not_push(api: Api, query: str) -> None:
    assert api.ask("GET", "/git/shop.git/info/refs?service=git-upload-pack", role="viewer").status_code == 200
    assert api.ask("GET", f"/git/shop.git/info/refs?{query}", role="viewer").status_code == 403
    assert api.ask("POST", "/git/shop.git/git-receive-pack", role="viewer").status_code == 403


@pytest.mark.parametrize(
    "value", ["%%%", "é", base64.b64encode(b"\xff\xfe").decode(), "=", base64.b64encode(b"x").decode()]
)
def test_garbage_for_a_password_is_no_token(api: Api, value: str) -> None:
    headers = {"Authorization": f"Basic {value}".encode("latin-1")}
    answer = api.client.request("GET", "/git/shop.git/info/refs?service=git-upload-pack", headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize("last", ["²", "-1", "9" * 30, "9" * 5000, "x", "1.5", "", " 1"])
def test_an_odd_event_id_starts_from_the_beginning(api: Api, last: str) -> None:
    deploy = api.ok("POST", "/apps/shop/deploys", content=b"x")["deploy"]["id"]
    api.ok("POST", f"/deploys/{deploy}/cancel")
    headers = {"Last-Event-ID": last.encode("latin-1")}
    answer = api.ask("GET", f"/deploys/{deploy}/events", headers=headers)
    assert answer.status_code == 200
    assert answer.text.count("event: end") == 1


@pytest.mark.parametrize("number", ["0", "-1", "9999999999", "9" * 400, "x", "1.5", "%00"])
def test_a_number_that_no_release_has_is_refused(api: Api, number: str) -> None:
    api.refused(422, "GET", f"/apps/shop/releases/{number}")
    api.refused(422, "GET", f"/apps/shop/dockerfile?release={number}")
    if number.lstrip("-").isdigit() and len(number) < 20:
        api.refused(422, "POST", "/apps/shop/rollback", json={"to": int(number)})
