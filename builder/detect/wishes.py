"""Versions that a repo asks for in files of version managers, and the one that is chosen among several."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from builder.detect.folder import Folder, string, table
from builder.detect.versions import default, is_ended, versions
from slipway.errors import DetectError
from slipway.evidence import Decision, Evidence

MISE = ("mise.toml", ".mise.toml")


@dataclass(frozen=True, slots=True)
class Wish:
    """A version or range as the repo wrote it."""

    wanted: str
    evidence: Evidence


def chosen(
    language: str, title: str, wishes: Iterable[Wish], resolve: Callable[[str], str | None]
) -> tuple[Decision, list[str]]:
    """The version that the strongest wish asks for, or the default; and warnings.

    Raises `DetectError` when the strongest wish cannot be granted.
    """
    name = f"{language}.version"
    for wish in wishes:
        version = resolve(wish.wanted)
        if version is None:
            place = f"{wish.evidence.file}:{wish.evidence.line or 1}"
            known = ", ".join(versions(language).get("lts", versions(language)["known"]))
            raise DetectError(
                f"asks for {title} {wish.wanted!r}, which no version fits that slipway knows",
                where=place,
                next=f"ask for one of {known}, or bring a Dockerfile",
            )
        ended = f"{title} {version} gets no more security fixes ({wish.evidence.shown()})"
        warnings = [ended] if is_ended(language, version) else []
        return Decision(name, version, (wish.evidence,), f"{title} {version}"), warnings
    version = default(language)
    evidence = Evidence("slipway's default")
    return Decision(name, version, (evidence,), f"{title} {version}"), []


def of_file(folder: Folder, name: str) -> list[Wish]:
    """The first line of a file such as `.python-version` or `.nvmrc` that is no comment."""
    for number, line in enumerate(folder.lines(name), 1):
        if wanted := line.partition("#")[0].strip():
            return [Wish(wanted, Evidence("", name, number))]
    return []


def of_tools(folder: Folder, *names: str) -> list[Wish]:
    """What `.tool-versions` says of a tool, by any of its names."""
    found = []
    for number, line in enumerate(folder.lines(".tool-versions"), 1):
        words = line.partition("#")[0].split()
        if len(words) > 1 and words[0] in names:
            found.append(Wish(words[1], Evidence(words[0], ".tool-versions", number)))
    return found[:1]


def of_mise(folder: Folder, *names: str) -> list[Wish]:
    """What mise's file says of a tool, by any of its names."""
    file = folder.first(*MISE)
    listed = table(folder.toml(file).get("tools")) if file else {}
    for name in names:
        entry = listed.get(name)
        entry = entry[0] if isinstance(entry, list) and entry else entry
        wanted = string(entry) or string(table(entry).get("version"))
        if wanted and wanted != "latest":
            return [Wish(wanted, folder.toml_evidence(name, file, "tools", name))]
    return []
