"""Procfile: `name: command` lines, as Heroku reads them. They win over every guess."""

import re

from builder.detect.folder import Folder
from slipway.errors import DetectError
from slipway.evidence import Decision, Evidence
from slipway.units import NAME, one_line

FILE = "Procfile"
ENTRY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*:\s*(\S.*?)\s*$")


def procfile(folder: Folder) -> tuple[Decision, ...]:
    """One decision `process.NAME` for each entry, in the file's order; `release` is among them.

    Raises `DetectError` with the line of what is no entry.
    """
    found: dict[str, Decision] = {}
    for number, line in enumerate(folder.lines(FILE), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        entry = ENTRY.match(line)
        name = entry[1].lower().replace("_", "-") if entry else ""
        if not entry or not NAME.fullmatch(name):
            raise _wrong("is no entry: `name: command` is wanted", number)
        try:
            command = one_line(entry[2])
        except ValueError as error:
            raise _wrong(f"the command {error}", number) from None
        if name in found:
            raise _wrong(f"there is another {name!r} above", number)
        found[name] = Decision(f"process.{name}", command, (Evidence(entry[1], FILE, number),))
    return tuple(found.values())


def _wrong(what: str, number: int) -> DetectError:
    return DetectError(what, where=f"{FILE}:{number}", next="mend the Procfile and push again")
