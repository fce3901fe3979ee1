"""Procfile: `name: command` lines, as Heroku reads them. They win over every guess."""

import re
from collections.abc import Mapping

from builder.detect.folder import Folder
from slipway.buildplan import Guess
from slipway.errors import DetectError
from slipway.evidence import Decision, Evidence
from slipway.units import NAME, one_line

ENTRY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*:\s*(\S.*?)\s*$")


def procfile(folder: Folder) -> tuple[Mapping[str, Guess], str]:
    """The processes of a Procfile, and its `release` command ("" when it has none)."""
    found: dict[str, Guess] = {}
    release = ""
    for number, line in enumerate(folder.text("Procfile").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        entry = ENTRY.match(line)
        if not entry or not NAME.fullmatch(entry[1].lower()):
            raise DetectError(
                "is no entry: `name: command` is wanted", where=f"Procfile:{number}", next="mend the Procfile"
            )
        name, command = entry[1].lower(), _safe(entry[2], number)
        if name == "release":
            release = command
            continue
        evidence = (Evidence("Procfile", "Procfile", number),)
        found[name] = Guess(Decision(f"process.{name}", command, evidence), 8000 if name == "web" else None)
    return found, release


def _safe(command: str, number: int) -> str:
    try:
        return one_line(command)
    except ValueError as error:
        raise DetectError(
            f"the command {error}", where=f"Procfile:{number}", next="mend the Procfile"
        ) from None
