"""Node: which version, which package manager, and whether it is a server or a site that is built once."""

from collections.abc import Mapping

from builder.detect import nodemanager
from builder.detect.folder import Folder, string, table
from builder.detect.nodesite import Site, site
from builder.detect.nodestart import Start, start
from builder.detect.static import INDEXES
from builder.detect.static import PORT as STATIC_PORT
from builder.detect.syspackages import Table, named, needed
from builder.detect.versions import node_version
from builder.detect.wishes import Wish, chosen, of_file, of_mise, of_tools
from slipway.buildplan import BuildPlan, Guess
from slipway.evidence import Decision, Evidence
from slipway.spec import Spec

PORT = 8000
MANIFEST = "package.json"

SYSTEM: Table = {
    "prisma": (("ca-certificates", "openssl"), ("ca-certificates", "openssl")),
    "@prisma/client": (("ca-certificates", "openssl"), ("ca-certificates", "openssl")),
    "canvas": (("g++", "libcairo2-dev", "libpango1.0-dev", "make", "pkg-config", "python3"), ("libcairo2",)),
    "node-gyp": (("g++", "make", "python3"), ()),
}


def detect(folder: Folder, spec: Spec) -> BuildPlan | None:
    """A plan when there is a package.json that runs or builds something."""
    if not folder.has(MANIFEST):
        return None
    scripts = {name: string(text) for name, text in table(folder.json(MANIFEST).get("scripts")).items()}
    built = site(folder, scripts)
    command = None if built else start(folder, scripts)
    if not built and not command and not folder.has("Procfile") and folder.first(*INDEXES):
        return None
    return _plan(folder, spec, scripts, built, command)


def _plan(
    folder: Folder, spec: Spec, scripts: Mapping[str, str], built: Site | None, command: Start | None
) -> BuildPlan:
    version, warnings = chosen("node", "Node", _wishes(folder), node_version)
    manager = nodemanager.manager(folder, scripts)
    packages = needed(SYSTEM, _dependencies(folder))
    builds = [_build(folder)] if scripts.get("build") else []
    return BuildPlan(
        stack="node",
        template="dockerfiles/site" if built else "dockerfiles/node",
        decisions=(
            *(version, manager.decision, *builds, *packages),
            *([built.decision] if built else []),
            *([command.decision] if command else []),
        ),
        values={
            "lock": manager.lock,
            "in_step": manager.in_step,
            "manager_version": manager.version,
            "berry": manager.berry,
            # yarn 2 and 3 leave out development dependencies by a plugin only, so there they stay.
            "focus": manager.berry and manager.version[:1] not in ("2", "3"),
            "copied": manager.copied,
            "everything": manager.everything,
            "hooks": manager.hooks,
            "generates": _generates(folder),
            "build": builds[0].evidence[0].shown() if builds else "",
            "build_packages": sorted({*spec.build.build_packages, *named(packages, "build")}),
            "run_packages": sorted({*spec.build.packages, *named(packages, "run")}),
            "port": STATIC_PORT if built else PORT,
            "site": built.output if built else "",
            "router": built.router.shown() if built and built.router else "",
            "hashed": built.hashed if built else "",
        },
        processes=_processes(built, command),
        warnings=(*warnings, *manager.warnings, *_told(folder, built, command)),
    )


def _processes(built: Site | None, command: Start | None) -> dict[str, Guess]:
    if built:
        served = Decision("process.web", "", (Evidence("Caddy serves the built files"),))
        return {"web": Guess(served, STATIC_PORT)}
    return {"web": Guess(command.command, PORT)} if command else {}


def _told(folder: Folder, built: Site | None, command: Start | None) -> tuple[str, ...]:
    if command:
        return command.warnings
    if built or folder.has("Procfile"):
        return ()
    return ("there is no start script, no main and no server.js: say what to run in [processes.web]",)


def _wishes(folder: Folder) -> list[Wish]:
    manifest = folder.json(MANIFEST)
    engines = string(table(manifest.get("engines")).get("node"))
    volta = string(table(manifest.get("volta")).get("node"))
    found = []
    if engines and engines.strip() not in ("*", "x"):
        found.append(Wish(engines, folder.json_evidence("engines.node", MANIFEST, "engines", "node")))
    found += [*of_file(folder, ".nvmrc"), *of_file(folder, ".node-version")]
    if volta:
        found.append(Wish(volta, folder.json_evidence("volta.node", MANIFEST, "volta", "node")))
    return [*found, *of_tools(folder, "nodejs", "node"), *of_mise(folder, "node", "nodejs")]


def _build(folder: Folder) -> Decision:
    evidence = folder.json_evidence("build script", MANIFEST, "scripts", "build")
    return Decision("node.build", "build", (evidence,))


def _generates(folder: Folder) -> str:
    """Why the build writes into node_modules, so that what it leaves there must be kept."""
    found = _dependencies(folder)
    prisma = found.get("@prisma/client") or found.get("prisma")
    return f"Prisma writes its client there ({prisma.shown()})" if prisma else ""


def _dependencies(folder: Folder) -> dict[str, Evidence]:
    """Every direct dependency, with its line."""
    manifest = folder.json(MANIFEST)
    found: dict[str, Evidence] = {}
    for group in ("dependencies", "devDependencies", "optionalDependencies"):
        for name in table(manifest.get(group)):
            if name in SYSTEM:
                found.setdefault(name, folder.json_evidence(name, MANIFEST, group, name))
    return found
