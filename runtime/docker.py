"""Docker's commands as argv. Nothing here runs anything."""

from collections.abc import Sequence

from runtime import paths


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


def start(app: str, number: int) -> tuple[str, ...]:
    return compose(app, number, "up", "--detach", "--no-recreate")


def down(app: str, number: int) -> tuple[str, ...]:
    """Remove a release's containers. Its network and volumes are external: they stay."""
    return compose(app, number, "--profile", "*", "down", "--remove-orphans")


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
