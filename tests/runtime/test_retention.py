"""What of an app's past goes, and what never does."""

from dataclasses import replace

import pytest

from runtime import paths
from runtime.retention import retention
from runtime.serverfacts import Container, ServerFacts
from slipway.plan import Run
from tests.runtime.shop import V1

PLENTY, SHORT = 100 << 30, 300 << 20


def image(number: int) -> str:
    return f"127.0.0.1:5077/shop@sha256:{number:064x}"


NOW = replace(V1, number=9, image=replace(V1.image, reference=image(9)), keep=3)
BEFORE = replace(V1, number=8, image=replace(V1.image, reference=image(8)))


def server(*numbers: int, free: int = PLENTY) -> ServerFacts:
    return ServerFacts(
        "web1",
        disk_free=free,
        images=(*map(image, numbers), "127.0.0.1:5077/other@sha256:1", "postgres@sha256:2"),
        releases={"shop": numbers, "other": (1, 2, 3, 4, 5)},
        release_images={
            "shop": {number: image(number) for number in numbers},
            "other": {1: "127.0.0.1:5077/other@sha256:1"},
        },
    )


def gone(steps: list[Run]) -> list[str]:
    return [str(step.argv[-1]).removeprefix(f"{paths.ROOT}/apps/shop/releases/") for step in steps]


def test_what_is_beyond_the_number_that_is_kept_goes_with_its_image() -> None:
    assert gone(retention(NOW, BEFORE, server(5, 6, 7, 8))) == [
        "5",
        "6",
        image(5),
        image(6),
    ]


def test_nothing_goes_while_fewer_are_there() -> None:
    assert retention(NOW, BEFORE, server(7, 8, 9)) == []


def test_the_release_before_is_kept_however_many_failed_since() -> None:
    old = replace(BEFORE, number=2, image=replace(V1.image, reference=image(2)))
    assert gone(retention(NOW, old, server(1, 2, 6, 7, 8))) == [
        "1",
        "6",
        image(1),
        image(6),
    ]


def test_an_image_that_a_kept_release_shares_is_kept() -> None:
    facts = server(5, 6, 7, 8)
    facts = replace(facts, release_images={"shop": {5: image(7), 6: image(9), 7: image(7), 8: image(8)}})
    assert gone(retention(NOW, BEFORE, facts)) == ["5", "6"]


def test_a_short_disk_keeps_the_folders_and_only_the_last_two_images() -> None:
    facts = server(6, 7, 8, free=SHORT)
    facts = replace(facts, images=(*facts.images, image(9)))
    steps = retention(replace(NOW, keep=5), BEFORE, facts)
    assert gone(steps) == [image(6), image(7)]
    assert {step.why for step in steps} == {"the disk is short: only the last two releases keep their image"}


def test_a_disk_is_short_when_another_image_of_that_size_would_not_fit_after_this_one() -> None:
    need = NOW.image.size * 3 + (512 << 20)
    now = replace(NOW, keep=5)
    assert len(retention(now, BEFORE, server(6, 7, 8, free=2 * need - 1))) == 2
    assert retention(now, BEFORE, server(6, 7, 8, free=2 * need)) == []


@pytest.mark.parametrize("free", [PLENTY, SHORT])
def test_another_apps_things_are_never_touched(free: int) -> None:
    steps = retention(NOW, BEFORE, server(1, 2, 3, 4, 5, 6, 7, 8, free=free))
    assert steps
    assert not [step for step in steps if "shop" not in step.shown()]
    assert not [step for step in steps if "volume" in step.shown()]


def test_the_image_of_a_task_that_runs_is_kept() -> None:
    task = Container("x", "shop", 5, "web", image(5), "running", oneoff=True)
    assert image(5) not in gone(retention(NOW, BEFORE, replace(server(5, 6, 7, 8), containers=(task,))))
