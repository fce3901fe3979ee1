"""Rollouts, from the facts of servers to the steps that a person is shown."""

from dataclasses import replace

import pytest

from runtime import files
from runtime.rollout import wanted_files
from slipway.errors import DiskFull, ServerError
from slipway.plan import Write
from slipway.release import Domain
from slipway.secret import Secret
from tests.runtime.shop import (
    ENGINE,
    FILES_V2,
    FOLDERS,
    NEW,
    OLD,
    SCRIPT_V2,
    START_V2,
    V1,
    V2,
    bare,
    containers,
    plan_of,
    plans,
    serving,
    short,
    shown,
    undone,
)


def test_the_first_release_brings_network_site_and_all() -> None:
    found = plan_of(V2, None, bare())
    assert shown(found) == [
        "deliver: docker pull --quiet NEW",
        *FILES_V2,
        "deliver: docker network create --driver bridge --label=slipway.app=shop slipway-app-shop",
        "deliver: docker network connect slipway-app-shop slipway-proxy",
        SCRIPT_V2,
        *START_V2,
        "switch: switch shop to shop-v2-web",
        "switch: write sites/shop.caddy (mode 0644)",
        "switch: caddy validate",
        "switch: caddy reload",
        "switch: ln -sfn releases/2 current",
    ]


def test_a_first_release_that_fails_leaves_no_site_and_nobody_serving() -> None:
    found = plans(plan_of(V2, None, bare()))
    assert undone(found["switch"]) == [
        "rm -f sites/shop.caddy",
        "caddy reload",
        "rm -f serving/shop",
        "rm -f current",
    ]
    assert undone(found["start"]) == ["compose v2 stop", "stay off v2"]


def test_the_second_release_starts_beside_the_first_and_only_switches_a_line() -> None:
    found = plan_of(V2, V1, serving(V1))
    assert shown(found) == [
        "deliver: docker pull --quiet NEW",
        *FILES_V2,
        SCRIPT_V2,
        *START_V2,
        "switch: switch shop to shop-v2-web",
        "switch: ln -sfn releases/2 current",
        "finish: drain shop-v1 (at most 30s)",
        "finish: compose v1 --profile '*' down --remove-orphans",
    ]
    assert plans(found)["start"].steps[0].why == "start v2 beside v1"
    assert undone(plans(found)["switch"]) == ["switch shop to shop-v1-web", "ln -sfn releases/1 current"]


def test_a_change_of_config_fetches_no_image_that_is_there() -> None:
    v2 = replace(V2, image=V1.image)
    assert shown(plan_of(v2, V1, serving(V1)))[:2] == FILES_V2


def test_a_change_of_scale_is_a_release_with_other_replicas() -> None:
    v2 = replace(V2, image=V1.image, processes=(replace(V2.processes[0], replicas=0), V2.processes[1]))
    found = [line for line in shown(plan_of(v2, V1, serving(V1))) if line.startswith("start")]
    assert found == [START_V2[0], START_V2[2]]


def test_a_release_that_listens_no_more_is_taken_off_the_proxy() -> None:
    found = plans(plan_of(replace(V2, processes=V2.processes[1:]), V1, serving(V1)))["switch"]
    assert [short(step.shown()) for step in found.steps] == [
        "rm -f sites/shop.caddy",
        "caddy validate",
        "caddy reload",
        "rm -f serving/shop",
        "ln -sfn releases/2 current",
    ]
    assert undone(found) == [
        "write sites/shop.caddy (mode 0644)",
        "caddy reload",
        "switch shop to shop-v1-web",
        "ln -sfn releases/1 current",
    ]


def test_changed_domains_are_checked_before_the_proxy_takes_them_and_go_back_with_the_rest() -> None:
    v2 = replace(V2, domains=(Domain("new.example.org"),))
    found = plans(plan_of(v2, V1, serving(V1)))["switch"]
    assert [short(step.shown()) for step in found.steps] == [
        "write sites/shop.caddy (mode 0644)",
        "caddy validate",
        "caddy reload",
        "switch shop to shop-v2-web",
        "ln -sfn releases/2 current",
    ]
    back = found.on_failure[1]
    assert isinstance(back, Write)
    assert back.content == files.site(V1, ENGINE)
    assert "-http://shop.example.org {" in found.steps[0].diff()  # type: ignore[union-attr]


