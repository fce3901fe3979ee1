"""The stages of a rollout that change who serves: release command, start, switch, finish. Pure."""

from runtime import caddy, docker, files, paths
from runtime.change import Change
from runtime.retention import retention
from runtime.serverfacts import ServerFacts
from slipway.plan import Drain, Plan, Probe, Run, Step, Switch, Write
from slipway.release import Process, Release

# A process that listens nowhere is watched for 1.5 s: its deadline may not come before.
WATCH_SECONDS = 10.0


def release_command(release: Release, server: ServerFacts) -> Plan:
    """The release command, on one server for all."""
    name = paths.release_container(release.app, release.number)
    end = Run("end a release command that still runs", docker.remove_containers([name]))
    left = [item for item in server.containers if item.oneoff and item.process == docker.RELEASE]
    mine = any((item.app, item.release) == (release.app, release.number) for item in left)
    words = " ".join(" ".join(release.release_argv).split())
    step = Run(
        f"the release command, once, in the new image: {words}",
        docker.run_release(release.app, release.number),
        timeout=release.release_timeout,
    )
    return Plan(
        server.server,
        f"release command of v{release.number}",
        (end, step) if mine else (step,),
        (end,),
    )


def start(change: Change, server: ServerFacts) -> Plan:
    """The new release beside the old, and probes; an app that cannot run twice is stopped first."""
    release, previous = change.wanted, change.previous
    app = release.app
    beside = f" beside v{previous.number}" if previous and server.of(app, previous.number) else ""
    names = [process.name for process in release.processes]
    stops: list[Step] = []
    again: list[Step] = []
    if release.strategy == "stop-first" and (others := _others(change, server)):
        beside = ""
        stops = [Run(f"{app} cannot run twice: stop v{n} first", docker.stop(app, n)) for n in others]
        again = [Run(f"start v{n} again", docker.start(app, n)) for n in others]
        if previous and previous.number in others:
            again = [Run(f"start v{previous.number} again", docker.start(app, previous.number))]
    up = Run(f"start v{release.number}{beside}", docker.up(app, release.number, names), timeout=120)
    probes = [_probe(release, process) for process in release.processes if process.replicas]
    keep = Run(
        "stop what did not become healthy; its containers stay for a look",
        docker.stop(app, release.number),
        timeout=_stop_seconds(release),
    )
    off = Run("they are not to start with the server", docker.stay_off(app, release.number))
    undo = () if _is_settled(change, server) else (keep, *again, off)
    return Plan(server.server, f"start v{release.number}", (*stops, up, *probes), undo)


def switch(change: Change, server: ServerFacts) -> Plan:
    """Requests go to the new release from now on; the undo leaves the server as it was found."""
    release, app = change.wanted, change.wanted.app
    site, there = files.site(release, change.engine), server.files.get(paths.site(app))
    back = _serving_before(change, server)
    steps: list[Step] = []
    undo: list[Step] = []
    old = _old_site(change, site, there)
    if site != there:
        steps += [
            _site(app, site, there, f"the domains of {app}" if site else f"{app} has no domains"),
            Run("check the proxy's configuration before it is used", caddy.validate()),
            Run("let the proxy take the changed domains", caddy.reload()),
        ]
    if site != old:
        why = "the domains as they were" if old else "the site was not there before"
        undo += [_site(app, old, site, why), Run("let the proxy go back to it", caddy.reload())]
    if release.web:
        serve = Switch(f"v{release.number} serves from the next request on", app, release.serving_name)
        if back is None:
            # The first release: the proxy must know whom to ask before it learns of the site.
            steps.insert(0, serve)
            undo.append(Run("nothing served before", ("rm", "-f", paths.serving(app))))
        else:
            steps.append(serve)
            undo.insert(0, Switch("serve what served before", app, back))
    elif app in server.serving:
        steps.append(Run("nothing of it listens any more", ("rm", "-f", paths.serving(app))))
        undo += [Switch("serve what served before", app, back)] if back else []
    steps.append(_link(app, release.number, f"v{release.number} is the current release"))
    undo.append(_old_link(change, server))
    if _is_settled(change, server):
        undo = []
    return Plan(server.server, f"switch to v{release.number}", tuple(steps), tuple(undo))


def finish(change: Change, server: ServerFacts) -> Plan:
    """Let the old release finish its requests, then remove it, and what is past keeping."""
    release, previous = change.wanted, change.previous
    app = release.app
    others = sorted({item.release for item in server.of(app)} - {release.number})
    steps: list[Step] = []
    for number in others:
        was = bool(previous and number == previous.number)
        if (was and previous and previous.web) or server.serving.get(app) == paths.alias(app, number):
            why = f"let v{number} finish its requests"
            steps.append(Drain(why, paths.project(app, number), release.drain))
    for number in others:
        was = bool(previous and number == previous.number)
        seconds = _stop_seconds(previous) if was and previous else 120.0
        why = f"v{number} is done" if was else f"v{number} is left over"
        steps.append(Run(why, docker.gone(server, app, number), timeout=seconds))
    return Plan(server.server, f"finish v{release.number}", (*steps, *retention(release, previous, server)))


def _is_settled(change: Change, server: ServerFacts) -> bool:
    """Whether the release is live here with nothing to go back to: a repair that fails takes nothing down."""
    wanted, previous = change.wanted, change.previous
    left = bool(previous and server.of(wanted.app, previous.number))
    return server.current.get(wanted.app) == wanted.number and not left


def _others(change: Change, server: ServerFacts) -> list[int]:
    """Releases that must not run beside the new one: all that run, and the one before, which a crash may have
    stopped already and a failure must start again."""
    wanted, previous = change.wanted, change.previous
    there = server.of(wanted.app)
    running = {item.release for item in there if item.state == "running"}
    stopped = {item.release for item in there if previous and item.release == previous.number}
    return sorted((running | stopped) - {wanted.number})


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
        timeout=health.timeout if listens else max(health.timeout, WATCH_SECONDS),
        interval=health.interval,
    )


def _serving_before(change: Change, server: ServerFacts) -> str | None:
    """Whom to go back to; None when nobody served here.

    That is what is live by the store, where it still is: a change that a crash cut short may have switched.
    """
    app, previous = change.wanted.app, change.previous
    line = server.serving.get(app)
    if line and previous and previous.web and server.of(app, previous.number):
        return previous.serving_name
    return line if line and line != change.wanted.serving_name else None


def _old_site(change: Change, site: str | None, there: str | None) -> str | None:
    """The file to go back to. When the new one is there already, a crash came after it: then the old one is
    made anew from the release before."""
    if there != site:
        return there
    return files.site(change.previous, change.engine) if change.previous else None


def _site(app: str, text: str | None, there: str | None, why: str) -> Step:
    """One version of an app's file for the proxy in place of another; None is no file."""
    path = paths.site(app)
    return Run(why, ("rm", "-f", path)) if text is None else Write(why, path, text, 0o644, there)


def _link(app: str, number: int, why: str) -> Run:
    return Run(why, ("ln", "-sfn", f"releases/{number}", paths.current(app)))


def _old_link(change: Change, server: ServerFacts) -> Run:
    app, previous = change.wanted.app, change.previous
    there = server.current.get(app)
    if there is not None and previous:
        return _link(app, previous.number, "the release before is current again")
    if there is not None and there != change.wanted.number:
        return _link(app, there, "the release before is current again")
    return Run("no release was current before", ("rm", "-f", paths.current(app)))


def _stop_seconds(release: Release) -> float:
    """How long Docker may take to stop a release: its slowest process, and some."""
    return 60.0 + max((process.stop_timeout for process in release.processes), default=0.0)
