"""A one-off command in a new container of a release, beside what serves."""

from runtime import docker
from slipway.plan import Run
from slipway.release import Release


def one_off(release: Release, name: str, argv: tuple[str, ...], timeout: float) -> Run:
    """The step that runs it in a container called `name`: the release's image, config and volumes.

    The container is removed when the command ends; `discard` is for one that is to end early.
    """
    process = "web" if release.web else release.processes[0].name
    words = ("run", "--rm", "--name", name, "--no-deps", "--no-TTY", "--label", "slipway.oneoff=true")
    return Run(
        f"run a command in a new container of v{release.number}",
        docker.compose(release.app, release.number, *words, process, *argv),
        timeout=timeout,
    )


def discard(name: str) -> tuple[str, ...]:
    """The command that ends a one-off container: the end of its client's connection does not."""
    return ("docker", "rm", "--force", "--volumes", name)
