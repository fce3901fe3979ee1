"""A build plan becomes a Dockerfile and a .dockerignore, by layers of templates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slipway.buildplan import BuildPlan
from slipway.command import argv
from slipway.errors import SpecError
from slipway.evidence import Decision
from slipway.spec import Spec
from templates.engine import Engine
from templates.layers import Layer, folder_layer
from templates.provenance import RenderedFile

REPO_TEMPLATES = ".slipway/templates"
TOOLS = {"uv": "0.9.9", "poetry": "2.2.1", "pnpm": "10.20.0", "yarn": "1.22.22"}
INSTALL = {
    "npm": ("npm ci", "npm install --no-package-lock", "/root/.npm", "npm prune --omit=dev"),
    "pnpm": (
        "pnpm install --frozen-lockfile",
        "pnpm install",
        "/root/.local/share/pnpm/store",
        "pnpm prune --prod --ignore-scripts",
    ),
    "yarn": (
        "yarn install --frozen-lockfile",
        "yarn install",
        "/usr/local/share/.cache/yarn",
        "yarn install --production --ignore-scripts --prefer-offline",
    ),
    "berry": (
        "yarn install --immutable",
        "yarn install",
        "/root/.yarn/berry",
        "yarn workspaces focus --production",
    ),
}


@dataclass(frozen=True, slots=True)
class BuildNetwork:
    """What an operator says of the way to package registries; `bases` maps base images to mirrors of them."""

    ca_bundle: bool = False
    bases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RenderedImage:
    """The files that an image is built from; `dockerfile` is None when the repo brings its own."""

    dockerfile: RenderedFile | None
    dockerignore: RenderedFile


def repo_layer(folder: Path) -> Layer:
    """The repo's own templates."""
    return folder_layer("repo", folder / REPO_TEMPLATES, REPO_TEMPLATES)


def render(
    app: str, folder: Path, plan: BuildPlan, spec: Spec, network: BuildNetwork, engine: Engine
) -> RenderedImage:
    """The Dockerfile and the .dockerignore of a build plan. Raises `TemplateError`."""
    context = _context(app, folder, plan, spec, network)
    dockerfile = engine.render(plan.template, context) if plan.template else None
    return RenderedImage(dockerfile, engine.render("dockerignore", context))


def _context(app: str, folder: Path, plan: BuildPlan, spec: Spec, network: BuildNetwork) -> dict[str, object]:
    own = folder / plan.root / ".dockerignore"
    extra = own.read_text(encoding="utf-8", errors="replace").splitlines() if own.is_file() else []
    context: dict[str, object] = {
        "app": app,
        "stack": plan.stack,
        "site": "",
        **plan.values,
        **_by_group(plan.decisions),
        "network": {"ca_bundle": network.ca_bundle},
        "bases": dict(network.bases),
        "tools": TOOLS,
        "secrets": list(spec.build.secrets),
        "env": dict(spec.build.env),
        "volumes": sorted(spec.volumes.values()),
        "extra": extra,
        "locked": (folder / plan.root / "uv.lock").is_file()
        or (folder / plan.root / "poetry.lock").is_file(),
        "npmrc": (folder / plan.root / ".npmrc").is_file(),
    }
    _add_command(context, plan, spec)
    if plan.stack == "node":
        _add_install(context)
    return context


def _by_group(decisions: tuple[Decision, ...]) -> dict[str, object]:
    """`python.version` is read in a template as it is written here."""
    groups: dict[str, dict[str, object]] = {}
    for decision in decisions:
        group, _, name = decision.name.partition(".")
        groups.setdefault(group, {})[name or "value"] = decision
    return dict(groups)


def _add_command(context: dict[str, object], plan: BuildPlan, spec: Spec) -> None:
    own = spec.processes.get("web")
    command = plan.values.get("command")
    if own and own.command:
        command = Decision("process.web", own.command, (), "processes.web.command, slipway.toml")
    context["command"] = command
    try:
        context["command_argv"] = argv(command.value) if isinstance(command, Decision) else ()
    except ValueError as error:
        raise SpecError(f"the web command {error}", next="mend it in the Procfile or slipway.toml") from None


def _add_install(context: dict[str, object]) -> None:
    group = context["node"]
    manager = str(group["manager"].value) if isinstance(group, dict) else "npm"
    frozen, loose, cache, prune = INSTALL["berry" if manager == "yarn" and context["berry"] else manager]
    context |= {"install": frozen if context["lock"] else loose, "cache_folder": cache, "prune": prune}
