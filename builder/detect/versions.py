"""Which language version a repo asks for, resolved against what is maintained.

Source of the tables: the projects' own release calendars (Python's developer guide, Node's release working
group), as of 2026-11. `DEFAULT_*` is what a repo gets that asks for nothing.
"""

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet

PYTHON = ("3.14", "3.13", "3.12", "3.11", "3.10", "3.9")
PYTHON_PREFERRED = ("3.13", "3.12", "3.14", "3.11", "3.10", "3.9")
PYTHON_ENDED = ("3.9",)
DEFAULT_PYTHON = "3.13"
NODE = (26, 24, 22, 20, 18)
NODE_LTS = (24, 22, 20, 18)
NODE_ENDED = (18, 20)
DEFAULT_NODE = "24"

CLAUSE = re.compile(r"(>=|<=|>|<|=|\^|~)?\s*v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-[\w.]+)?")


def python_version(wanted: str) -> str | None:
    """`3.12`, `3.12.4`, `>=3.11,<3.14` or Poetry's `^3.12` as a tag's version; None when nothing fits."""
    wanted = wanted.strip().removeprefix("python-").removeprefix("cpython-")
    if re.fullmatch(r"\d+\.\d+(\.\d+)?", wanted):
        return ".".join(wanted.split(".")[:2]) if wanted.count(".") == 1 else wanted
    if caret := re.fullmatch(r"[\^~](3\.\d+)(?:\.\d+)?", wanted):
        wanted = f">={caret[1]},<4" if wanted[0] == "^" else f"=={caret[1]}.*"
    try:
        allowed = SpecifierSet(wanted)
    except InvalidSpecifier:
        return None
    fits = [
        version for version in PYTHON_PREFERRED if allowed.contains(f"{version}.99") or version in allowed
    ]
    return fits[0] if fits else None


def node_version(wanted: str) -> str | None:
    """`20`, `lts/iron`, `>=20 <23`, `^22.1 || 24` as a tag's version: the newest LTS inside; None when nothing fits."""
    names = {"lts/*": "24", "node": "24", "lts/krypton": "24", "lts/jod": "22", "lts/iron": "20"}
    wanted = names.get(wanted.strip().lower(), wanted.strip())
    if exact := re.fullmatch(r"v?(\d+\.\d+\.\d+)", wanted):
        return exact[1]
    fits = [major for major in (*NODE_LTS, *NODE) if any(_admits(part, major) for part in wanted.split("||"))]
    return str(fits[0]) if fits else None


def _admits(range_: str, major: int) -> bool:
    """Whether a range of npm admits some version of a major; minor versions are left to npm itself."""
    if between := re.fullmatch(r"\s*v?(\d+)[\w.]*\s+-\s+v?(\d+)[\w.]*\s*", range_):
        return int(between[1]) <= major <= int(between[2])
    clauses = list(CLAUSE.finditer(range_))
    if not clauses or CLAUSE.sub("", range_).strip(" ,"):
        return False
    return all(_fits(clause[1] or "=", clause[2], clause[3], major) for clause in clauses)


def _fits(operator: str, number: str, minor: str | None, major: int) -> bool:
    if not number.isdigit():
        return True
    wanted = int(number)
    if operator == "<":
        return major < wanted or (major == wanted and (minor or "0").isdigit() and int(minor or "0") > 0)
    return {
        ">=": major >= wanted,
        ">": major >= wanted if minor else major > wanted,
        "<=": major <= wanted,
    }.get(operator, major == wanted)
