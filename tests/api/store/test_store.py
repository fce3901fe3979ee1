"""The store on SQLite and on PostgreSQL: tables, transactions, writers side by side."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

from api.plane import Plane
from api.store import apps, audit, config, deploys, releases, servers, tokens
from api.store.releases import Made
from api.store.tables import App, Deploy, Server
from slipway.errors import Conflict, NotFound, Unauthenticated
from slipway.release import Domain, Image, Process, Release, Source
from slipway.secret import Secret
from tests.api.conftest import SQLITE_AND_POSTGRES

both = pytest.mark.parametrize("store", SQLITE_AND_POSTGRES, indirect=True)
Found = TypeVar("Found")
ME = audit.Actor("ann", "cli")


def a_release(number: int, value: str = "secret") -> Release:
    return Release(
        app="shop",
        number=number,
        image=Image(f"127.0.0.1:5077/shop@sha256:{number:064x}", 10, 3, 1, 5),
        processes=(Process("web", ("python", "main.py"), 8000),),
        domains=(Domain("shop.example.org", "acme"),),
        env={"KEY": Secret(value, "KEY of shop")},
        config_revision=1,
        source=Source("c" * 40, "Ann ☃ <ann@example.org>", "Sell 👟", "main", ""),
        created_by="ann",
        dockerfile="FROM scratch\n",
    )


def stored(plane: Plane, number: int, *, live: bool = True) -> None:
    with plane.database.session() as session:
        app = apps.find(session, "shop") or apps.create(session, "shop", None, "ann")
        session.flush()
        made = Made(f"deploy{number}", "code", {"headline": "Python"}, {})
        releases.store(session, plane.database.cipher, a_release(number), made)
        session.flush()
        if live:
            releases.went_live(session, app, number)


@both
def test_a_block_that_raises_leaves_nothing_behind(plane: Plane) -> None:
    def fail() -> None:
        with plane.database.session() as session:
            apps.create(session, "shop", None, "ann")
            audit.note(session, ME, "app.created", app="shop")
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with plane.database.reading() as session:
        assert apps.listed(session) == []
        assert audit.latest(session, "", 10) == []


@both
def test_a_name_is_given_to_one_of_those_who_ask_at_once(plane: Plane) -> None:
    def create(number: int) -> str:
        try:
            with plane.database.session() as session:
                apps.create(session, "shop", None, f"ann{number}")
        except Conflict:
            return "taken"
        return "given"

    assert sorted(side_by_side(create, 12)) == ["given", *["taken"] * 11]


@both
def test_writers_side_by_side_wait_for_each_other(plane: Plane) -> None:
    with plane.database.session() as session:
        apps.create(session, "shop", None, "ann")

    def write(number: int) -> None:
        for turn in range(10):
            with plane.database.session() as session:
                row = apps.locked(session, "shop")  # reads first and writes later: what SQLite refuses
                config.change(session, plane.database.cipher, row, {f"K{number}_{turn}": "v"}, [], "ann")
                audit.note(session, ME, "config.changed", app="shop")
            with plane.database.reading() as session:
                apps.get(session, "shop")

    side_by_side(write, 10)
    with plane.database.reading() as session:
        assert apps.get(session, "shop").config_revision == 100
        assert len(config.listed(session, "shop")) == 100
        assert len(audit.latest(session, "shop", 1000)) == 100


@both
def test_release_numbers_are_given_once(plane: Plane) -> None:
    with plane.database.session() as session:
        apps.create(session, "shop", None, "ann")

    def number(_: int) -> int:
        with plane.database.session() as session:
            return releases.number(session, apps.locked(session, "shop"))

    assert sorted(side_by_side(number, 20)) == list(range(1, 21))


@both
def test_one_of_many_claims_a_deploy(plane: Plane) -> None:
    with plane.database.session() as session:
        session.add(
            Deploy(id="a", app="shop", kind="code", state="queued", by="ann", door="cli", created_at="")
        )

    def claim(_: int) -> bool:
        with plane.database.session() as session:
            return deploys.claim(session, "a", "queued", "running")

    assert sum(side_by_side(claim, 12)) == 1


@both
def test_a_release_comes_back_as_it_was_stored(plane: Plane) -> None:
    stored(plane, 1)
    with plane.database.reading() as session:
        row = releases.get(session, "shop", 1)
    assert releases.load(row, plane.database.cipher) == a_release(1)
    assert "secret" not in row.model_dump_json()


@both
def test_going_back_goes_to_the_one_before_and_then_further(plane: Plane) -> None:
    for number in (1, 2, 3):
        stored(plane, number)
    with plane.database.session() as session:
        app = apps.get(session, "shop")
        assert releases.before(session, app).number == 2
        made = Made("deploy4", "rollback", {}, {}, rollback_of=2)
        releases.store(session, plane.database.cipher, a_release(4), made)
        session.flush()
        releases.went_live(session, app, 4)
        assert releases.before(session, app).number == 1
    stored(plane, 5)
    with plane.database.reading() as session:
        assert [row.state for row in releases.listed(session, "shop")] == ["live", *["past"] * 4]


@both
def test_without_a_release_before_there_is_nothing_to_go_back_to(plane: Plane) -> None:
    stored(plane, 1)
    with plane.database.reading() as session, pytest.raises(NotFound, match="no release to go back to"):
        releases.before(session, apps.get(session, "shop"))


@both
def test_an_app_that_is_forgotten_leaves_its_audit_and_deploys_alone(plane: Plane) -> None:
    stored(plane, 1)
    with plane.database.session() as session:
        app = apps.get(session, "shop")
        config.change(session, plane.database.cipher, app, {"A": "1"}, [], "ann")
        apps.add_domain(session, "shop", "shop.example.org", "off")
        apps.set_template(session, "shop", "dockerignore", "x", "ann")
        audit.note(session, ME, "app.created", app="shop")
        session.add(
            Deploy(id="a", app="shop", kind="code", state="live", by="ann", door="cli", created_at="")
        )
    with plane.database.session() as session:
        apps.remove(session, "shop")
    with plane.database.session() as session:
        assert apps.listed(session) == []
        assert config.listed(session, "shop") == []
        assert releases.listed(session, "shop") == []
        assert apps.domains(session, "shop") == []
        assert apps.templates(session, "shop") == []
        assert [event.action for event in audit.latest(session, "shop", 10)] == ["app.created"]
        assert deploys.get(session, "a").state == "live"
        apps.create(session, "shop", None, "bob")


@both
def test_events_are_read_in_order_and_from_any_place(plane: Plane) -> None:
    with plane.database.session() as session:
        for number in range(700):
            deploys.add_events(session, "a" if number % 2 else "b", [("line", {"text": f"{number}\u2603"})])
    with plane.database.reading() as session:
        first = deploys.events_after(session, "a", 0)
        again = deploys.events_after(session, "a", first[99].id or 0)
    assert [event.data["text"] for event in first] == [f"{number}\u2603" for number in range(1, 700, 2)]
    assert again == first[100:]


@both
def test_config_says_what_changed_and_counts_only_changes(plane: Plane) -> None:
    cipher = plane.database.cipher
    with plane.database.session() as session:
        app = apps.create(session, "shop", None, "ann")
        session.flush()
        assert config.change(session, cipher, app, {"A": "1", "B": "2"}, [], "ann") == {"added": ["A", "B"]}
        session.flush()
        assert config.change(session, cipher, app, {"A": "1"}, [], "bob") == {}
        assert config.change(session, cipher, app, {"A": "3"}, ["B"], "bob") == {
            "changed": ["A"],
            "removed": ["B"],
        }
        session.flush()
        assert app.config_revision == 2
        assert {key: value.reveal() for key, value in config.values(session, cipher, "shop").items()} == {
            "A": "3"
        }
        with pytest.raises(NotFound, match="no config var C"):
            config.change(session, cipher, app, {"D": "1"}, ["C"], "bob")


@both
def test_the_text_of_a_token_is_not_in_the_store(plane: Plane) -> None:
    with plane.database.session() as session:
        row, text = tokens.make(session, "ann", "viewer", "admin")
        assert tokens.find(session, text) == row
        assert text not in row.model_dump_json()
        assert len(text) > 40
        with pytest.raises(Unauthenticated):
            tokens.find(session, row.hash)
        with pytest.raises(Conflict):
            tokens.make(session, "ann", "admin", "admin")


@both
def test_a_server_that_an_app_names_stays(plane: Plane) -> None:
    def server(name: str, port: int) -> Server:
        return Server(name=name, host="h", port=port, user="root", host_key="k", added_by="a", added_at="")

    with plane.database.session() as session:
        servers.add(session, server("web1", 22))
        session.flush()
        with pytest.raises(Conflict, match="is the server web1 already"):
            servers.add(session, server("web2", 22))
        with pytest.raises(Conflict, match="there is a server web1"):
            servers.add(session, server("web1", 23))
        session.add(App(name="shop", servers=["web1"], created_at="", created_by=""))
        with pytest.raises(Conflict, match="web1 serves shop"):
            servers.remove(session, "web1")


def side_by_side(work: Callable[[int], Found], times: int) -> list[Found]:
    """What `times` threads give, all let go at the same moment."""
    gate = threading.Barrier(times, timeout=30)

    def one(number: int) -> Found:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(max_workers=times) as pool:
        return list(pool.map(one, range(times)))
