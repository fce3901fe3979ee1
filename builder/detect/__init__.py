"""A folder becomes a build plan: what it is, and the line of the repo that says so.

Detectors run in a fixed order; the same folder gives the same plan, without clock and network.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from builder.detect import dockerfile, node, python, static
from builder.detect.folder import Folder
from builder.detect.procfile import procfile
from slipway.buildplan import BuildPlan, Guess
from slipway.errors import DetectError, NotRecognised
from slipway.evidence import Decision, Evidence
from slipway.spec import FILE, Spec, parse_spec

Detector = Callable[[Folder, Spec], BuildPlan | None]

DETECTORS: dict[str, Detector] = {
    "dockerfile": dockerfile.detect,
    "python": python.detect,
    "node": node.detect,
    "static": static.detect,
}
LOOKED_FOR = (
    "Dockerfile",
    "Python: pyproject.toml, requirements.txt, manage.py, main.py, app.py, server.py",
    "Node: package.json",
    "static: index.html, public/index.html",
)


def load_spec(folder: Path) -> Spec:
    """The folder's slipway.toml, or an empty spec. Raises `SpecError`."""
    return parse_spec(Folder(folder).text(FILE))


def detect(folder: Path, spec: Spec) -> BuildPlan:
    """What the folder is and how it is built.

    Raises `NotRecognised` with what was looked for, `DetectError` with the file and line that is broken.
    """
    root = _root(folder, spec)
    here = Folder(root)
    chosen = DETECTORS
    if spec.build.stack:
        if spec.build.stack not in DETECTORS:
            known = ", ".join(DETECTORS)
            raise DetectError(
                f"knows no stack {spec.build.stack!r}; there are {known}", where=f"{FILE}: build.stack"
            )
        chosen = {spec.build.stack: DETECTORS[spec.build.stack]}
    for detector in chosen.values():
        if plan := detector(here, spec):
            return replace(_with_procfile(here, plan), root=spec.build.root)
    raise NotRecognised(
        "nothing in this repo says how to build it",
        lines=[f"looked for {names}" for names in LOOKED_FOR],
        next="commit a Dockerfile, or set [build] root in slipway.toml when the app is in a sub-folder",
    )


def _root(folder: Path, spec: Spec) -> Path:
    root = (folder / spec.build.root).resolve()
    if not root.is_relative_to(folder.resolve()) or not root.is_dir():
        raise DetectError(
            f"{spec.build.root!r} is no folder of this repo", where=f"{FILE}: build.root", next=f"mend {FILE}"
        )
    return root


def _with_procfile(folder: Folder, plan: BuildPlan) -> BuildPlan:
    named, release = procfile(folder)
    if not named and not release:
        return plan
    found = {name: _same_port(guess, plan) for name, guess in named.items()}
    processes = {**found} if found else dict(plan.processes)
    decision = Decision("procfile", "Procfile", (Evidence("", "Procfile"),), "processes")
    values = {**plan.values, "release": release}
    if "web" in found:
        values["command"] = found["web"].command
    return replace(plan, processes=processes, decisions=(*plan.decisions, decision), values=values)


def _same_port(guess: Guess, plan: BuildPlan) -> Guess:
    web = plan.processes.get("web")
    return replace(guess, port=web.port) if guess.port and web and web.port else guess
