"""The first stage of a rollout: image, files, network and volumes are there before anything starts. Pure."""

from runtime import docker, files, paths
from runtime.change import Change
from runtime.serverfacts import ServerFacts
from slipway.errors import DiskFull, ServerError
from slipway.plan import Plan, Run, Step, Write
from slipway.release import Image, Release
from slipway.secret import Secret, Text

DISK_MARGIN = 512 << 20
UNPACKED = 3
PULL_SECONDS = 1800.0


def room_for(image: Image) -> int:
    """The bytes that must be free before an image is fetched: its layers, unpacked, and a margin."""
    return image.size * UNPACKED + DISK_MARGIN


def refuse_unfit(release: Release, server: ServerFacts) -> None:
    """Raises `ServerError` for a server that is not set up, `DiskFull` when the image would not fit."""
    if not server.docker or not server.proxy_running:
        raise ServerError(
            f"is not set up for apps: {_missing(server)}",
            where=server.server,
            next=f"slipway server bootstrap {server.server}",
        )
    need = room_for(release.image)
    if release.image.reference not in server.images and server.disk_free < need:
        raise DiskFull(
            f"has {server.disk_free >> 20} MB free; the image needs {need >> 20} MB",
            where=server.server,
            next=f"make room (`slipway ssh {server.server}`, then `docker system df`), "
            "or add a larger server",
        )


def _missing(server: ServerFacts) -> str:
    if server.docker:
        return "its proxy does not run"
    return "its Docker does not run" if server.compose else "it has no Docker"


def deliver(change: Change, server: ServerFacts) -> Plan:
    """The plan of the stage for one server. Nothing of it disturbs what serves."""
    release = change.wanted
    app = release.app
    steps: list[Step] = []
    if release.image.reference not in server.images:
        why = f"fetch the image of v{release.number} through the SSH connection"
        steps.append(Run(why, docker.pull(release.image.reference), timeout=PULL_SECONDS, tunnel=True))
    steps += _writes(change, server)
    if paths.network(app) not in server.networks:
        steps.append(Run(f"a network for {app} alone", docker.create_network(paths.network(app), app)))
    if paths.network(app) not in server.proxy_networks:
        joined = docker.connect(paths.network(app), paths.PROXY_CONTAINER)
        steps.append(Run(f"let the proxy reach {app}", joined))
    for name in sorted(release.volumes):
        volume = paths.volume(app, name)
        if volume not in server.volumes:
            why = f"a volume for {app}; it outlives every release"
            steps.append(Run(why, docker.create_volume(volume, app)))
    return Plan(server.server, f"deliver {app} v{release.number}", tuple(steps))


def _writes(change: Change, server: ServerFacts) -> list[Step]:
    release = change.wanted
    folder = paths.release_folder(release.app, release.number)
    before = paths.release_folder(release.app, change.previous.number) if change.previous else ""
    whys = {
        "compose.yaml": f"what v{release.number} runs",
        "env": f"its config (revision {release.config_revision}), readable by root alone",
        "Dockerfile": "what its image was built from",
    }
    steps: list[Step] = []
    for name, text in files.release_files(release, change.engine).items():
        mode = 0o600 if isinstance(text, Secret) else 0o644
        old = _before(text, name, server.files.get(f"{before}/{name}"), change)
        steps.append(Write(whys[name], f"{folder}/{name}", text, mode, old))
    return steps


def _before(text: Text, name: str, there: str | None, change: Change) -> Text | None:
    """What the new file is compared with: the file of the release before it, as it is on the server."""
    if there is None:
        return None
    if isinstance(text, Secret) and change.previous:
        return files.release_files(change.previous, change.engine)[name]
    return there
