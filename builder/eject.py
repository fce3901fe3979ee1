"""An app leaves: the files by which plain Docker builds and runs it, with nothing of slipway."""

import math
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from builder.processes import command_of, processes, release_argv
from builder.render import BuildNetwork, declared, render
from slipway.buildplan import BuildPlan
from slipway.release import Process
from slipway.spec import Spec
from templates.engine import Engine

COMPOSE = "compose.yaml"


def eject(
    app: str, folder: Path, plan: BuildPlan, spec: Spec, network: BuildNetwork, engine: Engine
) -> Mapping[str, str]:
    """The texts to write into the repo, by their paths in it: compose.yaml, and unless the repo brings a
    Dockerfile of its own, Dockerfile and .dockerignore. Raises `TemplateError`, `SpecError`.
    """
    root = PurePosixPath(plan.root)
    compose = engine.render("eject/compose.yaml", _context(app, plan, spec, network))
    files = render(app, folder, plan, spec, network, engine, ejected=True)
    ejected = {COMPOSE: compose.text}
    if files.dockerfile:
        ejected[str(root / "Dockerfile")] = files.dockerfile.text
        ejected[str(root / ".dockerignore")] = files.dockerignore.text
    return ejected


def _context(app: str, plan: BuildPlan, spec: Spec, network: BuildNetwork) -> dict[str, object]:
    shown = [_shown(process, plan, spec) for process in processes(plan, spec, {})]
    ca_bundle = network.ca_bundle and bool(plan.template)
    named = plan.decision("process.release")
    return {
        "app": app,
        "build": _build(plan, spec, network, ca_bundle),
        "processes": shown,
        "web_port": next((item["port"] for item in shown if item["name"] == "web"), None),
        "release_name": "release-command" if any(item["name"] == "release" for item in shown) else "release",
        "release": list(release_argv(plan, spec)),
        "release_why": "release.command, slipway.toml"
        if spec.release.command or not named
        else named.shown(),
        "volumes": dict(sorted(spec.volumes.items())),
        "secrets": list(spec.build.secrets),
        "ca_bundle": ca_bundle,
    }


def _shown(process: Process, plan: BuildPlan, spec: Spec) -> dict[str, object]:
    """A process for the template. The web process's command is the image's own already."""
    decision = command_of(plan, spec, process.name)
    in_image = bool(plan.template) and process.name == "web"
    return {
        "name": process.name,
        "argv": [] if in_image else list(process.argv),
        "why": decision.shown() if decision else "",
        "port": process.port,
        "replicas": process.replicas,
        "memory": process.memory,
        "cpus": process.cpus,
        "stop_seconds": math.ceil(process.stop_timeout),
    }


def _build(plan: BuildPlan, spec: Spec, network: BuildNetwork, ca_bundle: bool) -> str | dict[str, object]:
    """Compose's `build`: the folder alone when there is nothing else to say."""
    context = "." if plan.root == "." else f"./{plan.root}"
    more: dict[str, object] = {}
    if plan.dockerfile and plan.dockerfile != "Dockerfile":
        more["dockerfile"] = plan.dockerfile
    if plan.target:
        more["target"] = plan.target
    if plan.dockerfile and spec.build.args:
        more["args"] = dict(sorted(spec.build.args.items()))
    elif plan.template and network.env:
        more["args"] = declared(network.env)
    secrets = [*spec.build.secrets, *(["slipway-ca"] if ca_bundle else [])]
    if secrets:
        more["secrets"] = secrets
    return {"context": context, **more} if more else context
