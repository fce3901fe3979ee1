"""From a pushed tree to a release: checkout, detect, render, image."""

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from api.plane import Plane
from api.store import apps, config, releases
from api.work.running import Running
from builder.archive import unpack
from builder.detect import detect, load_spec
from builder.eject import eject
from builder.explain import explain
from builder.gitsource import fetch
from builder.image import BuildRequest, build
from builder.processes import processes, release_argv
from builder.render import RenderedImage, render, repo_layer
from slipway.buildplan import BuildPlan
from slipway.errors import CheckoutError, SpecError
from slipway.release import Domain, Image, Release, Source
from slipway.secret import Secret
from slipway.size import shown_size
from slipway.spec import FILE, Spec
from templates.engine import Engine
from templates.layers import Layer


@dataclass(frozen=True, slots=True)
class Checkout:
    """A tree and what the builder made of it."""

    folder: Path
    spec: Spec
    plan: BuildPlan
    rendered: RenderedImage
    engine: Engine

    @property
    def dockerfile(self) -> str:
        """The text that the image is built from: rendered, or the repo's own."""
        if self.rendered.dockerfile:
            return self.rendered.dockerfile.text
        return (self.folder / self.plan.root / self.plan.dockerfile).read_text()


def build_code(plane: Plane, running: Running) -> tuple[Release, releases.Made]:
    """Build the tree of a deploy; the release that comes of it (its number is given later) and its making."""
    with tempfile.TemporaryDirectory(prefix="slipway-", dir=plane.settings.data_dir) as scratch:
        with running.timed("checkout"):
            source = _source(plane, running)
            tree = Path(scratch) / "tree"
            unpack(plane.archive(running.deploy.id), tree, plane.limits, running.cancel)
        running.journal.head(_commit(source), "checkout")
        checkout = look(plane, running.deploy.app, tree)
        _tell(running, checkout)
        with running.timed("build"):
            image = _image(plane, running, checkout, source)
        running.journal.head(_sizes(image), "build")
        made = releases.Made(
            running.deploy.id,
            running.deploy.kind,
            explained(checkout),
            _ejected(plane, running.deploy.app, checkout),
        )
        return _release(plane, running, checkout, image, source), made


def look(plane: Plane, app: str, tree: Path) -> Checkout:
    """What the builder makes of a tree, by all layers of templates. Raises what detect and render raise."""
    spec = load_spec(tree)
    plan = detect(tree, spec)
    with plane.database.reading() as session:
        own = {row.name: row.text for row in apps.templates(session, app)}
    layers = [repo_layer(tree), Layer("app", own, f"{app}'s templates"), *plane.operator_layers]
    engine = Engine(layers)
    return Checkout(tree, spec, plan, render(app, tree, plan, spec, plane.build_network, engine), engine)


def explained(checkout: Checkout) -> dict[str, object]:
    """The Dockerfile line by line with its origins, as plain data."""
    if checkout.rendered.dockerfile:
        lines = [
            {
                "line": item.line,
                "text": item.text,
                "template": item.template,
                "layer": item.layer,
                "why": [*item.why],
            }
            for item in explain(checkout.rendered.dockerfile)
        ]
    else:
        name = checkout.plan.dockerfile
        lines = [
            {"line": at, "text": text, "template": f"{name}:{at}", "layer": "repo", "why": ["the repo's own"]}
            for at, text in enumerate(checkout.dockerfile.splitlines(), 1)
        ]
    return {"headline": checkout.plan.headline(), "warnings": [*checkout.plan.warnings], "lines": lines}


def _ejected(plane: Plane, app: str, checkout: Checkout) -> dict[str, object]:
    files = eject(app, checkout.folder, checkout.plan, checkout.spec, plane.build_network, checkout.engine)
    return dict(files)


