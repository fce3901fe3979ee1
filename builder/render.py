"""A build plan becomes a Dockerfile and a .dockerignore, by layers of templates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from builder.detect.folder import Folder
from builder.detect.versions import tools
from builder.processes import command_of
from slipway.buildplan import BuildPlan
from slipway.command import argv
from slipway.errors import TemplateError
from slipway.evidence import Decision
from slipway.spec import Spec
from templates.engine import Engine
from templates.layers import Layer, folder_layer
from templates.provenance import RenderedFile

REPO_TEMPLATES = ".slipway/templates"
# BuildKit knows these without an ARG, and keeps them out of the image's history.
PREDEFINED = {"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"}


@dataclass(frozen=True, slots=True)
class BuildNetwork:
    """What an operator says of the way to package registries.

    `bases` maps base images to mirrors of them. `env` are variables that builds see, and images do not keep;
    their values are handed to buildx as build arguments.
    """

    ca_bundle: bool = False
    bases: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RenderedImage:
    """The files that an image is built from; `dockerfile` is None when the repo brings its own."""

    dockerfile: RenderedFile | None
    dockerignore: RenderedFile


def repo_layer(folder: Path) -> Layer:
    """The repo's own templates. Raises `TemplateError` for a link, a large file, and what is no text."""
    templates = folder / REPO_TEMPLATES
    if templates.exists() and not Folder(folder).has_folder(REPO_TEMPLATES):
        raise TemplateError(
            "leads out of the repo", where=REPO_TEMPLATES, next="commit the templates themselves"
        )
    return folder_layer("repo", templates, REPO_TEMPLATES)


def render(
    app: str,
    folder: Path,
    plan: BuildPlan,
    spec: Spec,
    network: BuildNetwork,
    engine: Engine,
    *,
    ejected: bool = False,
) -> RenderedImage:
    """The Dockerfile and the .dockerignore of a build plan; `ejected` for a repo that leaves slipway.

    Raises `TemplateError`, `SpecError`.
    """
    context = {**_context(app, folder, plan, spec, network), "ejected": ejected}
    dockerfile = engine.render(plan.template, context) if plan.template else None
    return RenderedImage(dockerfile, engine.render("dockerignore", context))


def _context(app: str, folder: Path, plan: BuildPlan, spec: Spec, network: BuildNetwork) -> dict[str, object]:
    command = command_of(plan, spec, "web") or next(
        (command_of(plan, spec, name) for name in sorted({*plan.processes, *spec.processes})), None
    )
    return {
        "app": app,
        "stack": plan.stack,
        "site": "",
        **plan.values,
        **_by_group(plan.decisions),
        "command": command if command and command.value else None,
        "command_argv": argv(command.value) if command and command.value else (),
        "network": {"ca_bundle": network.ca_bundle, "env": declared(network.env)},
        "bases": dict(network.bases),
        "tools": tools(),
        "secrets": list(spec.build.secrets),
        "args": dict(sorted(spec.build.args.items())),
        "env": dict(sorted(spec.build.env.items())),
        "volumes": sorted(spec.volumes.values()),
        "extra": Folder(folder / plan.root).text(".dockerignore").split("\n"),
    }


def declared(env: Mapping[str, str]) -> list[str]:
    """The names of an operator's variables that a Dockerfile must declare as ARG."""
    return sorted(name for name in env if name.upper() not in PREDEFINED)


def _by_group(decisions: tuple[Decision, ...]) -> dict[str, object]:
    """`python.version` is read in a template as it is written here."""
    groups: dict[str, dict[str, object]] = {}
    for decision in decisions:
        group, _, name = decision.name.partition(".")
        groups.setdefault(group, {})[name or "value"] = decision
    return dict(groups)
