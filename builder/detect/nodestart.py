"""What a Node server runs, as a command that gets its signals: the start script's own program, not npm."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from builder.detect.folder import Folder, string, table
from slipway.evidence import Decision, Evidence

MANIFEST = "package.json"
FILES = ("server.js", "index.js", "app.js", "main.js", "server.mjs", "index.mjs")
RUNS = re.compile(r"(?:npm|pnpm|yarn)\s+(?:run\s+)?([\w:.-]+)")
BUILDS = re.compile(r"(?:npm|pnpm|yarn)\s+(?:run\s+)?build")
DEV_ONLY = {"ts-node": "ts-node", "tsx": "tsx", "nodemon": "nodemon", "ts-node-dev": "ts-node-dev"}
DEPTH = 3


@dataclass(frozen=True, slots=True)
class Start:
    """The command of `web`; `decision` is what the headline shows of it."""

    command: Decision
    decision: Decision
    warnings: tuple[str, ...] = ()


def start(folder: Folder, scripts: Mapping[str, str]) -> Start | None:
    """The start script's program, else the `main` file or a file with a server's name; None for neither."""
    if scripts.get("start", "").strip():
        evidence = folder.json_evidence("start script", MANIFEST, "scripts", "start")
        text = _program(scripts, "start", DEPTH)
        return _start(text, evidence, _warnings(folder, text))
    main = string(folder.json(MANIFEST).get("main"))
    for name in (main, f"{main}.js" if main else "", *FILES):
        if name and folder.has(name) and not name.startswith("-"):
            named = name.removesuffix(".js") == main.removesuffix(".js") and main
            evidence = (
                folder.json_evidence("main", MANIFEST, "main") if named else Evidence("server file", name)
            )
            return _start(f"node {shlex.quote(name)}", evidence, ())
    return None


def _start(text: str, evidence: Evidence, warnings: tuple[str, ...]) -> Start:
    command = Decision("process.web", text, (evidence,))
    return Start(command, Decision("node.start", text, (evidence,), f"`{text}`"), warnings)


def _program(scripts: Mapping[str, str], name: str, depth: int) -> str:
    """What a script runs in the end. What the build has done already is not done again at each start."""
    if f"pre{name}" in scripts or f"post{name}" in scripts or depth == 0:
        return f"npm run {name}" if name != "start" else "npm start"
    parts = [part.strip() for part in scripts[name].split("&&")]
    while len(parts) > 1 and (BUILDS.fullmatch(parts[0]) or parts[0] == scripts.get("build")):
        parts.pop(0)
    text = " && ".join(parts)
    other = RUNS.fullmatch(text)
    if other and other[1] in scripts and other[1] != name:
        return _program(scripts, other[1], depth - 1)
    # npm gives its scripts variables and node_modules/.bin on PATH; the image has only the latter.
    return f"npm run {name}" if "npm_" in text else text


def _warnings(folder: Folder, text: str) -> tuple[str, ...]:
    manifest = folder.json(MANIFEST)
    first = re.sub(r"^(?:\w+=\S*\s+)*", "", text).split(maxsplit=1)[:1]
    tool = DEV_ONLY.get(first[0], "") if first else ""
    if tool and tool not in table(manifest.get("dependencies")):
        where = folder.json_evidence("start script", MANIFEST, "scripts", "start").shown()
        return (f"{tool} ({where}) is no dependency of production: move it to dependencies",)
    return ()
