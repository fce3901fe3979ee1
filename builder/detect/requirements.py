"""requirements.txt and what it includes, as pip reads them: names, lines, hashes, and what else pip needs."""

import posixpath
import re
from dataclasses import dataclass

from builder.detect.folder import Folder
from slipway.evidence import Evidence

NAMES = (
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements/base.txt",
    "requirements-prod.txt",
)
REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?")
INCLUDE = re.compile(r"\s*(?:-r|-c|--requirement|--constraint)[ =]?\s*(\S+)")
LOCAL = re.compile(r"\s*(?:(?:-e|--editable)[ =]?\s*)?(?:file:)?\.{1,2}(?:[/\[\s]|$)")
HASH = re.compile(r"--hash[= ]")
COPYABLE = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_./-]*")
MAX_FILES = 20


@dataclass(frozen=True, slots=True)
class Requirement:
    """One dependency: its normal name (PEP 503), its extras as written, where it stands."""

    name: str
    extras: str
    evidence: Evidence


def normal(name: str) -> str:
    """The name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parse(text: str, file: str, line: int = 1) -> list[Requirement]:
    """The requirements of a file's text; options, comments and links are no requirements."""
    found = []
    for number, row in enumerate(text.split("\n"), line):
        match = REQUIREMENT.match(row)
        if match and "://" not in row.partition("@")[0].partition("#")[0]:
            name = normal(match[1])
            found.append(Requirement(name, match[2] or "", Evidence(name, file, number)))
    return found


def main_file(folder: Folder) -> str:
    """The file that pip is given, "" when there is none."""
    return folder.first(*NAMES)


def files(folder: Folder) -> list[str]:
    """The main file and all that it includes, each path relative to the repo, in the order of reading."""
    main = main_file(folder)
    found = [main] if main else []
    for file in found:
        for line in folder.lines(file):
            name = _included(file, line)
            if name and len(found) < MAX_FILES and name not in found and folder.has(name):
                found.append(name)
    return found


def hashed(folder: Folder) -> Evidence | None:
    """The first hash, when the requirements carry any: pip must then check all of them."""
    return next(
        (Evidence("hashes", file, line) for file in files(folder) if (line := folder.line_of(file, HASH))),
        None,
    )


def needs_source(folder: Folder) -> Evidence | None:
    """The line that needs more of the repo than the files that were found, or a name that COPY refuses."""
    found = files(folder)
    for file in found:
        if not COPYABLE.fullmatch(file):
            return Evidence("a name that COPY cannot take", file)
        for number, line in enumerate(folder.lines(file), 1):
            if LOCAL.match(line):
                return Evidence("a requirement in the repo itself", file, number)
            if (name := _included(file, line)) and name not in found:
                return Evidence("an include whose file is not clear", file, number)
    return None


def _included(file: str, line: str) -> str:
    """The path of the file that a line includes, "" when it includes none of the repo."""
    match = INCLUDE.match(line)
    if match is None or "://" in match[1]:
        return ""
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), match[1]))
