"""Work that meets trouble: a database that is away, a crash in the middle of a removal."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from api.clock import now
from api.plane import Plane
from api.store import apps, audit, deploys
from api.store.database import Database, Session
from api.store.tables import Deploy
from api.work.cancels import Cancels
from api.work.change import Steps
from api.work.journal import Journal
from slipway.cancel import Cancel


class Away:
    """A database whose transactions fail until it is back."""

    def __init__(self, database: Database, times: int) -> None:
        self._database = database
        self._times = times
        self.back = threading.Event()

    @contextmanager
    def session(self) -> Iterator[Session]:
        if self._times:
            self._times -= 1
            raise OperationalError("INSERT", {}, Exception("the connection is gone"))
        with self._database.session() as session:
            yield session
        self.back.set()


def test_no_line_is_lost_while_the_database_is_away(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.work.journal.RETRY_SECONDS", 0.01)
    away: Any = Away(plane.database, times=3)
    with Journal(away, plane.news, "a") as journal:
        for number in range(200):
            journal.out(f"line {number}", "build")
        assert away.back.wait(10)
    with plane.database.reading() as session:
        found = [event.data["text"] for event in deploys.events_after(session, "a", 0)]
    assert found == [f"line {number}" for number in range(200)]


def test_a_cancel_works_after_the_database_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.work.cancels.POLL_SECONDS", 0.01)
    answers: list[dict[str, str] | None] = [{}, None, None, {"a": "cancelled by ann"}]
    ended = threading.Event()

    def asked(_: list[str]) -> dict[str, str]:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer is None:
            raise OperationalError("SELECT", {}, Exception("the connection is gone"))
        return answer

    cancels = Cancels(asked)
    cancels.start()
    with cancels.running("a") as cancel:
        assert isinstance(cancel, Cancel)
        cancel.on_set(ended.set)
        assert ended.wait(10)
        assert cancel.reason == "cancelled by ann"
    cancels.stop()


@pytest.fixture
def removal(plane: Plane) -> str:
    """A removal that is queued; there are no servers."""
    with plane.database.session() as session:
        apps.create(session, "shop", None, "ann")
        session.add(
            Deploy(id="a", app="shop", kind="remove", state="queued", by="ann", door="cli", created_at=now())
        )
    (plane.repo("shop") / "objects").mkdir(parents=True)
    (plane.repo("shop-test") / "objects").mkdir(parents=True)
    return "a"


def test_a_removed_app_leaves_no_repo_to_an_app_of_its_name(plane: Plane, removal: str) -> None:
    steps = Steps(plane).by_name()
    assert steps["build"](removal)
    steps["rollout"](removal)
    with plane.database.reading() as session:
        assert apps.find(session, "shop") is None
        assert deploys.get(session, removal).state == "live"
        assert [event.action for event in audit.latest(session, "shop", 10)] == ["app.removed"]
    assert not plane.repo("shop").exists()
    assert plane.repo("shop-test").exists()


def test_a_removal_that_a_crash_cut_off_is_brought_to_its_end(plane: Plane, removal: str) -> None:
    with plane.database.session() as session:
        apps.remove(session, "shop")
        deploys.get(session, removal).state = "running"
    Steps(plane).by_name()["rollout"](removal)
    with plane.database.reading() as session:
        assert deploys.get(session, removal).state == "live"
    assert not plane.repo("shop").exists()
