"""The repo's own Dockerfile: used as it is."""

import re

from builder.detect.folder import Folder
from slipway.buildplan import BuildPlan, Guess
from slipway.errors import DetectError
from slipway.evidence import Decision, Evidence
from slipway.spec import FILE, Spec

EXPOSE = re.compile(r"^\s*EXPOSE\s+(\d+)(?:/tcp)?\b", re.IGNORECASE)


def detect(folder: Folder, spec: Spec) -> BuildPlan | None:
    """A plan when there is a `Dockerfile`, or the one that `[build] dockerfile` names."""
    name = spec.build.dockerfile or "Dockerfile"
    if not folder.has(name):
        if spec.build.dockerfile:
            where = f"{FILE}: build.dockerfile"
            raise DetectError(f"there is no file {name!r} in the repo", where=where, next=f"mend {FILE}")
        return None
    line, port = _exposed(folder.text(name))
    evidence = Evidence("EXPOSE", name, line) if line else Evidence("no EXPOSE in it, so PORT", name)
    return BuildPlan(
        stack="dockerfile",
        template="",
        decisions=(
            Decision("dockerfile", name, (Evidence("", name),), "the repo's own Dockerfile"),
            Decision("port", str(port), (evidence,), f"port {port}"),
        ),
        values={},
        processes={"web": Guess(Decision("process.web", "", (Evidence("CMD", name),)), port)},
        dockerfile=name,
        target=spec.build.target or "",
    )


def _exposed(text: str) -> tuple[int, int]:
    """The line and the number of the last EXPOSE of one port; (0, 8000) when there is none."""
    found = (0, 8000)
    for number, line in enumerate(text.splitlines(), 1):
        if (match := EXPOSE.match(line)) and 0 < int(match[1]) < 65536:
            found = (number, int(match[1]))
    return found
