"""The repo's own Dockerfile: used as it is; only its port is read out of it."""

import re
from collections.abc import Iterator

from builder.detect.folder import Folder
from slipway.buildplan import BuildPlan, Guess
from slipway.errors import DetectError
from slipway.evidence import Decision, Evidence
from slipway.spec import FILE, Spec

PORT = 8000
NAMES = ("Dockerfile", "Containerfile")
FROM = re.compile(r"FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)
EXPOSE = re.compile(r"EXPOSE\s+(.+)", re.IGNORECASE)
SET = re.compile(r"(?:ENV|ARG)\s+(\w+)[=\s]\"?(\d+)\"?", re.IGNORECASE)
NUMBER = re.compile(r"(\d{1,5})(?:/tcp)?")
VARIABLE = re.compile(r"\$\{?(\w+)(?::-(\d+))?\}?(?:/tcp)?")


def detect(folder: Folder, spec: Spec) -> BuildPlan | None:
    """A plan when there is a `Dockerfile`, or the one that `[build] dockerfile` names."""
    name = spec.build.dockerfile or folder.first(*NAMES)
    if not name:
        return None
    if not folder.has(name):
        where = f"{FILE}: build.dockerfile"
        raise DetectError(f"there is no file {name!r} in the repo", where=where, next=f"mend {FILE}")
    target = spec.build.target or ""
    port, line = _exposed(folder, name, target)
    evidence = Evidence("EXPOSE", name, line) if line else Evidence("no EXPOSE in it, so PORT", name)
    return BuildPlan(
        stack="dockerfile",
        template="",
        decisions=(
            Decision("dockerfile", name, (Evidence("", name),), "the repo's own Dockerfile"),
            Decision("port", str(port), (evidence,), f"port {port}"),
        ),
        values={"port": port},
        processes={"web": Guess(Decision("process.web", "", (Evidence("CMD", name),)), port)},
        dockerfile=name,
        target=target,
    )


def _exposed(folder: Folder, name: str, target: str) -> tuple[int, int]:
    """The port that the built stage exposes first, with its line; (8000, 0) when it exposes none.

    A stage that is built upon another has that one's ports. Raises `DetectError` for a file without FROM, and
    for a target that is no stage.
    """
    ports: dict[str, tuple[int, int]] = {}
    values: dict[str, str] = {}
    stage = ""
    for number, line in _instructions(folder, name):
        if match := FROM.match(line):
            stage = (match[2] or str(len(ports))).lower()
            ports[stage] = ports.get(match[1].lower(), (PORT, 0))
        elif match := SET.match(line):
            values[match[1]] = match[2]
        elif stage and (match := EXPOSE.match(line)) and (port := _port(match[1], values)):
            ports[stage] = (port, number)
    if not ports:
        raise DetectError("has no FROM", where=name, next=f"mend {name}")
    if target and target.lower() not in ports:
        what = f"{name} has no stage {target!r}; there are {', '.join(ports)}"
        raise DetectError(what, where=f"{FILE}: build.target", next=f"mend {FILE}")
    return ports[target.lower() if target else stage]


def _port(words: str, values: dict[str, str]) -> int:
    for word in words.split():
        variable = VARIABLE.fullmatch(word)
        text = values.get(variable[1], variable[2] or "") if variable else word
        number = NUMBER.fullmatch(text)
        if number and 0 < int(number[1]) < 65536:
            return int(number[1])
    return 0


def _instructions(folder: Folder, name: str) -> Iterator[tuple[int, str]]:
    """Lines that may begin an instruction; a line that continues the one before does not."""
    continued = False
    for number, line in enumerate(folder.lines(name), 1):
        text = line.strip()
        if text.startswith("#"):
            continue
        if text and not continued:
            yield number, text
        continued = text.endswith("\\")
