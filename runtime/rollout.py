"""The rollout of a release: from the facts of every server to the stages that bring it there. Pure.

Five stages with a barrier after each: deliver, release, start, switch, finish. Until all servers have switched,
any failure undoes every server.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from runtime import caddy, docker, files, paths
from runtime.retention import retention
from runtime.serverfacts import ServerFacts
from slipway.errors import DiskFull, ServerError
from slipway.plan import Drain, Plan, Probe, Rollout, Run, Stage, Step, Switch, Write
from slipway.release import Process, Release
from slipway.secret import Secret, Text
from templates.engine import Engine

DISK_MARGIN = 512 << 20
UNPACKED = 3
PULL_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be there (`wanted`), and what was live before it."""

    wanted: Release
    previous: Release | None
    engine: Engine


def wanted_files(release: Release, previous: Release | None) -> list[str]:
    """The paths whose text the facts must hold, for diffs and for what is skipped."""
    names = ["compose.yaml", "env", "Dockerfile"]
    numbers = [release.number, *([previous.number] if previous else [])]
    folders = [paths.release_folder(release.app, number) for number in numbers]
    return [*(f"{folder}/{name}" for folder in folders for name in names), paths.site(release.app)]


def rollout(change: Change, facts: Mapping[str, ServerFacts]) -> Rollout:
    """The stages that bring `change.wanted` to every server of `facts`; empty when it is there already.

    Raises `ServerError` for a server that is not set up, `DiskFull` when the image would not fit.
    """
    release = change.wanted
    for server in facts.values():
        _check(release, server)
    todo = {name: server for name, server in facts.items() if not is_done(change, server)}
    stages = [Stage("deliver", tuple(_deliver(change, server) for server in todo.values()))]
    if release.release_argv and todo and not any(_serves(change, server) for server in facts.values()):
        stages.append(Stage("release", (_release_command(release, next(iter(todo))),)))
    stages += [
        Stage("start", tuple(_start(change, server) for server in todo.values())),
        Stage("switch", tuple(_switch(change, server) for server in todo.values())),
        Stage("finish", tuple(_finish(change, server) for server in facts.values()), revertible=False),
    ]
    kept = tuple(stage for stage in stages if any(plan.steps for plan in stage.plans))
    return Rollout(f"{release.app} v{release.number}", kept)


def is_done(change: Change, server: ServerFacts) -> bool:
    """Whether the release runs and serves there already."""
    return _runs(change.wanted, server) and _serves(change, server)


def _runs(release: Release, server: ServerFacts) -> bool:
    there = [item for item in server.of(release.app, release.number) if item.state == "running"]
    return all(
        sum(item.process == process.name for item in there) == process.replicas
        for process in release.processes
    )


def _serves(change: Change, server: ServerFacts) -> bool:
    release = change.wanted
    switched = not release.web or server.serving.get(release.app) == release.serving_name
    site = files.site(release, change.engine)
    return (
        switched
        and server.current.get(release.app) == release.number
        and (site is None or server.files.get(paths.site(release.app)) == site)
    )


def _check(release: Release, server: ServerFacts) -> None:
    if not server.docker or not server.proxy_running:
        raise ServerError(
            "is not set up for apps: " + ("its proxy does not run" if server.docker else "it has no Docker"),
            where=server.server,
            next=f"slipway server bootstrap {server.server}",
        )
    need = release.image.size * UNPACKED + DISK_MARGIN
    if release.image.reference not in server.images and server.disk_free < need:
        raise DiskFull(
            f"has {server.disk_free >> 20} MB free; the image needs {need >> 20} MB",
            where=server.server,
            next=f"make room (`slipway ssh {server.server}`, then `docker system df`), or add a larger server",
        )


def _deliver(change: Change, server: ServerFacts) -> Plan:
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
            steps.append(
                Run(f"a volume for {app}; it outlives every release", docker.create_volume(volume, app))
            )
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


def _release_command(release: Release, server: str) -> Plan:
    words = ("--profile", "release", "run", "--rm", "--no-TTY", "release")
    step = Run(
        f"the release command, once, in the new image: {' '.join(release.release_argv)}",
        docker.compose(release.app, release.number, *words),
        timeout=release.release_timeout,
    )
    return Plan(server, f"release command of v{release.number}", (step,))


