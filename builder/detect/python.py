"""Python: which version, which package manager, which framework, and the command that serves it."""

import re

from builder.detect import pyapps, pydeps
from builder.detect.folder import Folder, string, table
from builder.detect.pyapp import PythonApp
from builder.detect.pymanager import Manager, manager
from builder.detect.syspackages import named
from builder.detect.versions import python_admits, python_version
from builder.detect.wishes import Wish, chosen, of_file, of_mise, of_tools
from slipway.buildplan import BuildPlan, Guess
from slipway.evidence import Decision, Evidence
from slipway.spec import Spec

PORT = 8000
PROJECT = "pyproject.toml"
MANIFESTS = ("requirements.txt", "manage.py", "setup.py", "Pipfile", "environment.yml")
LOCK_REQUIRES = re.compile(r'^requires-python = "([^"\n]{1,100})"|^python-versions = "([^"\n]{1,100})"', re.M)
PROCFILE = re.compile(r"^\w+:\s*(?:python3?|gunicorn|uvicorn|flask|celery)\s", re.MULTILINE)
FROM_GIT_TAGS = re.compile(
    r"setuptools[-_]scm|hatch-vcs|versioningit|pdm-backend.*scm|poetry-dynamic-versioning"
)


def detect(folder: Folder, spec: Spec) -> BuildPlan | None:
    """A plan when one of Python's manifests or an entry file is there."""
    if not _is_python(folder):
        return None
    version, warnings = _version(folder)
    chosen_manager = manager(folder)
    dependencies = pydeps.dependencies(folder)
    app = pyapps.find(folder, dependencies)
    packages = pydeps.system_packages(folder, dependencies)
    decisions = [version, chosen_manager.decision, *([app.decision] if app else []), *packages]
    values = {
        **_app_values(app),
        **_manager_values(folder, chosen_manager),
        "build_packages": sorted({*spec.build.build_packages, *named(packages, "build")}),
        "run_packages": sorted({*spec.build.packages, *named(packages, "run")}),
        "port": PORT,
    }
    return BuildPlan(
        stack="python",
        template="dockerfiles/python",
        decisions=tuple(decisions),
        values=values,
        processes={app.process: Guess(app.command, PORT if app.process == "web" else None)} if app else {},
        release_hint=app.release_hint if app else "",
        warnings=(*warnings, *chosen_manager.warnings, *(app.warnings if app else ()), *_ignored(folder)),
    )


def _is_python(folder: Folder) -> bool:
    """A manifest says so; an entry file alone does too, unless the repo is Node's."""
    project = folder.toml(PROJECT)
    if folder.first(*MANIFESTS) or "project" in project or "poetry" in table(project.get("tool")):
        return True
    if folder.has("package.json"):
        return False
    return bool(folder.first(*pyapps.SCRIPTS) or PROCFILE.search(folder.text("Procfile")))


def _app_values(app: PythonApp | None) -> dict[str, object]:
    return {
        "framework": app.name if app else "",
        "server": app.server if app else "",
        "collectstatic": app.collectstatic.shown() if app and app.collectstatic else "",
        "python_path": app.path if app else "",
    }


def _manager_values(folder: Folder, found: Manager) -> dict[str, object]:
    backend = str(table(folder.toml(PROJECT).get("build-system")).get("requires", ""))
    return {
        "lock": found.lock,
        "in_step": found.in_step,
        "copied": found.copied,
        "everything": found.everything,
        "hashes": found.hashes,
        "poetry_version": found.version,
        "package": found.package,
        "requirements": found.requirements,
        "version_from_git": bool(FROM_GIT_TAGS.search(backend)),
    }


def _version(folder: Folder) -> tuple[Decision, list[str]]:
    wishes = _wishes(folder)
    decision, warnings = chosen("python", "Python", wishes, python_version)
    for wish in wishes[1:]:
        if not python_admits(wish.wanted, decision.value):
            warnings.append(
                f"Python {decision.value} ({wishes[0].evidence.shown()}) is not what "
                f"{wish.evidence.shown()} asks for ({wish.wanted})"
            )
    return decision, warnings


def _wishes(folder: Folder) -> list[Wish]:
    """What the repo's files ask for, the strongest first."""
    project = folder.toml(PROJECT)
    requires = string(table(project.get("project")).get("requires-python"))
    poetry = table(table(table(project.get("tool")).get("poetry")).get("dependencies"))
    asked = string(poetry.get("python"))
    wishes = [
        *of_file(folder, ".python-version"),
        *of_tools(folder, "python"),
        *of_mise(folder, "python"),
        *of_file(folder, "runtime.txt"),
    ]
    if requires:
        where = folder.toml_evidence("requires-python", PROJECT, "project", "requires-python")
        wishes.append(Wish(requires, where))
    if asked and asked != "*":
        where = folder.toml_evidence("python", PROJECT, "tool", "poetry", "dependencies", "python")
        wishes.append(Wish(asked, where))
    return wishes or _of_lock(folder)


def _of_lock(folder: Folder) -> list[Wish]:
    for name in ("uv.lock", "poetry.lock"):
        if match := LOCK_REQUIRES.search(folder.text(name, 32 << 20)):
            line = folder.text(name).count("\n", 0, match.start()) + 1
            return [Wish(match[1] or match[2], Evidence("the lock's Python", name, line))]
    return []


def _ignored(folder: Folder) -> list[str]:
    """What a reader would expect to count and does not."""
    scripts = table(folder.json("package.json").get("scripts")) if folder.has("package.json") else {}
    if not scripts.get("build"):
        return []
    line = folder.json_evidence("build script", "package.json", "scripts", "build").shown()
    return [f"{line} is not run: commit what it makes, or bring a Dockerfile"]
