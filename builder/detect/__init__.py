"""A folder becomes a build plan: what it is, and the line of the repo that says so.

Detectors run in a fixed order; the same folder gives the same plan, without clock and network.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from builder.detect import dockerfile, node, python, static
from builder.detect.folder import Folder
from builder.detect.procfile import procfile
from slipway.buildplan import BuildPlan, Guess
from slipway.errors import DetectError, NotRecognised
from slipway.evidence import Decision, Evidence
from slipway.spec import FILE, Spec, parse_spec
from slipway.units import one_line

Detector = Callable[[Folder, Spec], BuildPlan | None]

DETECTORS: dict[str, Detector] = {
    "dockerfile": dockerfile.detect,
    "python": python.detect,
    "node": node.detect,
    "static": static.detect,
}
LOOKED_FOR = (
    "Dockerfile, or what [build] dockerfile names",
    "Python: pyproject.toml, requirements.txt, manage.py, setup.py, main.py, app.py, server.py",
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
    here = Folder(_root(folder, spec))
    for detector in _detectors(spec):
        if plan := detector(here, spec):
            return _of_root(_checked(_with_procfile(here, plan, spec)), spec.build.root)
    raise NotRecognised(
        "nothing in this repo says how to build it",
        lines=[f"looked for {names}" for names in LOOKED_FOR],
        next="commit a Dockerfile, or set [build] root in slipway.toml when the app is in a sub-folder",
    )


def _detectors(spec: Spec) -> list[Detector]:
    wanted = spec.build.stack
    if not wanted:
        return list(DETECTORS.values())
    if wanted not in DETECTORS:
        known = ", ".join(DETECTORS)
        where = f"{FILE}: build.stack"
        raise DetectError(f"no stack is called {wanted!r}", where=where, next=f"name one of {known}")
    return [DETECTORS[wanted]]


def _root(folder: Path, spec: Spec) -> Path:
    if Folder(folder).has_folder(spec.build.root):
        return folder / spec.build.root
    where = f"{FILE}: build.root"
    raise DetectError(f"{spec.build.root!r} is no folder of this repo", where=where, next=f"mend {FILE}")


def _with_procfile(folder: Folder, plan: BuildPlan, spec: Spec) -> BuildPlan:
    """The plan with the Procfile's entries over its own; a guess by a file's name alone gives way to any."""
    named = {entry.name.removeprefix("process."): entry for entry in procfile(folder)}
    release = named.pop("release", None)
    guessed = {} if named and plan.values.get("framework") == "script" else dict(plan.processes)
    for name, entry in named.items():
        port = plan.processes["web"].port if "web" in plan.processes else plan.values.get("port")
        guessed[name] = Guess(entry, port if name == "web" and isinstance(port, int) else None)
    decisions = plan.decisions
    if named:
        evidence = (Evidence("", "Procfile"),)
        entries = Decision("procfile", ", ".join(named), evidence, ", ".join(named))
        replaced = "node.start" if "web" in named else ""
        decisions = (*(item for item in decisions if item.name != replaced), entries)
    return replace(
        plan,
        processes=guessed,
        decisions=(*decisions, release) if release else decisions,
        release_hint="" if release or spec.release.command else plan.release_hint,
    )


def _checked(plan: BuildPlan) -> BuildPlan:
    """The plan itself; a text of the repo that would break out of its line is refused where it stands."""
    commands = (guess.command for guess in plan.processes.values())
    for decision in (*plan.decisions, *commands):
        try:
            for text in (decision.value, decision.title, *(item.shown() for item in decision.evidence)):
                one_line(text)
        except ValueError as error:
            place = decision.evidence[0]
            where = f"{place.file}:{place.line}" if place.line else place.file
            what = f"{decision.name} {error}"
            raise DetectError(what, where=where, next=f"mend {place.file}") from None
    return plan


def _of_root(plan: BuildPlan, root: str) -> BuildPlan:
    """The plan with the files of its evidence named from the top of the repo."""
    folder = PurePosixPath(root)
    if folder == PurePosixPath("."):
        return plan
    guesses = {
        name: replace(guess, command=_moved(guess.command, folder)) for name, guess in plan.processes.items()
    }
    decisions = tuple(_moved(decision, folder) for decision in plan.decisions)
    return replace(plan, decisions=decisions, processes=guesses, root=root)


def _moved(decision: Decision, folder: PurePosixPath) -> Decision:
    found = (replace(item, file=str(folder / item.file)) if item.file else item for item in decision.evidence)
    return replace(decision, evidence=tuple(found))
