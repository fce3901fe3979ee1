"""Node: version, package manager, and whether it is a server or a site that is built once."""

import re
import shlex
from collections.abc import Mapping

from builder.detect.folder import Folder, string, table
from builder.detect.static import PORT as STATIC_PORT
from builder.detect.versions import DEFAULT_NODE, NODE_ENDED, NODE_LTS, node_version
from slipway.buildplan import BuildPlan, Guess
from slipway.errors import DetectError
from slipway.evidence import Decision, Evidence
from slipway.spec import Spec

PORT = 8000
MANIFEST = "package.json"
LOCKS = {
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
}
SITES = {
    "vite": "dist",
    "react-scripts": "build",
    "astro": "dist",
    "@vue/cli-service": "dist",
    "parcel": "dist",
}
SITE_SERVERS = ("vite", "react-scripts", "astro", "vue-cli-service", "parcel", "serve")
PINNED = re.compile(r"(npm|pnpm|yarn)@(\d+(?:\.\d+){0,2})")


def detect(folder: Folder, spec: Spec) -> BuildPlan | None:
    """A plan when there is a package.json."""
    if not folder.has(MANIFEST):
        return None
    manifest = folder.json(MANIFEST)
    scripts = {name: string(text) for name, text in table(manifest.get("scripts")).items()}
    version, warnings = _version(folder, manifest)
    manager, lock, more = _manager(folder, manifest)
    values: dict[str, object] = {
        "lock": lock,
        "berry": folder.has(".yarnrc.yml"),
        "manager_version": _pinned(manifest),
        "everything": _needs_everything(folder, scripts),
        "build": bool(scripts.get("build")),
        "build_packages": sorted(spec.build.build_packages),
        "run_packages": sorted(spec.build.packages),
    }
    common = (version, manager)
    warnings += more
    if site := _site(folder, manifest, scripts):
        return _site_plan(folder, common, site, values, warnings)
    return _server_plan(folder, manifest, scripts, common, values, warnings)


def _server_plan(
    folder: Folder,
    manifest: Mapping[str, object],
    scripts: Mapping[str, str],
    common: tuple[Decision, ...],
    values: Mapping[str, object],
    warnings: list[str],
) -> BuildPlan:
    command = _command(folder, manifest, scripts)
    if not command:
        warnings.append(
            "there is no start script, no main and no index.js: say what to run in [processes.web]"
        )
    build = _line(folder, '"build"', "build script", "node.build") if scripts.get("build") else None
    decisions = (*common, *([build] if build else []), *([command] if command else []))
    return BuildPlan(
        stack="node",
        template="dockerfiles/node",
        decisions=decisions,
        values={**values, "command": command, "port": PORT, "site": ""},
        processes={"web": Guess(command, PORT)} if command else {},
        warnings=tuple(warnings),
    )


def _site_plan(
    folder: Folder,
    common: tuple[Decision, ...],
    site: Decision,
    values: Mapping[str, object],
    warnings: list[str],
) -> BuildPlan:
    build = _line(folder, '"build"', "build script", "node.build")
    web = Decision("process.web", "", (Evidence("the built files are served by Caddy"),))
    return BuildPlan(
        stack="node",
        template="dockerfiles/site",
        decisions=(*common, build, site),
        values={**values, "command": None, "port": STATIC_PORT, "site": site.value},
        processes={"web": Guess(web, STATIC_PORT)},
        warnings=tuple(warnings),
    )


def _version(folder: Folder, manifest: Mapping[str, object]) -> tuple[Decision, list[str]]:
    for wanted, evidence in _wishes(folder, manifest):
        version = node_version(wanted)
        if version is None:
            raise DetectError(
                f"no maintained Node fits {wanted!r}",
                where=":".join(filter(None, [evidence.file, str(evidence.line or "")])),
                next=f"ask for one of {', '.join(map(str, NODE_LTS))}",
            )
        ended = int(version.split(".")[0]) in NODE_ENDED
        warnings = [f"Node {version} is past its end of life ({evidence.shown()})"] if ended else []
        return Decision("node.version", version, (evidence,), f"Node {version}"), warnings
    evidence = Evidence("nothing asks for a version, so slipway's default")
    return Decision("node.version", DEFAULT_NODE, (evidence,), f"Node {DEFAULT_NODE}"), []


