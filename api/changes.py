"""What people may ask to be changed. Each is one transaction: what is wanted, the audit, a queued deploy."""

import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.clock import now
from api.plane import Plane
from api.schemas import DeployKind, State
from api.store import apps, audit, config, deploys, releases, servers
from api.store.audit import Actor
from api.store.database import Session
from api.store.tables import App, Deploy, ReleaseRow
from api.work.jobs import Jobs
from builder.gitsource import refuse_odd
from slipway.errors import Conflict, Invalid, NotFound, PlanChanged


@dataclass(frozen=True, slots=True)
class Started:
    """The deploy that a change led to; None when nothing has to be brought to a server yet."""

    deploy: Deploy | None
    message: str = ""


class Changes:
    """The changes that doors ask for, by the actor who asks."""

    def __init__(self, plane: Plane, jobs: Jobs) -> None:
        self._plane = plane
        self._jobs = jobs
        self._database = plane.database

    def create_app(self, actor: Actor, name: str, wanted: list[str] | None) -> App:
        """A new app, with a domain when the operator gives one to each. Raises `Conflict`, `NotFound`."""
        with self._database.session() as session:
            for server in wanted or ():
                servers.get(session, server)
            if wanted is not None and not wanted:
                raise Invalid(
                    "an app needs a server", where="servers", next="name one, or leave servers out for all"
                )
            wanted = sorted(set(wanted)) if wanted else None
            app = apps.create(session, name, wanted, actor.name)
            session.flush()
            if domain := self._plane.settings.apps_domain:
                apps.add_domain(session, name, f"{name}.{domain}", "off")
            audit.note(session, actor, "app.created", {"servers": wanted}, app=name)
        return app

    def push(
        self, actor: Actor, app: str, deploy_id: str, source: Mapping[str, str], *, plan: bool
    ) -> Deploy:
        """Deploy the archive that waits under that id."""
        return self._code(actor, app, deploy_id, {}, source, plan=plan)

    def push_git(self, actor: Actor, app: str, url: str, ref: str, *, plan: bool) -> Deploy:
        """Deploy a ref of a git URL. Raises `CheckoutError` before an odd one, or a password, is kept."""
        refuse_odd(url, ref)
        return self._code(actor, app, new_id(), {"git_url": url, "git_ref": ref}, {}, plan=plan)

    def apply(self, actor: Actor, app: str, plan_hash: str) -> Deploy:
        """Run a plan that was shown. Raises `NotFound`, `PlanChanged` when the app is to be otherwise now."""
        with self._database.session() as session:
            found = apps.locked(session, app)
            planned = deploys.planned(session, app, plan_hash)
            _refuse_other(session, found, releases.get(session, app, planned.release or 0))
            wish = {**planned.wish, "apply": plan_hash}
            row = self._queue(session, actor, app, DeployKind(planned.kind), wish, planned.source)
            row.release, row.timings = planned.release, planned.timings
            detail = {"deploy": row.id, "plan": plan_hash, "release": planned.release}
            audit.note(session, actor, "plan.applied", detail, app=app)
        return self._enqueue(row)

    def set_config(self, actor: Actor, app: str, given: Mapping[str, str], gone: list[str]) -> Started:
        """Set and unset config vars; a new release when one is live."""
        for key, value in given.items():
            if "\0" in value:
                raise Invalid(
                    "the value holds a NUL, which no environment can", where=key, next="leave it out"
                )
            if key.startswith("SLIPWAY_") or key == "PORT":
                raise Invalid(f"{key} is set by slipway itself", where=key, next="choose another name")
        with self._database.session() as session:
            row = apps.locked(session, app)
            difference = config.change(session, self._database.cipher, row, given, gone, actor.name)
            if not difference:
                return Started(None, "nothing changed")
            audit.note(
                session, actor, "config.changed", {"revision": row.config_revision, **difference}, app=app
            )
            return self._follow_up(session, actor, row, DeployKind.CONFIG, {})

    def add_domain(self, actor: Actor, app: str, name: str, tls: str) -> Started:
        with self._database.session() as session:
            row = apps.locked(session, app)
            before = apps.add_domain(session, app, name, tls)
            if before == tls:
                return Started(None, "nothing changed")
            detail = {"domain": name, "before": before, "after": tls}
            audit.note(session, actor, "domain.changed" if before else "domain.added", detail, app=app)
            return self._follow_up(session, actor, row, DeployKind.DOMAINS, {})

    def remove_domain(self, actor: Actor, app: str, name: str) -> Started:
        with self._database.session() as session:
            row = apps.locked(session, app)
            apps.remove_domain(session, app, name)
            audit.note(session, actor, "domain.removed", {"domain": name}, app=app)
            return self._follow_up(session, actor, row, DeployKind.DOMAINS, {})

    def scale(self, actor: Actor, app: str, replicas: Mapping[str, int]) -> Started:
        """Set replicas by process. Raises `NotFound` for a process that the live release does not have."""
        with self._database.session() as session:
            row = apps.locked(session, app)
            live = releases.live(session, row)
            known = {item["name"]: item["replicas"] for item in live.spec["processes"]} if live else {}
            for name in replicas:
                if live and name not in known:
                    raise NotFound(f"{app} has no process {name}", next=f"it has {', '.join(known)}")
            before = {name: row.scale.get(name, known.get(name)) for name in replicas}
            row.scale = {**row.scale, **replicas}
            session.add(row)
            audit.note(session, actor, "scale.changed", {"before": before, "after": dict(replicas)}, app=app)
            return self._follow_up(session, actor, row, DeployKind.SCALE, {})

    def set_servers(self, actor: Actor, app: str, wanted: list[str]) -> Started:
        """The servers that an app goes to; those it leaves are cleared once it serves on the others."""
        if not wanted:
            raise Invalid(
                "an app needs a server", next="name at least one; `slipway apps remove` removes the app"
            )
        with self._database.session() as session:
            row = apps.locked(session, app)
            before = [server.name for server in servers.of_app(session, row)]
            for name in wanted:
                servers.get(session, name)
            row.servers = sorted(set(wanted))
            session.add(row)
            audit.note(session, actor, "servers.changed", {"before": before, "after": row.servers}, app=app)
            dropped = [name for name in before if name not in wanted]
            return self._follow_up(session, actor, row, DeployKind.SERVERS, {"dropped": dropped})

    def roll_back(self, actor: Actor, app: str, to: int | None) -> Deploy:
        """Back to a release, by default the one before. Raises `NotFound`, `Conflict`."""
        with self._database.session() as session:
            row = apps.locked(session, app)
            target = releases.get(session, app, to) if to else releases.before(session, row)
            if target.number == row.live:
                raise Conflict(
                    f"v{target.number} serves already", next=f"slipway releases {app} lists the others"
                )
            if target.state != "past":
                raise Conflict(
                    f"v{target.number} never served", next=f"slipway releases {app} lists those that did"
                )
            wish = {"to": target.number}
            deploy = self._queue(
                session, actor, app, DeployKind.ROLLBACK, wish, target.spec.get("source") or {}
            )
            detail = {"deploy": deploy.id, "before": row.live, "to": target.number}
            audit.note(session, actor, "rollback.asked", detail, app=app)
        return self._enqueue(deploy)

    def remove_app(self, actor: Actor, app: str) -> Deploy:
        """Take an app off its servers and forget it. Its volumes stay on the servers."""
        with self._database.session() as session:
            row = apps.locked(session, app)
            deploy = self._queue(session, actor, app, DeployKind.REMOVE, {}, {})
            audit.note(session, actor, "removal.asked", {"deploy": deploy.id, "release": row.live}, app=app)
        return self._enqueue(deploy)

    def bootstrap(self, actor: Actor, server: str) -> Deploy:
        """Make a server ready for apps, or repair what it lost."""
        with self._database.session() as session:
            servers.get(session, server)
            deploy = self._queue(session, actor, "", DeployKind.BOOTSTRAP, {}, {}, server=server)
            audit.note(session, actor, "bootstrap.asked", {"deploy": deploy.id}, server=server)
        return self._enqueue(deploy)

    def cancel(self, actor: Actor, deploy_id: str) -> Deploy:
        """Ask a deploy to end. Raises `Conflict` when it has ended."""
        reason = f"cancelled by {actor.name}"
        with self._database.session() as session:
            row = deploys.get(session, deploy_id)
            if row.state in deploys.FINAL:
                raise Conflict(f"{deploy_id} has ended: {row.state}", next=f"slipway deploys {row.app}")
            row.cancel = reason
            audit.note(
                session, actor, "deploy.cancelled", {"deploy": deploy_id}, app=row.app, server=row.server
            )
            session.flush()
            waited = deploys.claim(session, deploy_id, State.QUEUED, State.CANCELLED)
            if waited:
                deploys.finish(session, row, State.CANCELLED, None)
        if waited:
            self._plane.archive(deploy_id).unlink(missing_ok=True)
        self._plane.cancels.set(deploy_id, reason)
        self._plane.news.tell(deploy_id)
        return row

    def _code(
        self,
        actor: Actor,
        app: str,
        deploy_id: str,
        wish: dict[str, Any],
        source: Mapping[str, str],
        *,
        plan: bool,
    ) -> Deploy:
        with self._database.session() as session:
            apps.locked(session, app)
            row = self._queue(
                session, actor, app, DeployKind.CODE, wish, source, deploy_id=deploy_id, plan=plan
            )
            detail = {"deploy": row.id, "commit": row.source.get("commit", ""), "plan": plan, **wish}
            audit.note(session, actor, "code.sent", detail, app=app)
            session.flush()
            waiting = [] if plan else deploys.queued_code(session, app, but=row.id)
            replaced = [it for it in waiting if deploys.claim(session, it.id, State.QUEUED, State.SUPERSEDED)]
            for older in replaced:
                older.cancel = f"replaced by the newer push {row.id}"
                deploys.finish(session, older, State.SUPERSEDED, None)
        for older in replaced:
            self._plane.archive(older.id).unlink(missing_ok=True)
            self._plane.news.tell(older.id)
        return self._enqueue(row)

    def _follow_up(
        self, session: Session, actor: Actor, app: App, kind: DeployKind, wish: dict[str, Any]
    ) -> Started:
        if app.live is None:
            return Started(None, "stored; it takes part in the first deploy")
        row = self._queue(session, actor, app.name, kind, wish, {})
        session.commit()
        return Started(self._enqueue(row))

    def _queue(
        self,
        session: Session,
        actor: Actor,
        app: str,
        kind: DeployKind,
        wish: dict[str, Any],
        source: Mapping[str, str],
        *,
        server: str = "",
        deploy_id: str = "",
        plan: bool = False,
    ) -> Deploy:
        row = Deploy(
            id=deploy_id or new_id(),
            app=app,
            server=server,
            kind=kind,
            state=State.QUEUED,
            wish=wish,
            source=dict(source),
            plan_only=plan,
            by=actor.name,
            door=actor.door,
            created_at=now(),
        )
        session.add(row)
        return row

    def resume(self) -> None:
        """Queue what was stored, but not queued, when the control plane stopped; what is queued stays so."""
        with self._database.reading() as session:
            rows = deploys.unfinished(session)
        for row in rows:
            self._enqueue(row)

    def _enqueue(self, row: Deploy) -> Deploy:
        self._jobs.enqueue(row.id, row.app or f"server {row.server}")
        return row


def _refuse_other(session: Session, app: App, planned: ReleaseRow) -> None:
    """Config, domains and scale of an app that does not run yet change without a deploy."""
    domains = [{"name": row.name, "tls": row.tls} for row in apps.domains(session, app.name)]
    replicas = {item["name"]: item["replicas"] for item in planned.spec["processes"]}
    scale = {name: number for name, number in app.scale.items() if name in replicas}
    if (app.config_revision, domains, {**replicas, **scale}) != (
        planned.config_revision,
        [dict(item) for item in planned.spec["domains"]],
        replicas,
    ):
        raise PlanChanged(
            f"{app.name}'s config, domains or scale changed since the plan was made",
            next=f"look again: slipway deploy {app.name} --plan",
        )


def new_id() -> str:
    """Ten letters and digits that sort by nothing and can be read out aloud."""
    return "".join(random.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(10))
