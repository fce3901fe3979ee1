"""What a Python repo depends on, read from its manifests, and the system packages that follow from it."""

import re
from collections.abc import Mapping

from builder.detect.folder import Folder, string, strings, table
from builder.detect.requirements import Requirement, files, normal, parse
from builder.detect.syspackages import Table, needed
from slipway.evidence import Decision, Evidence

SYSTEM: Table = {
    "psycopg2": (("gcc", "libc6-dev", "libpq-dev"), ("libpq5",)),
    "mysqlclient": (("default-libmysqlclient-dev", "gcc", "libc6-dev", "pkg-config"), ("libmariadb3",)),
    "pycairo": (("gcc", "libc6-dev", "libcairo2-dev", "pkg-config"), ("libcairo2",)),
    "cairosvg": ((), ("libcairo2",)),
    "weasyprint": ((), ("libpango-1.0-0", "libpangoft2-1.0-0")),
    "pdf2image": ((), ("poppler-utils",)),
    "pydub": ((), ("ffmpeg",)),
    "ffmpeg-python": ((), ("ffmpeg",)),
    "opencv-python": ((), ("libgl1", "libglib2.0-0")),
    "python-magic": ((), ("libmagic1",)),
    "pyodbc": (("g++", "unixodbc-dev"), ("unixodbc",)),
}
# An extra that brings a server along: `fastapi[standard]`.
SERVERS = {"fastapi": "uvicorn", "starlette": "uvicorn", "litestar": "uvicorn"}
QUOTED = re.compile(r"""(?P<quote>["'])(?P<it>[^\n]*?)(?P=quote)""")
POETRY_KEY = re.compile(r"""^\s*(?:\[tool\.poetry\.dependencies\.)?["']?(?P<it>[\w.-]+)["']?\s*[=\]]""")
FROM_GIT = re.compile(r"git\+(?:https|ssh|http)://|\bgit = \"|type = \"git\"|source = \{ git = ")


def dependencies(folder: Folder) -> dict[str, Evidence]:
    """Every direct dependency by its normal name, with the line that names it."""
    found: dict[str, Evidence] = {}
    for requirement in (*_of_requirements(folder), *of_pyproject(folder)):
        found.setdefault(requirement.name, requirement.evidence)
        if requirement.name in SERVERS and ("standard" in requirement.extras or "all" in requirement.extras):
            found.setdefault(SERVERS[requirement.name], requirement.evidence)
    return found


def of_pyproject(folder: Folder) -> list[Requirement]:
    """The dependencies that pyproject.toml lists, by the standard's table and by Poetry's own."""
    return [*_of_project(folder), *_of_poetry(folder)]


def system_packages(folder: Folder, found: Mapping[str, Evidence]) -> list[Decision]:
    """One decision for each dependency that needs packages of the system."""
    git = _git(folder)
    fetched = [Decision("packages.git", "build:git", (git,), "git for the build")] if git else []
    return [*needed(SYSTEM, found), *fetched]


def _of_requirements(folder: Folder) -> list[Requirement]:
    return [found for file in files(folder) for found in parse(folder.text(file), file)]


def _of_project(folder: Folder) -> list[Requirement]:
    project = table(folder.toml("pyproject.toml").get("project"))
    listed = strings(project.get("dependencies"))
    lines = _lines(folder, QUOTED) if listed else {}
    found = []
    for item in listed:
        found += parse(item.split("\n")[0], "pyproject.toml", lines.get(item, 1))
    return found


def _of_poetry(folder: Folder) -> list[Requirement]:
    poetry = table(table(table(folder.toml("pyproject.toml").get("tool")).get("poetry")).get("dependencies"))
    lines = _lines(folder, POETRY_KEY, "[tool.poetry.dependencies") if poetry else {}
    found = []
    for name, entry in poetry.items():
        evidence = Evidence(normal(name), "pyproject.toml", lines.get(name))
        extras = ",".join(strings(table(entry).get("extras")))
        found.append(Requirement(normal(string(name)), extras, evidence))
    return found


def _lines(folder: Folder, pattern: re.Pattern[str], header: str = "") -> dict[str, int]:
    """What the pattern finds in pyproject.toml below a header, by first line: lists are long."""
    found: dict[str, int] = {}
    below = not header
    for number, line in enumerate(folder.lines("pyproject.toml"), 1):
        below = below or line.lstrip().startswith(header)
        for match in pattern.finditer(line) if below else ():
            found.setdefault(match["it"], number)
    return found


def _git(folder: Folder) -> Evidence | None:
    for file in (*files(folder), "pyproject.toml", "uv.lock", "poetry.lock"):
        if line := folder.line_of(file, FROM_GIT):
            return Evidence("a dependency from git", file, line)
    return None
