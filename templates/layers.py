"""Layers of templates: the repo's, the app's, the operator's and the built-in one."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from slipway.errors import TemplateError
from templates.provenance import UNFIT

SUFFIX = ".j2"
MAX_BYTES = 256 << 10
MAX_FILES = 1000
NAME = re.compile(r"(?!.*(^|/)\.\.?(/|$))[A-Za-z0-9_.@+-]+(/[A-Za-z0-9_.@+-]+)*")


@dataclass(frozen=True, slots=True)
class Layer:
    """Named templates of one origin: "repo", "app", "operator" or "base".

    `files` maps a template's name (`dockerfiles/python`, without `.j2`) to its text; `label` is what a person
    sees: ".slipway/templates", "built in". Raises `TemplateError` for a name or a text that cannot be one.
    """

    name: str
    files: Mapping[str, str]
    label: str

    def __post_init__(self) -> None:
        for name, source in self.files.items():
            refuse_unfit(name, source, self.label)


def refuse_unfit(name: str, source: str, label: str) -> None:
    """Raises `TemplateError` for a name or a text that no template may have."""
    where = f"{label} {name}".strip()
    if not NAME.fullmatch(name):
        raise TemplateError(
            f"{name!r} is no template's name: letters, digits and _.@+- between slashes", where=label
        )
    if len(source.encode("utf-8", "replace")) > MAX_BYTES:
        raise TemplateError("is larger than 256 KiB", where=where)
    if found := UNFIT.search(source):
        line = source.count("\n", 0, found.start()) + 1
        raise TemplateError(
            f"holds U+{ord(found[0]):04X}, which no text file may hold", where=f"{where}:{line}"
        )


def folder_layer(name: str, folder: Path, label: str) -> Layer:
    """The `*.j2` files beneath a folder as a layer, named by their path without `.j2`; no folder, no files.

    Raises `TemplateError` for a link that leads out of the folder, a file over 256 KiB, text that is not
    UTF-8, and anything that is no plain file.
    """
    files: dict[str, str] = {}
    for path in _plain_paths(folder, label):
        place = path.relative_to(folder).as_posix()
        if len(files) == MAX_FILES:
            raise TemplateError(f"holds more than {MAX_FILES} templates", where=label)
        files[place.removesuffix(SUFFIX)] = _text(path, f"{label} {place}")
    return Layer(name, files, label)


@cache
def built_in() -> Layer:
    """The templates that come with slipway."""
    return folder_layer("base", Path(__file__).parent, "built in")


def _plain_paths(folder: Path, label: str) -> Iterator[Path]:
    inside = folder.resolve()
    for at, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted([*folders, *names]):
            path = Path(at, name)
            if path.is_symlink() and not path.resolve().is_relative_to(inside):
                raise TemplateError(
                    "is a link out of the templates' folder",
                    where=f"{label} {path.relative_to(folder).as_posix()}",
                    next="put the file itself there",
                )
            if name in names and name.endswith(SUFFIX):
                yield path


def _text(path: Path, where: str) -> str:
    if not path.is_file():
        raise TemplateError("is no plain file", where=where)
    with path.open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise TemplateError("is larger than 256 KiB", where=where)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TemplateError("is not UTF-8 text", where=f"{where}:{line}") from None
