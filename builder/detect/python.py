"""Python: which version, which package manager, which framework, and the command that serves it."""

from builder.detect import pyapps, pydeps
from builder.detect.folder import Folder, string, table
from builder.detect.versions import DEFAULT_PYTHON, PYTHON, PYTHON_ENDED, python_version
from slipway.buildplan import BuildPlan, Guess
from slipway.errors import DetectError
from slipway.evidence import Decision, Evidence
from slipway.spec import Spec

PORT = 8000
SIGNS = ("pyproject.toml", "requirements.txt", "manage.py", "main.py", "app.py", "server.py")


def detect(folder: Folder, spec: Spec) -> BuildPlan | None:
    """A plan when one of Python's manifests or an entry file is there."""
    sign = next((name for name in SIGNS if folder.has(name)), None)
    if sign is None:
        return None
    version, warnings = _version(folder)
    manager, more = _manager(folder)
    dependencies = pydeps.dependencies(folder)
    app = pyapps.find(folder, dependencies)
    packages = pydeps.system_packages(folder, dependencies)
    decisions = [version, manager, *([app.decision] if app else []), *packages]
    values = {
        "framework": app.name if app else "",
        "requirements": pydeps.requirement_files(folder),
        "hashes": "--hash=" in folder.text("requirements.txt"),
        "poetry_version": _poetry_lock_version(folder),
        "package": _is_package(folder),
        "collectstatic": app.collectstatic if app else None,
        "build_packages": sorted({*spec.build.build_packages, *pydeps.named(packages, "build")}),
        "run_packages": sorted({*spec.build.packages, *pydeps.named(packages, "run")}),
        "command": app.command if app else None,
        "port": PORT,
    }
    processes = {"web": Guess(app.command, PORT)} if app else {}
    return BuildPlan(
        stack="python",
        template="dockerfiles/python",
        decisions=tuple(decisions),
        values=values,
        processes=processes,
        release_hint="python manage.py migrate" if app and app.name == "django" else "",
        warnings=(*warnings, *more, *(app.warnings if app else ())),
    )


def _version(folder: Folder) -> tuple[Decision, list[str]]:
    for wanted, evidence in _wishes(folder):
        version = python_version(wanted)
        if version is None:
            raise DetectError(
                f"no maintained Python fits {wanted!r}",
                where=":".join(filter(None, [evidence.file, str(evidence.line or "")])),
                next=f"ask for one of {', '.join(PYTHON)}",
            )
        ended = version in PYTHON_ENDED or tuple(map(int, version.split(".")[:2])) < (3, 9)
        warnings = [f"Python {version} is past its end of life ({evidence.shown()})"] if ended else []
        return Decision("python.version", version, (evidence,), f"Python {version}"), warnings
    evidence = Evidence("nothing asks for a version, so slipway's default")
    return Decision("python.version", DEFAULT_PYTHON, (evidence,), f"Python {DEFAULT_PYTHON}"), []


def _wishes(folder: Folder) -> list[tuple[str, Evidence]]:
    """What the repo's files ask for, the strongest first."""
    project = folder.toml("pyproject.toml")
    wishes: list[tuple[str, str, str, str]] = []
    for name in (".python-version", "runtime.txt"):
        line = next(
            (line for line in folder.text(name).splitlines() if line.strip()[:1] not in ("", "#")), ""
        )
        wishes.append((line.strip(), name.lstrip("."), name, line))
    tools = [line for line in folder.text(".tool-versions").splitlines() if line.startswith("python ")]
    wishes += [(line.split()[1], "python", ".tool-versions", line) for line in tools]
    requires = string(table(project.get("project")).get("requires-python"))
    wishes.append((requires, "requires-python", "pyproject.toml", "requires-python"))
    poetry = table(table(table(project.get("tool")).get("poetry")).get("dependencies"))
    wishes.append((string(poetry.get("python")), "python", "pyproject.toml", "python ="))
    locked = string(folder.toml("uv.lock").get("requires-python"))
    wishes.append((locked, "requires-python", "uv.lock", "requires-python"))
    return [
        (wanted, Evidence(what, name, folder.line_of(name, needle)))
        for wanted, what, name, needle in wishes
        if wanted
    ]


def _manager(folder: Folder) -> tuple[Decision, list[str]]:
    project = folder.toml("pyproject.toml")
    tool = table(project.get("tool"))
    if folder.has("uv.lock") and folder.has("pyproject.toml"):
        return _chosen("uv", "uv.lock"), []
    if folder.has("poetry.lock") and folder.has("pyproject.toml"):
        return _chosen("poetry", "poetry.lock"), []
    if folder.has("requirements.txt"):
        return _chosen("pip", "requirements.txt"), []
    if "poetry" in tool and "project" not in project:
        unlocked = "poetry.lock is missing: versions are resolved anew by each build; commit it"
        return _chosen("poetry", "pyproject.toml"), [unlocked]
    if "project" in project:
        unlocked = "there is no lock file: versions are resolved anew by each build; `uv lock` makes one"
        return _chosen("uv", "pyproject.toml"), [unlocked]
    evidence = Evidence("no requirements.txt, no [project] in pyproject.toml")
    return Decision("python.manager", "none", (evidence,), "no dependencies"), []


def _chosen(manager: str, file: str) -> Decision:
    return Decision("python.manager", manager, (Evidence("", file),), manager)


def _is_package(folder: Folder) -> bool:
    """Whether the project itself is installed: it has a build system and is not told to be left alone."""
    project = folder.toml("pyproject.toml")
    tool = table(project.get("tool"))
    if (
        table(tool.get("uv")).get("package") is False
        or table(tool.get("poetry")).get("package-mode") is False
    ):
        return False
    return "build-system" in project and ("project" in project or "poetry" in tool)


def _poetry_lock_version(folder: Folder) -> str:
    """The Poetry that wrote the lock file, from its first line, so that the same one reads it."""
    first = folder.text("poetry.lock", 32 << 20).partition("\n")[0]
    version = first.partition("by Poetry ")[2].partition(" ")[0]
    return version if version.replace(".", "").isdigit() else ""