def test_an_app_that_cannot_run_twice_is_stopped_first_and_started_again_on_failure() -> None:
    v2 = replace(V2, strategy="stop-first")
    found = plans(plan_of(v2, V1, serving(V1)))["start"]
    assert [short(step.shown()) for step in found.steps][:2] == [
        "compose v1 stop",
        "compose v2 up --detach --no-deps --remove-orphans web worker",
    ]
    assert undone(found) == ["compose v2 stop", "compose v1 up --detach --no-recreate", "stay off v2"]


@pytest.mark.parametrize("state", ["running", "exited"])
def test_an_app_that_cannot_run_twice_is_started_again_also_when_a_crash_had_stopped_it(state: str) -> None:
    v2 = replace(V2, strategy="stop-first")
    found = plans(plan_of(v2, V1, serving(V1, containers=containers(V1, state))))["start"]
    assert "compose v1 up --detach --no-recreate" in undone(found)


def test_a_volume_is_made_once_and_never_removed() -> None:
    v2 = replace(V2, volumes={"data": "/data"})
    made = "deliver: docker volume create --label=slipway.app=shop slipway-shop-data"
    assert made in shown(plan_of(v2, V1, serving(V1)))
    again = plan_of(v2, V1, serving(V1, volumes=("slipway-shop-data",)))
    assert not [line for line in shown(again) if "volume" in line]


def test_a_disk_that_is_too_small_is_refused_before_anything_happens() -> None:
    with pytest.raises(DiskFull, match="has 600 MB free; the image needs 812 MB") as caught:
        plan_of(V2, V1, serving(V1, disk_free=600 << 20))
    assert caught.value.where == "web1"
    assert not plan_of(V2, V1, serving(V1, disk_free=600 << 20, images=(OLD, NEW))).is_empty


@pytest.mark.parametrize(("lacks", "why"), [("docker", "no Docker"), ("proxy", "proxy does not run")])
def test_a_server_that_is_not_set_up_is_named_with_the_command_that_does_it(lacks: str, why: str) -> None:
    facts = replace(bare(), docker="" if lacks == "docker" else "26", proxy_running=False)
    with pytest.raises(ServerError, match=why) as caught:
        plan_of(V2, None, facts)
    assert caught.value.next == "slipway server bootstrap web1"


def test_the_plan_hash_is_the_same_for_the_same_facts_and_follows_no_volatile_one() -> None:
    one, again = plan_of(V2, V1, serving(V1)), plan_of(V2, V1, serving(V1))
    later = plan_of(V2, V1, serving(V1, disk_free=19 << 30, load=3.0, memory_free=1, read_at="later"))
    assert one.hash() == again.hash() == later.hash()
    assert one.hash() != plan_of(V2, V1, serving(V1, images=(OLD, NEW))).hash()


def test_a_config_var_is_in_no_step_but_the_file_for_root_alone() -> None:
    found = plan_of(replace(V2, release_argv=("migrate",)), V1, serving(V1))
    steps = [step for plan in plans(found).values() for step in (*plan.steps, *plan.on_failure)]
    holders = [step for step in steps if "hunter22" in _everything(step)]
    assert [(step.path, step.mode) for step in holders if isinstance(step, Write)] == [
        (f"{FOLDERS}/2/env", 0o600)
    ]
    assert len(holders) == 1
    assert "hunter22" not in repr(found)


def test_facts_are_asked_for_every_file_that_a_plan_looks_at() -> None:
    asked = set(wanted_files(V2, V1))
    found = plan_of(V2, V1, serving(V1))
    written = {step.path for plan in plans(found).values() for step in plan.steps if isinstance(step, Write)}
    assert written <= asked
    assert f"{FOLDERS}/1/compose.yaml" in asked


def _everything(step: object) -> str:
    values = [getattr(step, name) for name in step.__dataclass_fields__]  # type: ignore[attr-defined]
    return " ".join(value.reveal() if isinstance(value, Secret) else str(value) for value in values)
