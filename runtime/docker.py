"""Docker's commands as argv. Nothing here runs anything."""

from collections.abc import Sequence

from runtime import paths
from runtime.serverfacts import ServerFacts

# The service of the release command; no process can have that name.
RELEASE = "release_command"


def pull(reference: str) -> tuple[str, ...]:
    return ("docker", "pull", "--quiet", reference)


def compose(app: str, number: int, *words: str) -> tuple[str, ...]:
    """A Compose command in a release's folder."""
    folder = paths.release_folder(app, number)
    file = f"{folder}/compose.yaml"
    return ("docker", "compose", "--project-directory", folder, "--file", file, *words)


def up(app: str, number: int, processes: Sequence[str]) -> tuple[str, ...]:
    return compose(app, number, "up", "--detach", "--no-deps", "--remove-orphans", *processes)


def stop(app: str, number: int) -> tuple[str, ...]:
    return compose(app, number, "stop")


def stay_off(app: str, number: int) -> tuple[str, ...]:
    """Let no restart of Docker or of the server start a release's containers, which stay for a look."""
    words = 'docker ps --all --quiet --filter "label=com.docker.compose.project=$1"'
    return (
        "sh",
        "-c",
        f"{words} | xargs --no-run-if-empty docker update --restart no",
        "sh",
        paths.project(app, number),
    )


def start(app: str, number: int) -> tuple[str, ...]:
    return compose(app, number, "up", "--detach", "--no-recreate")


def down(app: str, number: int) -> tuple[str, ...]:
    """Remove a release's containers. Its network and volumes are external: they stay."""
    return compose(app, number, "--profile", "*", "down", "--remove-orphans")


def run_release(app: str, number: int) -> tuple[str, ...]:
    """The release command in a container of its own, which can be ended by its name."""
    name = paths.release_container(app, number)
    return compose(app, number, "--profile", "release", "run", "--rm", "--no-TTY", "--name", name, RELEASE)


def remove_containers(names: Sequence[str]) -> tuple[str, ...]:
    return ("docker", "rm", "--force", *names)


def gone(server: ServerFacts, app: str, number: int) -> tuple[str, ...]:
    """`down`, or the removal of each container when somebody removed the release's folder."""
    if number in server.releases.get(app, ()):
        return down(app, number)
    return remove_containers(
        [item.id for item in server.containers if (item.app, item.release) == (app, number)]
    )


def proxy(*words: str) -> tuple[str, ...]:
    return ("docker", "compose", "--project-directory", paths.PROXY, "--file", paths.PROXY_COMPOSE, *words)


def create_network(name: str, app: str = "") -> tuple[str, ...]:
    label = (f"--label=slipway.app={app}",) if app else ()
    return ("docker", "network", "create", "--driver", "bridge", *label, name)


def create_volume(name: str, app: str) -> tuple[str, ...]:
    return ("docker", "volume", "create", f"--label=slipway.app={app}", name)


def connect(network: str, container: str) -> tuple[str, ...]:
    return ("docker", "network", "connect", network, container)


def remove_image(reference: str) -> tuple[str, ...]:
    return ("docker", "image", "rm", reference)
