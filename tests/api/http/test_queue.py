"""Deploys that wait: cancelled, replaced by newer pushes, applied from a plan, resumed after a crash."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI

from api.plane import Plane
from api.schemas import State
from api.store import apps, config, deploys
from api.store.audit import Actor
from api.store.tables import Deploy
from api.work.running import Running, run
from tests.api.conftest import SQLITE_AND_POSTGRES, Api, Queued
from tests.api.http.test_changes import SERVER
from tests.api.store.test_store import a_release, stored

both = pytest.mark.parametrize("store", SQLITE_AND_POSTGRES, indirect=True)
Act = Callable[[Running], bool]


@pytest.fixture
def shop(api: Api) -> Api:
    api.ok("POST", "/servers", json=SERVER)
    api.ok("POST", "/apps", json={"name": "shop"})
    return api


@pytest.fixture
def live_shop(shop: Api, plane: Plane) -> Api:
    for number in (1, 2):
        stored(plane, number)
    return shop


def noted(ran: list[Running]) -> Act:
    """A step that only writes down that it ran."""

    def act(running: Running) -> bool:
        ran.append(running)
        return True

    return act


def state(plane: Plane, deploy_id: str) -> str:
    with plane.database.reading() as session:
        return deploys.get(session, deploy_id).state


def push(api: Api) -> str:
    return str(api.ok("POST", "/apps/shop/deploys", content=b"a tar")["deploy"]["id"])


def test_a_queued_deploy_is_cancelled_at_once_and_its_source_is_gone(shop: Api, plane: Plane) -> None:
    first = push(shop)
    assert plane.archive(first).stat().st_mode & 0o777 == 0o600
    assert shop.ok("POST", f"/deploys/{first}/cancel")["state"] == "cancelled"
    assert not plane.archive(first).exists()
    assert shop.refused(409, "POST", f"/deploys/{first}/cancel")["detail"] == f"{first} has ended: cancelled"
    assert shop.actions()[-1]["action"] == "deploy.cancelled"
    ran: list[Running] = []
    assert run(plane, first, noted(ran)) is False
    assert ran == []


def test_a_newer_push_replaces_those_that_wait_but_no_plan(shop: Api, plane: Plane) -> None:
    older = push(shop)
    planned = shop.ok("POST", "/apps/shop/deploys?plan=true", content=b"a tar")["deploy"]["id"]
    newer = push(shop)
    assert state(plane, older) == State.SUPERSEDED
    assert state(plane, planned) == State.QUEUED
    assert state(plane, newer) == State.QUEUED
    assert not plane.archive(older).exists()
    assert plane.archive(newer).exists()
    assert plane.archive(planned).exists()


@both
def test_of_pushes_at_once_one_stays_and_every_other_is_replaced(
    app: FastAPI, plane: Plane, shop: Api
) -> None:
    del shop
    gate = threading.Barrier(8, timeout=30)
    changes = app.state.changes

    def one(number: int) -> None:
        gate.wait()
        changes.push(Actor(f"ann{number}", "git"), "shop", f"push{number}", {}, plan=False)

    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(one, range(8)))
    states = sorted(state(plane, f"push{number}") for number in range(8))
    assert states == ["queued", *["superseded"] * 7]


@both
def test_a_deploy_that_is_cancelled_as_it_begins_either_ran_or_did_not(plane: Plane, shop: Api) -> None:
    for _ in range(5):
        deploy_id = push(shop)
        gate = threading.Barrier(2, timeout=30)
        ran: list[Running] = []

        act = noted(ran)

        def begin(deploy_id: str = deploy_id, gate: threading.Barrier = gate, act: Act = act) -> None:
            gate.wait()
            run(plane, deploy_id, act)

        thread = threading.Thread(target=begin)
        thread.start()
        gate.wait()
        answer = shop.ok("POST", f"/deploys/{deploy_id}/cancel")
        thread.join(30)
        assert answer["state"] == "cancelled" or state(plane, deploy_id) in ("running", "cancelled")
        if answer["state"] == "cancelled":
            assert ran == []


def a_plan(plane: Plane, number: int) -> str:
    """A deploy that was planned, of a release that is stored."""
    stored(plane, number, live=False)
    row = Deploy(
        id=f"plan{number}",
        app="shop",
        kind="code",
        state="planned",
        release=number,
        plan_only=True,
        plan_hash=f"{number:012x}",
        by="ann",
        door="cli",
        created_at="2026",
    )
    with plane.database.session() as session:
        session.add(row)
    return row.plan_hash


def test_applying_a_plan_queues_exactly_its_release(shop: Api, plane: Plane) -> None:
    with plane.database.session() as session:
        apps.add_domain(session, "shop", "shop.example.org", "acme")
        config.change(session, plane.database.cipher, apps.get(session, "shop"), {"KEY": "1"}, [], "ann")
    answer = shop.ok("POST", "/apps/shop/apply", json={"hash": a_plan(plane, 1)})
    assert answer["deploy"]["release"] == 1
    assert shop.actions()[-1]["action"] == "plan.applied"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/apps/shop/config", {"set": {"B": "2"}}),
        ("POST", "/apps/shop/domains", {"name": "b.example.org"}),
        ("PUT", "/apps/shop/scale", {"replicas": {"web": 5}}),
    ],
    ids=["config", "domains", "scale"],
)
def test_a_plan_made_before_another_change_is_not_applied(
    shop: Api, plane: Plane, method: str, path: str, body: object
) -> None:
    with plane.database.session() as session:
        apps.add_domain(session, "shop", "shop.example.org", "acme")
        config.change(session, plane.database.cipher, apps.get(session, "shop"), {"KEY": "1"}, [], "ann")
    plan = a_plan(plane, 1)
    shop.ok(method, path, json=body)
    problem = shop.refused(409, "POST", "/apps/shop/apply", json={"hash": plan})
    assert problem["code"] == "plan-changed"
    assert "--plan" in problem["next"]


def test_a_deploy_of_an_app_that_went_away_ends_with_a_message(shop: Api, plane: Plane) -> None:
    deploy_id = push(shop)
    with plane.database.session() as session:
        apps.remove(session, "shop")

    def act(_: object) -> bool:
        with plane.database.reading() as session:
            apps.get(session, "shop")
        return True

    assert run(plane, deploy_id, act) is False
    found = shop.ok("GET", f"/deploys/{deploy_id}")
    assert found["state"] == "failed"
    assert found["error"]["serving"] == "nothing: shop is gone"


def test_a_deploy_that_meets_a_mistake_of_ours_ends_and_does_not_repeat_its_text(
    shop: Api, plane: Plane
) -> None:
    def act(_: object) -> bool:
        raise ValueError("canary-1")

    deploy_id = push(shop)
    assert run(plane, deploy_id, act) is False
    found = shop.ok("GET", f"/deploys/{deploy_id}")
    assert found["state"] == "failed"
    assert found["error"]["detail"].startswith("slipway itself failed (ValueError")
    assert "canary" not in json.dumps(found)


def test_what_was_stored_but_not_queued_is_queued_at_the_next_start(
    app: FastAPI, shop: Api, queued: Queued
) -> None:
    first = push(shop)
    queued.ids.clear()  # as if the control plane had died before it told the engine
    app.state.changes.resume()
    assert queued.ids == [(first, "shop")]


def test_releases_say_what_they_are_made_from(live_shop: Api) -> None:
    newest = live_shop.ok("GET", "/apps/shop/releases")[0]
    assert newest["number"] == 2
    assert newest["processes"] == {"web": 1}
    assert newest["digest"] == a_release(2).image.digest
    assert live_shop.ok("GET", "/apps/shop/dockerfile")["text"] == "FROM scratch\n"
    live_shop.refused(404, "GET", "/apps/shop/releases/9")
