"""What a person does on a server, and asks of it, without slipway."""

import json
from typing import Any

import httpx

from tests.acceptance.world import World, wait_until


def by_hand(world: World, command: str, server: int = 0) -> str:
    """The output of a command that must succeed on a server."""
    container = world.sandbox.container(world.servers[server].name)
    done = container.exec_run(["bash", "-c", command])
    assert isinstance(done.output, bytes)
    text = done.output.decode()
    assert done.exit_code == 0, text
    return text


def answers(world: World, app: str, server: int = 0) -> bool:
    """Whether an app answers well through a server's proxy."""
    try:
        return world.get(app, server=server).status_code == 200
    except httpx.HTTPError:
        return False


def containers(world: World, app: str, process: str = "web", server: int = 0) -> list[str]:
    """The running containers of a process of the live release, by id."""
    wanted = {"app": app, "process": process, "release": world.live(app)}
    filters = " ".join(f"--filter label=slipway.{name}={value}" for name, value in wanted.items())
    return by_hand(world, f"docker ps --quiet {filters}", server).split()


def settle(world: World, app: str) -> None:
    """Wait until an app's live release is alone: the one before goes after the push was answered."""
    names = world.json(f"/apps/{app}")["servers"]
    there = [number for number, server in enumerate(world.servers) if server.name in names]
    wait_until(lambda: all(_is_alone(world, app, number) for number in there), 60, f"the rest of {app}")


def _is_alone(world: World, app: str, server: int) -> bool:
    live = world.live(app)
    release = '{{.Label "slipway.release"}}'
    shown = f"docker ps --all --filter label=slipway.app={app} --format '{release}'"
    script = f"test -f /opt/slipway/apps/{app}/releases/{live}/transcript.sh && echo told || true"
    return set(by_hand(world, f"{shown}; {script}", server).split()) == {str(live), "told"}


def environment(world: World, app: str, server: int = 0) -> dict[str, str]:
    """The environment of an app's first web container, as Python in it sees it."""
    script = "import json, os; print(json.dumps(dict(os.environ)))"
    found = by_hand(
        world, f"docker exec {containers(world, app, server=server)[0]} python -c '{script}'", server
    )
    values: dict[str, str] = json.loads(found)
    return values


def folders(world: World, app: str, server: int = 0) -> list[int]:
    """The numbers of the release folders on a server."""
    return sorted(
        int(name) for name in by_hand(world, f"ls /opt/slipway/apps/{app}/releases", server).split()
    )


def images(world: World, app: str, server: int = 0) -> list[str]:
    """The digests of an app's images on a server."""
    listed = by_hand(world, "docker images --digests --format '{{.Repository}} {{.Digest}}'", server)
    pairs = (line.split() for line in listed.splitlines())
    return sorted(digest for name, digest in pairs if name.endswith(f"/{app}"))


def on_servers(world: World, app: str) -> list[dict[str, Any]]:
    """What `slipway status` says of each server."""
    found: list[dict[str, Any]] = json.loads(world.slipway("status", app, "--json").stdout)["servers"]
    return found


def differences(world: World, app: str, server: int = 0) -> list[str]:
    """The drift that `slipway status` reads from a server now."""
    found: list[str] = on_servers(world, app)[server]["differences"]
    return found
