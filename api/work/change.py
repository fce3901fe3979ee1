"""The three steps of every change: build, roll out, finish. Each may be run again after a crash.

Who pushed waits for two: a change is live once it serves and was checked. Its last step lets the release
before end its requests, which may take as long as a WebSocket stays open, and removes it.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from shutil import rmtree

from api.clock import now
from api.plane import Plane
from api.schemas import DeployKind, State
from api.store import apps, audit, config, deploys, releases, servers
from api.store.tables import Deploy, Server
from api.work import fleet
from api.work.code import build_code
from api.work.derived import derive
from api.work.jobs import Step as WorkStep
from api.work.running import Running, finish, run, run_after
from api.work.settled import settled
from api.work.shown import plan_shown, plans_shown
from api.work.wanted import releases_of, replaced, servers_of
from api.work.watch import Watcher
from runtime import paths
from runtime.bootstrap import WANTED_FILES, bootstrap
from runtime.execute import execute
from runtime.remove import remove
from runtime.rollout import Change, rollout, wanted_files
from runtime.script import as_script
from runtime.serverfacts import ServerFacts
from runtime.verify import verify
from slipway.errors import PlanChanged, ServerError, SlipwayError
from slipway.plan import Rollout, Step
from slipway.release import Release
from slipway.secret import Scrubber

WITH_RELEASE_COMMAND = (DeployKind.CODE, DeployKind.CONFIG)


class Steps:
    """What the durable engine runs for a deploy, by name and in order."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def by_name(self) -> dict[str, WorkStep]:
        return {
            "build": lambda deploy_id: run(self._plane, deploy_id, self._build),
            "rollout": lambda deploy_id: run(self._plane, deploy_id, self._roll_out),
            "finish": lambda deploy_id: run_after(self._plane, deploy_id, self._finish),
        }

    def _build(self, running: Running) -> bool:
        deploy = running.deploy
        if deploy.kind in (DeployKind.BOOTSTRAP, DeployKind.REMOVE) or deploy.release is not None:
            return True
        servers_of(self._plane, running)
        release, made = (build_code if deploy.kind == DeployKind.CODE else derive)(self._plane, running)
        with self._plane.database.session() as session:
            app = apps.get(session, deploy.app)
            release = replace(release, number=releases.number(session, app), created_at=now())
            releases.store(session, self._plane.database.cipher, release, made)
            row = deploys.get(session, deploy.id)
            row.release, row.timings, row.source = release.number, dict(running.timings), dict(deploy.source)
        return True

    def _roll_out(self, running: Running) -> bool:
        match running.deploy.kind:
            case DeployKind.BOOTSTRAP:
                self._bootstrap(running)
            case DeployKind.REMOVE:
                self._remove(running)
            case _:
                return self._release(running)
        return False

    def _release(self, running: Running) -> bool:
        plane, deploy = self._plane, running.deploy
        rows = servers_of(self._plane, running)
        wanted, previous = releases_of(self._plane, running)
        change = Change(wanted, previous, plane.engine, self._release_command_due(running))
        files = wanted_files(wanted, previous)
        with running.timed("facts"):
            facts = fleet.facts_of(plane, rows, files)
        todo = rollout(change, facts)
        if deploy.plan_only:
            self._planned(running, todo)
            return False
        if deploy.wish.get("apply") not in (None, todo.hash()):
            raise PlanChanged(
                f"the plan is {todo.hash()} now, not {deploy.wish['apply']}: "
                "a server or the app changed since",
                next=f"look again: slipway deploy {deploy.app} --plan",
            )
        with plane.database.session() as session:
            self._note_plan(deploys.get(session, deploy.id), todo)

        def check() -> None:
            with running.timed("check"):
                settled(wanted, lambda: fleet.facts_of(plane, rows, files))

        watcher = self._execute(running, rows, _only(todo, revertible=True), (wanted, previous), check)
        running.timings |= watcher.timings()
        later = {plan.server: plan.steps for stage in todo.stages[-1:] for plan in stage.plans}
        for row in rows:
            running.journal.head(watcher.summary(row.name, wanted, later.get(row.name, ())), "rollout")
        self._leave_dropped(running)
        self._went_live(running, wanted)
        return True

    def _finish(self, running: Running) -> None:
        """Nothing here fails the change. A server that is not as it should be is left as it is."""
        plane, deploy = self._plane, running.deploy
        if deploy.kind in (DeployKind.BOOTSTRAP, DeployKind.REMOVE):
            return
        wanted, newer = releases_of(plane, running)
        if newer:
            return
        rows, previous = servers_of(plane, running), replaced(plane, wanted)
        found = fleet.read_all(plane, rows, wanted_files(wanted, previous))
        facts = {
            name: item
            for name, item in found.items()
            if isinstance(item, ServerFacts) and not verify(wanted, item)
        }
        for name in found.keys() - facts.keys():
            running.journal.warn(f"{name} does not serve v{wanted.number}: all that is there stays", "finish")
        change = Change(wanted, previous, plane.engine, release_command=False)
        todo = _only(rollout(change, facts), revertible=False)
        running.timings |= self._execute(running, rows, todo, (wanted, previous)).timings()

    def _execute(
        self,
        running: Running,
        rows: Sequence[Server],
        todo: Rollout,
        of: Sequence[Release | None],
        check: Callable[[], None] | None = None,
    ) -> Watcher:
        watcher = Watcher(running.journal)
        secrets = [value for release in of if release for value in release.env.values()]
        execute(
            todo,
            fleet.connected(self._plane, rows),
            watcher,
            running.cancel,
            tools=self._plane.tools,
            scrub=Scrubber(secrets),
            check=check,
        )
        return watcher

    def _release_command_due(self, running: Running) -> bool:
        """It runs once, for code and config; not again when a crash came after it."""
        with self._plane.database.reading() as session:
            records = deploys.records(session, running.deploy.id)
        ran = any(record["stage"] == "release" and record["exit_code"] == 0 for record in records)
        return running.deploy.kind in WITH_RELEASE_COMMAND and not ran

    def _planned(self, running: Running, todo: Rollout) -> None:
        shown = plan_shown(todo)
        with self._plane.database.session() as session:
            row = deploys.get(session, running.deploy.id)
            row.plan, row.plan_hash = shown, todo.hash()
        running.journal.head(f"Plan {todo.hash()}: nothing was changed on a server", "plan")
        running.journal.out(
            f"to run exactly this: slipway deploy {running.deploy.app} --apply {todo.hash()}", "plan"
        )
        finish(self._plane, running, State.PLANNED)

    def _went_live(self, running: Running, release: Release) -> None:
        deploy, plane = running.deploy, self._plane
        with plane.database.session() as session:
            app = apps.get(session, deploy.app)
            releases.went_live(session, app, release.number)
            by = audit.Actor(deploy.by, deploy.door)
            detail = {
                "release": release.number,
                "digest": release.image.digest,
                "commit": release.source.commit,
            }
            audit.note(session, by, f"deploy.{deploy.kind}", detail, app=app.name)
            if deploy.kind == DeployKind.ROLLBACK:
                values = {key: value.reveal() for key, value in release.env.items()}
                config.replace(session, plane.database.cipher, app, values, deploy.by)
        running.journal.head(self._live(running, release), "live")
        finish(plane, running, State.LIVE)

    def _live(self, running: Running, release: Release) -> str:
        settings = self._plane.settings
        total = sum(running.timings.values())
        phases = ("build", "delivery", "release", "start", "switch", "check")
        shown = ", ".join(
            f"{name} {running.timings[name]:.1f}s" for name in phases if name in running.timings
        )
        where = "  ".join(settings.url_of(item.name, item.tls) for item in release.domains)
        return f"live: {where or 'no domain yet (slipway domains add NAME)'}  ({total:.1f}s: {shown})"

    def _leave_dropped(self, running: Running) -> None:
        """Servers that an app no longer goes to, once it serves on the others; one may be down."""
        for name in running.deploy.wish.get("dropped") or []:
            try:
                with self._plane.database.reading() as session:
                    row = servers.get(session, name)
                self._take_off(running, [row])
            except SlipwayError as error:
                told = (
                    f"{running.deploy.app} may still run on {name}, which could not be cleared: {error.what}"
                )
                running.journal.warn(told, "remove")

    def _take_off(self, running: Running, rows: Sequence[Server]) -> None:
        app = running.deploy.app
        for name, facts in fleet.facts_of(self._plane, rows, [paths.site(app)]).items():
            self._perform(running, rows, remove(app, facts))
            running.journal.head(f"{app} left {name}; its volumes stay", "remove")

    def _bootstrap(self, running: Running) -> None:
        plane, name = self._plane, running.deploy.server
        started = time.monotonic()
        with plane.database.reading() as session:
            rows = [servers.get(session, name)]
        image = plane.registry.pin(plane.settings.proxy_image).reference
        facts: ServerFacts = fleet.facts_of(plane, rows, WANTED_FILES)[name]
        todo = bootstrap(facts, image, plane.engine)
        running.journal.head(
            f"{name}: {facts.os}, {facts.cpus} CPUs, Docker {facts.docker or 'missing'}", "facts"
        )
        self._perform(running, rows, todo)
        after = fleet.facts_of(plane, rows, WANTED_FILES)[name]
        if not bootstrap(after, image, plane.engine).is_empty:
            raise ServerError(
                "is not as it should be after its set-up", where=name, next=f"slipway server plan {name}"
            )
        running.timings["bootstrap"] = time.monotonic() - started
        done = "was ready" if todo.is_empty else "is ready for apps"
        running.journal.head(f"{name} {done} ({running.timings['bootstrap']:.1f}s)", "bootstrap")
        finish(plane, running, State.LIVE)

    def _remove(self, running: Running) -> None:
        """Its repo goes too: to an app that is made anew under the name, every commit would be an old one."""
        plane, deploy = self._plane, running.deploy
        with plane.database.reading() as session:
            app = apps.find(session, deploy.app)
            rows = servers.of_app(session, app) if app else []
        if app:  # else a crash came after it was forgotten
            self._take_off(running, rows)
            with plane.database.session() as session:
                audit.note(session, audit.Actor(deploy.by, deploy.door), "app.removed", app=deploy.app)
                apps.remove(session, deploy.app)
        rmtree(plane.repo(deploy.app), ignore_errors=True)
        finish(plane, running, State.LIVE)

    def _note_plan(self, row: Deploy, todo: Rollout) -> None:
        """Beside what the deploy does on other servers."""
        row.plan = plans_shown(row.plan, plan_shown(todo))
        names = {plan.server for stage in todo.stages for plan in stage.plans}
        scripts = {name: as_script(todo, name, self._plane.engine) for name in sorted(names)}
        row.scripts = {**row.scripts, **scripts}

    def _perform(self, running: Running, rows: Sequence[Server], todo: Rollout) -> None:
        watcher = _Told(running.journal)
        with self._plane.database.session() as session:
            self._note_plan(deploys.get(session, running.deploy.id), todo)
        ssh_of = fleet.connected(self._plane, rows)
        execute(todo, ssh_of, watcher, running.cancel, tools=self._plane.tools, scrub=Scrubber())


class _Told(Watcher):
    """A watcher that tells each step as it begins, for changes without a release."""

    def started(self, server: str, stage: str, step: Step) -> None:
        super().started(server, stage, step)
        self.journal.out(f"{step.why}: {step.shown()}"[:200], stage)


def _only(todo: Rollout, *, revertible: bool) -> Rollout:
    """The stages until the change is live, or those after it."""
    return replace(todo, stages=tuple(stage for stage in todo.stages if stage.revertible is revertible))