def _start(change: Change, server: ServerFacts) -> Plan:
    release, previous = change.wanted, change.previous
    names = [process.name for process in release.processes]
    up = Run(
        f"start v{release.number}" + (f" beside v{previous.number}" if previous else ""),
        docker.up(release.app, release.number, names),
        timeout=120,
    )
    probes = tuple(_probe(release, process) for process in release.processes if process.replicas)
    keep = Run(
        "stop what did not become healthy; its containers stay for a look",
        docker.stop(release.app, release.number),
    )
    if release.strategy == "stop-first" and previous and server.of(release.app, previous.number):
        first = Run(
            f"{release.app} cannot run twice: stop v{previous.number} first",
            docker.stop(release.app, previous.number),
        )
        again = Run(f"start v{previous.number} again", docker.start(release.app, previous.number))
        return Plan(server.server, f"start v{release.number}", (first, up, *probes), (keep, again))
    return Plan(server.server, f"start v{release.number}", (up, *probes), (keep,))


def _probe(release: Release, process: Process) -> Probe:
    health = process.health
    listens = process.port if process.name == "web" else None
    return Probe(
        why=f"every replica of {process.name} answers before anything is switched"
        if listens
        else f"{process.name} stays up",
        project=release.project,
        process=process.name,
        replicas=process.replicas,
        port=listens,
        host=release.domains[0].name if release.domains else "localhost",
        path=health.path,
        first=health.first,
        last=health.last,
        timeout=health.timeout,
        interval=health.interval,
    )


def _switch(change: Change, server: ServerFacts) -> Plan:
    release, app = change.wanted, change.wanted.app
    steps: list[Step] = []
    undo: list[Step] = []
    site, there = files.site(release, change.engine), server.files.get(paths.site(app))
    back = _serving_before(change, server)
    if release.web and back is None:
        # The first release: the proxy must know whom to ask before it learns of the site.
        steps.append(Switch(f"v{release.number} serves", app, release.serving_name))
    if site is not None and site != there:
        steps += [
            Write(f"the domains of {app}", paths.site(app), site, 0o644, there),
            Run("check the proxy's configuration before it is used", caddy.validate()),
            Run("let the proxy take the changed domains", caddy.reload()),
        ]
        undo += _old_site(app, there)
    if release.web and back is not None:
        steps.append(Switch(f"v{release.number} serves from the next request on", app, release.serving_name))
        undo.insert(0, Switch("serve what served before", app, back))
    steps.append(_link(app, release.number, f"v{release.number} is the current release"))
    if change.previous and app in server.current:
        undo.append(_link(app, change.previous.number, "the release before is current again"))
    return Plan(server.server, f"switch to v{release.number}", tuple(steps), tuple(undo))


def _serving_before(change: Change, server: ServerFacts) -> str | None:
    """Whom to go back to: what is live by the store, since a change that a crash cut short may have switched here."""
    if change.previous and change.previous.web and server.serving.get(change.wanted.app):
        return change.previous.serving_name
    line = server.serving.get(change.wanted.app)
    return None if line == change.wanted.serving_name else line


def _old_site(app: str, there: str | None) -> list[Step]:
    path = paths.site(app)
    restore: Step = (
        Run("the site was not there before", ("rm", "-f", path))
        if there is None
        else Write("the domains as they were", path, there)
    )
    return [restore, Run("let the proxy go back to it", caddy.reload())]


def _link(app: str, number: int, why: str) -> Run:
    return Run(why, ("ln", "-sfn", f"releases/{number}", paths.current(app)))


def _finish(change: Change, server: ServerFacts) -> Plan:
    release, previous = change.wanted, change.previous
    steps: list[Step] = []
    others = {item.release for item in server.of(release.app)} - {release.number}
    if previous and previous.number in others and previous.web:
        why = f"let v{previous.number} finish its requests"
        steps.append(Drain(why, previous.project, release.drain))
    for number in sorted(others):
        why = f"v{number} is done" if previous and number == previous.number else f"v{number} never went live"
        steps.append(Run(why, docker.down(release.app, number), timeout=120))
    return Plan(server.server, f"finish v{release.number}", (*steps, *retention(release, previous, server)))
