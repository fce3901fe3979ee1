"""Rollouts over servers where a part was done before: after a crash, a failure or a change by hand."""

from dataclasses import replace
from typing import Any

import pytest

from runtime import files, paths
from runtime.serverfacts import Container, ServerFacts
from slipway.plan import Write
from slipway.release import Domain
from tests.runtime.shop import (
    ENGINE,
    FILES_V2,
    NEW,
    OLD,
    SCRIPT_V2,
    START_V2,
    V1,
    V2,
    containers,
    plan_of,
    plans,
    serving,
    short,
    shown,
    undone,
)

BOTH = {"images": (OLD, NEW), "releases": {"shop": (1, 2)}}


def test_nothing_is_done_where_the_release_runs_and_serves() -> None:
    assert plan_of(V2, V1, serving(V2)).is_empty
    assert plan_of(V2, V2, serving(V2)).is_empty


@pytest.mark.parametrize(
    "lost",
    [
        {"serving": {"shop": "shop-v1-web"}},
        {"serving": {}},
        {"current": {}},
        {"files": {}},
        {"containers": containers(V2)[1:]},
        {"containers": containers(V2, "exited")},
    ],
)
def test_what_is_lost_is_brought_back(lost: dict[str, Any]) -> None:
    assert not plan_of(V2, V1, serving(V2, **lost)).is_empty


def test_a_repair_that_fails_stops_none_of_the_replicas_that_serve() -> None:
    found = plans(plan_of(V2, V1, serving(V2, containers=containers(V2)[1:])))
    assert (undone(found["start"]), undone(found["switch"])) == ([], [])


def test_servers_that_are_done_are_left_alone_but_finished() -> None:
    done = serving(V2, server="web1")
    found = plan_of(V2, V1, done, serving(V1, server="web2"))
    assert shown(found, "web1") == []
    assert shown(found, "web2")[0] == "deliver: docker pull --quiet NEW"


def test_after_a_crash_a_failure_undoes_also_the_servers_that_had_switched() -> None:
    switched = serving(V2, server="web1", **BOTH, containers=(*containers(V1), *containers(V2)))
    found = plans(plan_of(V2, V1, switched, serving(V1, server="web2")))
    assert undone(found["switch"]) == ["switch shop to shop-v1-web", "ln -sfn releases/1 current"]
    assert undone(found["start"]) == ["compose v2 stop", "stay off v2"]
    assert [step.shown() for step in found["switch"].steps] == []
    assert [short(step.shown()) for step in found["finish"].steps] == [
        "drain shop-v1 (at most 30s)",
        "compose v1 --profile '*' down --remove-orphans",
    ]


@pytest.mark.parametrize(
    ("stage", "facts", "undo"),
    [
        ("deliver", serving(V1, **BOTH), ["switch shop to shop-v1-web", "ln -sfn releases/1 current"]),
        (
            "start",
            serving(V1, **BOTH, containers=(*containers(V1), *containers(V2)[:1])),
            ["switch shop to shop-v1-web", "ln -sfn releases/1 current"],
        ),
        (
            "switch",
            serving(
                V1,
                **BOTH,
                containers=(*containers(V1), *containers(V2)),
                serving={"shop": "shop-v2-web"},
            ),
            ["switch shop to shop-v1-web", "ln -sfn releases/1 current"],
        ),
    ],
)
def test_after_a_crash_the_plan_is_made_anew_and_leads_back_to_the_same_release(
    stage: str, facts: ServerFacts, undo: list[str]
) -> None:
    found = plan_of(V2, V1, facts)
    assert shown(found) == [
        *FILES_V2,
        SCRIPT_V2,
        *START_V2,
        "switch: switch shop to shop-v2-web",
        "switch: ln -sfn releases/2 current",
        "finish: drain shop-v1 (at most 30s)",
        "finish: compose v1 --profile '*' down --remove-orphans",
    ], stage
    assert undone(plans(found)["switch"]) == undo


def test_after_a_crash_in_the_finish_only_the_finish_is_left() -> None:
    left = serving(V2, **BOTH, containers=(*containers(V1), *containers(V2)))
    assert shown(plan_of(V2, V1, left)) == [
        "finish: drain shop-v1 (at most 30s)",
        "finish: compose v1 --profile '*' down --remove-orphans",
    ]


def test_after_a_crash_behind_the_site_the_old_domains_still_come_back() -> None:
    v2 = replace(V2, domains=(Domain("new.example.org"),))
    cut = serving(V1, files={paths.site("shop"): files.site(v2, ENGINE)})
    back = plans(plan_of(v2, V1, cut))["switch"].on_failure[1]
    assert isinstance(back, Write)
    assert back.content == files.site(V1, ENGINE)


def test_the_release_command_runs_once_for_all_servers_after_delivery() -> None:
    v2 = replace(V2, release_argv=("migrate", "--now"))
    found = plan_of(v2, V1, serving(V1, server="web1"), serving(V1, server="web2"))
    assert [stage.name for stage in found.stages] == ["deliver", "release", "start", "switch", "finish"]
    assert [short(step.shown()) for plan in found.stages[1].plans for step in plan.steps] == [
        "compose v2 --profile release run --rm --no-TTY --name shop-v2-release-command release_command"
    ]
    assert undone(found.stages[1].plans[0]) == ["docker rm --force shop-v2-release-command"]


def test_the_release_command_is_not_run_again_when_a_server_serves_already() -> None:
    v2 = replace(V2, release_argv=("migrate",))
    found = plan_of(v2, V1, serving(V2, server="web1"), serving(V1, server="web2"))
    assert "release" not in [stage.name for stage in found.stages]


def test_a_release_command_that_a_crash_left_running_is_ended_before_it_runs_again() -> None:
    v2 = replace(V2, release_argv=("migrate",))
    left = Container("x", "shop", 2, "release_command", NEW, "running", oneoff=True)
    found = plans(plan_of(v2, V1, serving(V1, containers=(*containers(V1), left))))
    assert short(found["release"].steps[0].shown()) == "docker rm --force shop-v2-release-command"
    assert len(found["release"].steps) == 2


def test_a_line_changed_by_hand_goes_back_to_what_the_store_says_is_live() -> None:
    by_hand = serving(V1, serving={"shop": "shop-v0-web"})
    assert undone(plans(plan_of(V2, V1, by_hand))["switch"])[0] == "switch shop to shop-v1-web"


def test_a_line_is_kept_for_the_way_back_when_the_release_of_the_store_runs_not_here() -> None:
    v3 = replace(V2, number=3)
    other = serving(V1)
    assert undone(plans(plan_of(v3, V2, other))["switch"])[0] == "switch shop to shop-v1-web"


def test_a_release_left_by_a_failed_change_goes_once_a_later_one_is_live() -> None:
    v3 = replace(V2, number=3)
    found = shown(plan_of(v3, V1, serving(V1, containers=(*containers(V1), *containers(V2, "exited")))))
    assert found[-3:] == [
        "finish: drain shop-v1 (at most 30s)",
        "finish: compose v1 --profile '*' down --remove-orphans",
        "finish: docker rm --force shop-v2-web-0 shop-v2-web-1 shop-v2-worker-0",
    ]
