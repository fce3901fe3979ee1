"""Which package manager installs a Python repo's dependencies, and what it needs of the repo for that."""

import posixpath
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from builder.detect import pydeps, requirements
from builder.detect.folder import LOCK_BYTES, Folder, table
from slipway.evidence import Decision, Evidence

PROJECT = "pyproject.toml"
UNREAD = {
    "Pipfile": "`pipenv requirements > requirements.txt`",
    "pdm.lock": "`pdm export --output requirements.txt`",
    "pylock.toml": "`uv lock`",
    "environment.yml": "`pip freeze > requirements.txt`",
}
POETRY_WROTE = re.compile(r"by Poetry (\d+\.\d+\.\d+)")
LOCKED = re.compile(r'^name = "([^"\n]+)"', re.MULTILINE)
ROOT_SOURCE = re.compile(r'^source = \{ (?:virtual|editable) = "\." \}', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Manager:
    """How dependencies are installed.

    `copied` maps a folder of the image to the files that the install needs there; `everything` says why it
    needs the whole repo instead, `package` why the repo itself is installed too, `in_step` whether the lock
    fits.
    """

    decision: Decision
    lock: str = ""
    in_step: bool = True
    copied: Mapping[str, tuple[str, ...]] | None = None
    everything: str = ""
    package: str = ""
    hashes: str = ""
    version: str = ""
    requirements: str = ""
    warnings: tuple[str, ...] = ()


def manager(folder: Folder) -> Manager:
    """The manager that the repo was made with, in this order: uv, Poetry, pip, the project alone."""
    project = folder.toml(PROJECT)
    tool = table(project.get("tool"))
    if folder.has("uv.lock") and "project" in project:
        return _uv(folder, "uv.lock")
    if folder.has("poetry.lock") and ("poetry" in tool or "project" in project):
        return _poetry(folder, "poetry.lock")
    if requirements.main_file(folder):
        return _pip(folder)
    if "poetry" in tool:
        return _poetry(folder, "")
    if "project" in project:
        return _uv(folder, "")
    if folder.has("setup.py"):
        decision = _decision("pip", "setup.py")
        return Manager(decision, everything="setup.py", package="setup.py", requirements=".")
    return _none(folder)


def _uv(folder: Folder, lock: str) -> Manager:
    behind = _behind(folder, _uv_names(folder.text(lock, LOCK_BYTES))) if lock else None
    tool = table(table(folder.toml(PROJECT).get("tool")).get("uv"))
    sources = (table(source) for source in table(tool.get("sources")).values())
    inside = "workspace" in tool or any("path" in source or "workspace" in source for source in sources)
    return Manager(
        _decision("uv", lock or PROJECT),
        lock=lock,
        in_step=behind is None,
        copied={"./": tuple(filter(None, (PROJECT, lock)))},
        everything="tool.uv, pyproject.toml" if inside else "",
        package=_package(folder) if tool.get("package") is not False else "",
        warnings=(*_stale(lock, behind, "uv lock"), *_unread(folder)),
    )


def _poetry(folder: Folder, lock: str) -> Manager:
    poetry = table(table(folder.toml(PROJECT).get("tool")).get("poetry"))
    entries = table(poetry.get("dependencies")).values()
    inside = any("path" in table(entry) for entry in entries)
    text = folder.text(lock, LOCK_BYTES) if lock else ""
    wrote = POETRY_WROTE.search(text[:500])
    behind = _behind(folder, {requirements.normal(name) for name in LOCKED.findall(text)}) if lock else None
    return Manager(
        _decision("poetry", lock or PROJECT),
        lock=lock,
        in_step=behind is None,
        copied={"./": tuple(filter(None, (PROJECT, lock)))},
        everything="a path in tool.poetry.dependencies, pyproject.toml" if inside else "",
        package=_package(folder) if poetry.get("package-mode") is not False else "",
        version=wrote[1] if wrote else "",
        warnings=tuple(_stale(lock, behind, "poetry lock")),
    )


def _pip(folder: Folder) -> Manager:
    copied: dict[str, tuple[str, ...]] = {}
    for file in requirements.files(folder):
        target = f"{posixpath.dirname(file)}/" if "/" in file else "./"
        copied[target] = (*copied.get(target, ()), file)
    source, hashes = requirements.needs_source(folder), requirements.hashed(folder)
    main = requirements.main_file(folder)
    return Manager(
        _decision("pip", main),
        copied=copied,
        everything=source.shown() if source else "",
        hashes=hashes.shown() if hashes else "",
        requirements=main,
    )


def _none(folder: Folder) -> Manager:
    evidence = Evidence("no requirements.txt, no project in pyproject.toml")
    decision = Decision("python.manager", "none", (evidence,), "no dependencies")
    return Manager(decision, warnings=_unread(folder))


def _unread(folder: Folder) -> tuple[str, ...]:
    return tuple(
        f"{name} is not read: {command} writes what is"
        for name, command in UNREAD.items()
        if folder.has(name)
    )


def _decision(name: str, file: str) -> Decision:
    return Decision("python.manager", name, (Evidence("", file),), name)


def _package(folder: Folder) -> str:
    """Why the project itself is installed, "" when it is not: it has a build system."""
    if "build-system" not in folder.toml(PROJECT):
        return ""
    return folder.toml_evidence("build-system", PROJECT, "build-system").shown()


def _behind(folder: Folder, locked: Collection[str] | None) -> Evidence | None:
    """The first dependency of pyproject.toml that a lock does not know; what is unclear counts as in step."""
    if locked is None:
        return None
    wanted = pydeps.of_pyproject(folder)
    return next(
        (found.evidence for found in wanted if found.name not in locked and found.name != "python"), None
    )


def _stale(lock: str, behind: Evidence | None, command: str) -> list[str]:
    if not lock:
        return [f"there is no lock file: versions are resolved anew by each build; `{command}` makes one"]
    if behind:
        return [f"{lock} is out of step with {behind.shown()}: each build resolves it anew; run `{command}`"]
    return []


def _uv_names(text: str) -> set[str] | None:
    """The dependencies that a uv.lock was made for; only the project's block is parsed: locks are long."""
    match = ROOT_SOURCE.search(text)
    if match is None:
        return None
    start = text.rfind("[[package]]", 0, match.start())
    end = text.find("\n[[package]]", match.end())
    try:
        block = tomllib.loads(text[start : end if end > 0 else len(text)])
    except (ValueError, RecursionError):
        return None
    packages = block.get("package")
    first = table(packages[0]) if isinstance(packages, list) and packages else {}
    listed = table(first.get("metadata")).get("requires-dist") or first.get("dependencies") or []
    entries = listed if isinstance(listed, list) else []
    return {requirements.normal(str(table(entry).get("name", ""))) for entry in entries}