def _wishes(folder: Folder, manifest: Mapping[str, object]) -> list[tuple[str, Evidence]]:
    engines = string(table(manifest.get("engines")).get("node"))
    volta = string(table(manifest.get("volta")).get("node"))
    wishes = [(engines, "engines.node", MANIFEST, '"node"')]
    for name in (".nvmrc", ".node-version"):
        wishes.append((folder.text(name).strip(), name.lstrip("."), name, folder.text(name).strip()))
    wishes.append((volta, "volta.node", MANIFEST, '"volta"'))
    tools = [line for line in folder.text(".tool-versions").splitlines() if line.startswith("nodejs ")]
    wishes += [(line.split()[1], "nodejs", ".tool-versions", line) for line in tools]
    return [
        (wanted, Evidence(what, name, folder.line_of(name, needle)))
        for wanted, what, name, needle in wishes
        if wanted
    ]


def _manager(folder: Folder, manifest: Mapping[str, object]) -> tuple[Decision, str, list[str]]:
    pinned = PINNED.match(string(manifest.get("packageManager")))
    locks = [(lock, manager) for lock, manager in LOCKS.items() if folder.has(lock)]
    if pinned:
        line = folder.line_of(MANIFEST, '"packageManager"')
        lock = next((lock for lock, manager in locks if manager == pinned[1]), "")
        decision = Decision(
            "node.manager", pinned[1], (Evidence("packageManager", MANIFEST, line),), pinned[1]
        )
        return (
            decision,
            lock,
            [] if lock else [f"{pinned[1]}'s lock file is missing: versions are resolved anew"],
        )
    if locks:
        lock, manager = locks[0]
        warnings = [f"there are several lock files; {lock} is used"] if len(locks) > 1 else []
        return Decision("node.manager", manager, (Evidence("", lock),), manager), lock, warnings
    evidence = Evidence("no lock file, so npm")
    unlocked = "there is no lock file: versions are resolved anew by each build; commit one"
    return Decision("node.manager", "npm", (evidence,), "npm"), "", [unlocked]


def _pinned(manifest: Mapping[str, object]) -> str:
    match = PINNED.match(string(manifest.get("packageManager")))
    return match[2] if match else ""


def _needs_everything(folder: Folder, scripts: Mapping[str, str]) -> bool:
    """Whether installing needs more of the repo than manifests: install scripts, patches, workspaces, Prisma."""
    hooks = any(scripts.get(name) for name in ("preinstall", "install", "postinstall", "prepare"))
    return (
        hooks
        or "workspaces" in folder.json(MANIFEST)
        or any(folder.has_folder(name) for name in ("patches", "prisma", ".yarn"))
    )


def _site(folder: Folder, manifest: Mapping[str, object], scripts: Mapping[str, str]) -> Decision | None:
    """The folder that a framework which only builds files writes to, unless the repo starts a server."""
    packages = {**table(manifest.get("dependencies")), **table(manifest.get("devDependencies"))}
    start = scripts.get("start", "")
    if not scripts.get("build") or (start and not start.startswith(SITE_SERVERS)):
        return None
    if any(name in packages for name in ("@astrojs/node", "vike-server", "@sveltejs/kit", "nuxt", "next")):
        return None
    for name, output in SITES.items():
        if name in packages:
            evidence = Evidence(f"{name} builds files", MANIFEST, folder.line_of(MANIFEST, f'"{name}"'))
            return Decision("node.site", output, (evidence,), f"static site in {output}/")
    return None


def _command(folder: Folder, manifest: Mapping[str, object], scripts: Mapping[str, str]) -> Decision | None:
    if start := scripts.get("start"):
        line = folder.line_of(MANIFEST, '"start"')
        # npm as the first process swallows signals, so a plain `node …` is run directly.
        direct = start if start.split()[:1] == ["node"] else f"npm run --silent start"
        return Decision("process.web", direct, (Evidence("start script", MANIFEST, line),), f"`{direct}`")
    main = string(manifest.get("main"))
    for name in (main, "server.js", "index.js", "app.js", "main.js"):
        if name and folder.has(name):
            evidence = Evidence("main" if name == main else "", MANIFEST if name == main else name)
            return Decision("process.web", f"node {shlex.quote(name)}", (evidence,), f"`node {name}`")
    return None


def _line(folder: Folder, needle: str, what: str, name: str) -> Decision:
    evidence = Evidence(what, MANIFEST, folder.line_of(MANIFEST, needle))
    return Decision(name, "build", (evidence,), "")
