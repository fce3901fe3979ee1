"""What a Python repo depends on, read from its manifests, and the system packages that follow from it."""

import re
from collections.abc import Iterable, Mapping

from builder.detect.folder import Folder, string, table
from slipway.evidence import Decision, Evidence

REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?")
INCLUDE = re.compile(r"\s*(?:-r|-c|--requirement|--constraint)[ =]\s*(\S+)")

# dependency → packages to build it, packages to run it (Debian's names)
SYSTEM: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "psycopg2": (("gcc", "libc6-dev", "libpq-dev"), ("libpq5",)),
    "mysqlclient": (("default-libmysqlclient-dev", "gcc", "libc6-dev", "pkg-config"), ("libmariadb3",)),
    "pycairo": (("gcc", "libc6-dev", "libcairo2-dev", "pkg-config"), ("libcairo2",)),
    "weasyprint": ((), ("libpango-1.0-0", "libpangoft2-1.0-0")),
    "pdf2image": ((), ("poppler-utils",)),
    "pydub": ((), ("ffmpeg",)),
    "ffmpeg-python": ((), ("ffmpeg",)),
    "opencv-python": ((), ("libgl1", "libglib2.0-0")),
    "python-magic": ((), ("libmagic1",)),
    "pyodbc": (("g++", "unixodbc-dev"), ("unixodbc",)),
}


def dependencies(folder: Folder) -> dict[str, Evidence]:
    """Every direct dependency by its normal name, with the line that names it."""
    found: dict[str, Evidence] = {}
    for file in requirement_files(folder):
        for number, line in enumerate(folder.text(file).splitlines(), 1):
            if (match := REQUIREMENT.match(line)) and not line.lstrip().startswith(("-", "#")):
                found.setdefault(_normal(match[1]), Evidence(_normal(match[1]), file, number))
                _extras(found, match[2] or "", file, number)
    project = folder.toml("pyproject.toml")
    listed = table(project.get("project")).get("dependencies")
    poetry = table(table(table(project.get("tool")).get("poetry")).get("dependencies"))
    for item in [*(listed if isinstance(listed, list) else []), *poetry]:
        if match := REQUIREMENT.match(string(item)):
            line = folder.line_of("pyproject.toml", match[1])
            found.setdefault(_normal(match[1]), Evidence(_normal(match[1]), "pyproject.toml", line))
            _extras(found, match[2] or "", "pyproject.toml", line)
    return found


def requirement_files(folder: Folder) -> list[str]:
    """requirements.txt and every file that it includes, in the order of reading."""
    files = ["requirements.txt"] if folder.has("requirements.txt") else []
    for file in files:
        for line in folder.text(file).splitlines():
            if (
                (match := INCLUDE.match(line))
                and folder.has(match[1])
                and match[1] not in files
                and len(files) < 20
            ):
                files.append(match[1])
    return files


def system_packages(folder: Folder, found: Mapping[str, Evidence]) -> list[Decision]:
    """One decision for each dependency that needs packages of the system."""
    decisions = []
    for name, (build, run) in SYSTEM.items():
        if name in found:
            packages = ", ".join(run or build)
            value = " ".join([*(f"build:{item}" for item in build), *(f"run:{item}" for item in run)])
            decisions.append(Decision(f"packages.{name}", value, (found[name],), packages))
    if git := _git_line(folder):
        decisions.append(Decision("packages.git", "build:git", (git,), "git for the build"))
    return decisions


def named(decisions: Iterable[Decision], phase: str) -> list[str]:
    """The packages that the decisions want for "build" or "run"."""
    words = (word for decision in decisions for word in decision.value.split())
    return [word.removeprefix(f"{phase}:") for word in words if word.startswith(f"{phase}:")]


def _git_line(folder: Folder) -> Evidence | None:
    for file in (*requirement_files(folder), "pyproject.toml", "uv.lock", "poetry.lock"):
        for needle in ("git+https://", "git+ssh://", 'type = "git"'):
            if line := folder.line_of(file, needle):
                return Evidence("a dependency from git", file, line)
    return None


def _extras(found: dict[str, Evidence], extras: str, file: str, line: int | None) -> None:
    """`fastapi[standard]` brings its server, and so do the like."""
    if "standard" in extras or "all" in extras:
        found.setdefault("uvicorn", Evidence(f"extra {extras}", file, line))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
