"""Which error a person is told for what a command's output says."""

import pytest

from runtime import docker
from runtime.steps import failure
from slipway.errors import DiskFull, PortTaken, ReleaseCommandFailed, StepFailed
from slipway.plan import Run

UP = Run("start v2", docker.up("shop", 2, ["web"]))
RELEASE = Run("the release command", docker.run_release("shop", 2))


@pytest.mark.parametrize(
    ("step", "output", "kind", "what"),
    [
        (UP, "write /x: no space left on device", DiskFull, "its disk is full"),
        (UP, "Bind for 0.0.0.0:80 failed: port is already allocated", PortTaken, "another program"),
        (UP, "boom", StepFailed, "start v2: `docker compose"),
        (RELEASE, "relation exists", ReleaseCommandFailed, "failed with exit code 3; nothing was switched"),
        (RELEASE, "address already in use", ReleaseCommandFailed, "nothing was switched"),
    ],
)
def test_the_error_says_what_the_output_means(
    step: Run, output: str, kind: type[StepFailed], what: str
) -> None:
    error = failure(step, "web1", 3, f"first\n\n{output}\n")
    assert type(error) is kind
    assert what in error.what
    assert (error.where, error.lines[-1]) == ("web1", output)
    assert error.next


def test_an_error_shows_the_last_twenty_lines_without_empty_ones() -> None:
    error = failure(UP, "web1", 1, "\n\n".join(f"line {number}" for number in range(50)))
    assert error.lines == tuple(f"line {number}" for number in range(30, 50))


def test_a_docker_that_does_not_run_is_asked_for() -> None:
    assert "Docker" in failure(UP, "web1", 1, "Cannot connect to the Docker daemon at unix").next
