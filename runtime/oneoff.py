"""A one-off command in a new container of a release, beside what serves."""

from runtime import docker
from slipway.plan import Run
from slipway.release import Release


def one_off(release: Release, argv: tuple[str, ...], timeout: float) -> Run:
    """The step that runs it: the release's image, config and volumes; removed when it ends."""
    process = "web" if release.web else release.processes[0].name
    words = ("run", "--rm", "--no-deps", "--no-TTY", "--label", "slipway.oneoff=true", process, *argv)
    return Run(
        f"run a command in a new container of v{release.number}",
        docker.compose(release.app, release.number, *words),
        timeout=timeout,
    )
