"""Which language version a repo asks for, as the tag of an official image."""

import re
import tomllib
from functools import cache
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from builder.detect.npmrange import Span, spans

DATA = Path(__file__).parent / "data" / "versions.toml"
PLAIN_PYTHON = re.compile(r"(?:python-|cpython-|cpython@)?(3\.\d{1,2}(?:\.\d{1,2})?|2\.7(?:\.\d{1,2})?)")
PLAIN_NODE = re.compile(r"v?(\d{1,2}(?:\.\d{1,3}){0,2})")
PATCHES = 60


@cache
def versions(language: str) -> dict[str, list[str]]:
    """The table of a language ("python", "node"): known, ended, lts, and `default` as a list of one."""
    found = tomllib.loads(DATA.read_text())[language]
    return {key: [value] if isinstance(value, str) else value for key, value in found.items()}


@cache
def tools(group: str = "tools") -> dict[str, str]:
    """The versions of package managers that Dockerfiles pin."""
    return dict(tomllib.loads(DATA.read_text())[group])


def default(language: str) -> str:
    """The version that a repo gets that asks for none."""
    return versions(language)["default"][0]


def is_ended(language: str, version: str) -> bool:
    """Whether a version gets no more security fixes, as far as the table knows."""
    table = versions(language)
    parts = [int(part) for part in version.split(".")]
    oldest = [int(part) for part in table["known"][-1].split(".")]
    return ".".join(version.split(".")[: len(oldest)]) in table["ended"] or parts < oldest


def python_version(wanted: str) -> str | None:
    """`3.12`, `3.12.4`, `>=3.11,<3.14` or Poetry's `^3.12` as a tag's version; None when nothing known fits.

    The default wins where the range admits it, else the newest version below it, else the newest of all.
    """
    wanted = wanted.strip()
    if plain := PLAIN_PYTHON.fullmatch(wanted):
        return plain[1]
    found = [tag for part in wanted.split("||")[:20] if (tag := _of_specifiers(part))]
    return min(found, key=_preference) if found else None


def python_admits(wanted: str, version: str) -> bool:
    """Whether a range of PEP 440 admits a tag's version; True for what is no range."""
    try:
        allowed = SpecifierSet(wanted)
    except InvalidSpecifier:
        return True
    return allowed.contains(version) or (version.count(".") == 1 and allowed.contains(f"{version}.99"))


def node_version(wanted: str) -> str | None:
    """`20`, `lts/iron`, `>=20 <23`, `^22.1 || 24` as a tag's version: the newest LTS inside, or None."""
    wanted, table = wanted.strip().lower(), versions("node")
    if wanted in ("lts/*", "lts", "node", "latest", "current", "stable"):
        return table["lts"][0]
    if wanted.startswith("lts/"):
        named = tomllib.loads(DATA.read_text())["node"]["codenames"]
        return str(named[wanted.removeprefix("lts/")]) if wanted.removeprefix("lts/") in named else None
    if plain := PLAIN_NODE.fullmatch(wanted):
        return plain[1]
    ranges = spans(wanted)
    for major in dict.fromkeys([*table["lts"], *table["known"]]):
        tags = [tag for span in ranges if (tag := _tag_within(span, int(major)))]
        if tags:
            return max(tags, key=lambda tag: [int(part) for part in tag.split(".")] + [999])
    return None


def _of_specifiers(part: str) -> str | None:
    wanted = re.sub(r"\s+(?=[<>=!~^])", ",", part.strip()).replace(" ", "")
    clauses = [_pep440(clause) for clause in wanted.split(",") if clause]
    try:
        allowed = SpecifierSet(",".join(clause for clause in clauses if clause != "*"))
    except InvalidSpecifier:
        return None
    fits = [tag for known in versions("python")["known"] if (tag := _python_tag(allowed, known))]
    return min(fits, key=_preference) if fits else None


def _pep440(clause: str) -> str:
    """Poetry's `^3.11`, `~3.11` and `3.11.*` in PEP 440's words."""
    if match := re.fullmatch(r"\^(\d+)((?:\.\d+)*)", clause):
        return f">={match[1]}{match[2]},<{int(match[1]) + 1}"
    if match := re.fullmatch(r"~(\d+\.\d+)(\.\d+)?", clause):
        return f">={match[1]}{match[2] or ''},=={match[1]}.*"
    return f"=={clause}" if clause[:1].isdigit() else clause


def _python_tag(allowed: SpecifierSet, known: str) -> str | None:
    if allowed.contains(f"{known}.99"):
        return known
    patches = (patch for patch in range(PATCHES, -1, -1) if allowed.contains(f"{known}.{patch}"))
    patch = next(patches, None)
    return None if patch is None else f"{known}.{patch}"


def _preference(tag: str) -> tuple[bool, bool, int]:
    """Sorts the default first, then what is below it, then what is above; the newest first of each."""
    minor, standard = int(tag.split(".")[1]), int(default("python").split(".")[1])
    return (minor != standard, minor > standard, -minor)


def _tag_within(span: Span, major: int) -> str | None:
    """The tag of the newest version of a major inside a span: `20` when the major's newest is."""
    low, high = max(span.low, (major, 0, 0)), min(span.high, (major + 1, 0, 0))
    if low >= high:
        return None
    if high == (major + 1, 0, 0):
        return str(major)
    if high[2] == 0:
        return f"{major}.{high[1] - 1}"
    return f"{major}.{high[1]}.{high[2] - 1}"