def _source(plane: Plane, running: Running) -> Source:
    deploy = running.deploy
    url = deploy.wish.get("git_url")
    if url and not plane.archive(deploy.id).exists():
        running.journal.head(f"Fetching {deploy.wish['git_ref']} of {url}", "checkout")
        found = fetch(
            str(url),
            str(deploy.wish["git_ref"]),
            plane.archive(deploy.id),
            running.cancel,
            private_hosts=plane.settings.git_private_hosts,
            max_bytes=plane.settings.max_push_bytes,
        )
        deploy.source = asdict(found)
    elif not plane.archive(deploy.id).exists():
        raise CheckoutError(
            "what was pushed lies where another process of the control plane ran, which is gone",
            next="push again",
        )
    return Source(**deploy.source)


def _commit(source: Source) -> str:
    if not source.commit:
        return "Work tree without a commit"
    by = f" by {source.author}" if source.author else ""
    return f"Commit {source.commit[:7]}{by}" + (f' "{source.subject[:72]}"' if source.subject else "")


def _tell(running: Running, checkout: Checkout) -> None:
    running.journal.head(checkout.plan.headline(), "detect")
    for warning in checkout.plan.warnings:
        running.journal.warn(warning, "detect")
    app = running.deploy.app
    if checkout.rendered.dockerfile:
        file = checkout.rendered.dockerfile
        where = (
            f"templates/{file.template}" if file.layer == "built in" else f"{file.template} ({file.layer})"
        )
        running.journal.head(f"Dockerfile from {where} (slipway explain {app})", "render")
    else:
        running.journal.head(f"The repo's own {checkout.plan.dockerfile}", "render")
    if checkout.plan.release_hint:
        running.journal.out(checkout.plan.release_hint, "detect")


def _image(plane: Plane, running: Running, checkout: Checkout, source: Source) -> Image:
    request = BuildRequest(
        app=running.deploy.app,
        context=checkout.folder / checkout.plan.root,
        dockerfile=checkout.dockerfile,
        dockerignore=checkout.rendered.dockerignore.text,
        target=checkout.plan.target,
        args=checkout.spec.build.args,
        secrets=_build_secrets(plane, running.deploy.app, checkout.spec),
        labels={"org.opencontainers.image.revision": source.commit} if source.commit else {},
        timeout=checkout.spec.build.timeout,
    )
    return build(request, plane.build_settings, plane.registry, running.journal.line, running.cancel)


def _build_secrets(plane: Plane, app: str, spec: Spec) -> dict[str, Secret]:
    with plane.database.reading() as session:
        values = config.values(session, plane.database.cipher, app)
    for name in spec.build.secrets:
        if name not in values:
            raise SpecError(
                f"{name} is not set",
                where=f"{FILE}: build.secrets",
                next=f"slipway config set {name} --app {app}",
            )
    return {name: values[name] for name in spec.build.secrets}


def _sizes(image: Image) -> str:
    total = f"{image.digest[:19]}… {shown_size(image.size)}"
    if not image.new_layers:
        return f"Image {total}, nothing new"
    return f"Image {total}, {image.new_layers} of {image.layers} layers new ({shown_size(image.new_bytes)})"


def _release(plane: Plane, running: Running, checkout: Checkout, image: Image, source: Source) -> Release:
    spec = checkout.spec
    with plane.database.reading() as session:
        app = apps.get(session, running.deploy.app)
        return Release(
            app=app.name,
            number=0,
            image=image,
            processes=processes(checkout.plan, spec, app.scale),
            domains=tuple(Domain(row.name, row.tls) for row in apps.domains(session, app.name)),
            env=config.values(session, plane.database.cipher, app.name),
            config_revision=app.config_revision,
            source=source,
            created_by=running.deploy.by,
            release_argv=release_argv(checkout.plan, spec),
            release_timeout=spec.release.timeout,
            strategy=spec.deploy.strategy,
            drain=spec.deploy.drain,
            keep=spec.deploy.keep,
            volumes=spec.volumes,
            dockerfile=checkout.dockerfile,
        )
