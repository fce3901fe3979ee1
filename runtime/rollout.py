"""The rollout of a release: from the facts of every server to the stages that bring it there. Pure.

Five stages with a barrier after each: deliver, release, start, switch, finish. Until all servers have
switched, any failure undoes every server.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from runtime import cutover, files, paths
from runtime.change import Change
from runtime.delivery import deliver, refuse_unfit
from runtime.script import as_script
from runtime.serverfacts import ServerFacts
from slipway.plan import Plan, Rollout, Stage, Write
from slipway.release import Release

__all__ = ["Change", "is_done", "rollout", "wanted_files"]

DELIVERED = ("compose.yaml", "env", "Dockerfile")
TRANSCRIPT = "transcript.sh"
Value = TypeVar("Value")


def wanted_files(release: Release, previous: Release | None) -> list[str]:
    """The paths whose text the facts must hold, for diffs and for what is skipped."""
    numbers = [release.number, *([previous.number] if previous else [])]
    folders = [paths.release_folder(release.app, number) for number in numbers]
    delivered = [f"{folder}/{name}" for folder in folders for name in DELIVERED]
    return [*delivered, _transcript_path(release), paths.site(release.app)]


def rollout(change: Change, facts: Mapping[str, ServerFacts]) -> Rollout:
    """The stages that bring `change.wanted` to every server of `facts`; empty when it is there already.

    Raises `ServerError` for a server that is not set up, `DiskFull` when the image would not fit.
    """
    for server in facts.values():
        refuse_unfit(change.wanted, server)
    if change.previous and change.previous.number == change.wanted.number:
        change = replace(change, previous=None)
    stages = _stages(change, facts)
    scripts = _transcripts(change, facts)
    delivery = Stage("deliver", tuple(_with(plan, scripts) for plan in stages[0].plans))
    kept = tuple(stage for stage in (delivery, *stages[1:]) if any(plan.steps for plan in stage.plans))
    return Rollout(_title(change.wanted), kept)


def is_done(change: Change, server: ServerFacts) -> bool:
    """Whether the release runs and serves there already."""
    return _runs(change.wanted, server) and _serves(change, server)


def _stages(change: Change, facts: Mapping[str, ServerFacts]) -> list[Stage]:
    release = change.wanted
    todo = [server for server in facts.values() if not is_done(change, server)]
    done = [server for server in facts.values() if is_done(change, server)]
    stages = [Stage("deliver", tuple(deliver(change, server) for server in todo))]
    due = release.release_argv and change.release_command and todo
    if due and not any(_serves(change, server) for server in facts.values()):
        stages.append(Stage("release", (cutover.release_command(release, todo[0]),)))
    return [
        *stages,
        Stage(
            "start",
            (*(cutover.start(change, server) for server in todo), *_undo(change, done, cutover.start)),
        ),
        Stage(
            "switch",
            (*(cutover.switch(change, server) for server in todo), *_undo(change, done, cutover.switch)),
        ),
        Stage("finish", tuple(cutover.finish(change, server) for server in facts.values()), revertible=False),
    ]


def _undo(change: Change, done: list[ServerFacts], plan: Callable[[Change, ServerFacts], Plan]) -> list[Plan]:
    """What undoes a server that a change switched before a crash, when another server then fails."""
    undone = [replace(plan(change, server), steps=()) for server in done]
    return [plan for plan in undone if plan.on_failure]


def _runs(release: Release, server: ServerFacts) -> bool:
    there = [item for item in server.of(release.app, release.number) if item.state == "running"]
    return all(
        sum(item.process == process.name for item in there) == process.replicas
        for process in release.processes
    )


def _serves(change: Change, server: ServerFacts) -> bool:
    release = change.wanted
    serving = server.serving.get(release.app)
    return (
        serving == (release.serving_name if release.web else None)
        and server.current.get(release.app) == release.number
        and server.files.get(paths.site(release.app)) == files.site(release, change.engine)
    )


def _transcripts(change: Change, facts: Mapping[str, ServerFacts]) -> dict[str, Write]:
    """The script of the release's folder, for each server that lacks it.

    It needs nothing of the app to be there, so that it also brings back what somebody took away later.
    """
    release = change.wanted
    path = _transcript_path(release)
    before = {name: _without(change, server) for name, server in facts.items()}
    whole = Rollout(_title(release), tuple(_stages(change, before)))
    why = f"the commands that put v{release.number} here, to read and to run"
    return {
        server.server: Write(why, path, as_script(whole, server.server, change.engine), 0o755)
        for server in facts.values()
        if server.files.get(path) is None
    }


def _without(change: Change, server: ServerFacts) -> ServerFacts:
    """The facts as they would be without the release, and without what the app's releases share."""
    app, number, previous = change.wanted.app, change.wanted.number, change.previous
    line = server.serving.get(app)
    if line == change.wanted.serving_name:
        line = previous.serving_name if previous and previous.web else None
    there = server.current.get(app)
    if there == number:
        there = previous.number if previous else None
    volumes = {paths.volume(app, name) for name in change.wanted.volumes}
    return replace(
        server,
        networks=tuple(name for name in server.networks if name != paths.network(app)),
        proxy_networks=tuple(name for name in server.proxy_networks if name != paths.network(app)),
        volumes=tuple(name for name in server.volumes if name not in volumes),
        files={**server.files, paths.site(app): None},
        containers=tuple(item for item in server.containers if (item.app, item.release) != (app, number)),
        serving={**_others(server.serving, app), **({app: line} if line else {})},
        current={**_others(server.current, app), **({app: there} if there is not None else {})},
    )


def _others(table: Mapping[str, Value], app: str) -> dict[str, Value]:
    return {name: value for name, value in table.items() if name != app}


def _with(plan: Plan, scripts: Mapping[str, Write]) -> Plan:
    script = scripts.get(plan.server)
    return replace(plan, steps=(*plan.steps, script)) if script else plan


def _transcript_path(release: Release) -> str:
    return f"{paths.release_folder(release.app, release.number)}/{TRANSCRIPT}"


def _title(release: Release) -> str:
    return f"{release.app} v{release.number}"
