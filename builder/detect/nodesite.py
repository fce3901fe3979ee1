"""A Node repo that only builds files for the browser: which folder they end up in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from builder.detect.folder import Folder, string, table
from slipway.evidence import Decision, Evidence

MANIFEST = "package.json"
# package → the folder it builds into, the path below it whose files carry a hash in their names
SITES = {
    "astro": ("dist", "/_astro/*"),
    "react-scripts": ("build", "/static/*"),
    "@vue/cli-service": ("dist", ""),
    "@docusaurus/core": ("build", "/assets/*"),
    "@11ty/eleventy": ("_site", ""),
    "gatsby": ("public", "/static/*"),
    "parcel": ("dist", ""),
    "vite": ("dist", "/assets/*"),
}
# What shows that a repo serves requests itself, though it builds with one of these.
SERVES = (
    "@astrojs/node",
    "@sveltejs/kit",
    "@react-router/node",
    "@remix-run/node",
    "vike-server",
    "nuxt",
    "next",
)
SITE_SERVERS = {
    "vite",
    "react-scripts",
    "astro",
    "vue-cli-service",
    "parcel",
    "serve",
    "http-server",
    "gatsby",
}
SITE_SERVERS |= {"docusaurus", "eleventy"}
ROUTERS = (
    *("react-router-dom", "react-router", "vue-router", "@tanstack/react-router", "wouter"),
    *("preact-iso", "preact-router", "@solidjs/router", "svelte-routing", "@angular/router"),
)
OUTPUT = re.compile(r"""\boutDir\s*:\s*["']\.?/?([A-Za-z0-9_][\w./-]*)["']""")
ASTRO_SERVER = re.compile(r"""\boutput\s*:\s*["'](?:server|hybrid)["']""")


@dataclass(frozen=True, slots=True)
class Site:
    """`output` is the built folder, `router` the package that wants every path to end at index.html."""

    decision: Decision
    output: str
    hashed: str
    router: Evidence | None


def site(folder: Folder, scripts: Mapping[str, str]) -> Site | None:
    """The site that a framework builds, unless the repo starts a server of its own."""
    manifest = folder.json(MANIFEST)
    packages = {**table(manifest.get("dependencies")), **table(manifest.get("devDependencies"))}
    if not scripts.get("build") or _serves(folder, scripts, packages):
        return None
    name = next((name for name in SITES if name in packages), "")
    if not name:
        return None
    output, where = _output(folder, name)
    router = next((router for router in ROUTERS if router in packages), "")
    evidence = (_package(folder, name), *([where] if where else []))
    return Site(
        Decision("node.site", output, evidence, f"static site in {output}/"),
        output,
        SITES[name][1],
        _package(folder, router) if router and name != "astro" else None,
    )


def _serves(folder: Folder, scripts: Mapping[str, str], packages: Mapping[str, object]) -> bool:
    words = [
        word
        for word in scripts.get("start", "").split()
        if "=" not in word and word not in ("npx", "cross-env")
    ]
    tools = {"npm", "pnpm", "yarn"}
    starts = bool(words) and words[0] not in SITE_SERVERS and not (words[0] in tools and "dev" in words)
    if starts or any(name in packages for name in SERVES):
        return True
    return any(ASTRO_SERVER.search(folder.text(name)) for name in _configs(folder))


def _output(folder: Folder, name: str) -> tuple[str, Evidence | None]:
    """The folder as its own config sets it, with the line; else the framework's usual one."""
    if name in ("vite", "astro"):
        for config in _configs(folder):
            if match := OUTPUT.search(folder.text(config)):
                line = folder.text(config).count("\n", 0, match.start()) + 1
                output = match[1].rstrip("/")
                if ".." not in output.split("/"):
                    return output, Evidence("outDir", config, line)
    return SITES[name][0], None


def _configs(folder: Folder) -> list[str]:
    names = (f"{tool}.config.{end}" for tool in ("vite", "astro") for end in ("ts", "js", "mjs", "mts"))
    return [name for name in names if folder.has(name)]


def _package(folder: Folder, name: str) -> Evidence:
    manifest = folder.json(MANIFEST)
    groups = ("dependencies", "devDependencies")
    group = next((group for group in groups if name in table(manifest.get(group))), groups[0])
    return folder.json_evidence(string(name), MANIFEST, group, name)
