"""Layers of templates: the repo's, the app's, the operator's and the built-in one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from slipway.errors import TemplateError

SUFFIX = ".j2"
MAX_BYTES = 256 << 10


@dataclass(frozen=True, slots=True)
class Layer:
    """Named templates of one origin. `label` is what a person sees: ".slipway/templates", "built in"."""

    name: str
    files: Mapping[str, str]
    label: str


def folder_layer(name: str, folder: Path, label: str) -> Layer:
    """The `*.j2` files beneath a folder as a layer, named by their path without `.j2`.

    Raises `TemplateError` for a link, a file over 256 KiB and text that is not UTF-8.
    """
    files = {}
    for path in sorted(folder.rglob(f"*{SUFFIX}")):
        place = path.relative_to(folder).as_posix()
        if path.is_symlink() or not path.resolve().is_relative_to(folder.resolve()):
            raise TemplateError("is a link; templates are plain files", where=f"{label} {place}")
        if path.stat().st_size > MAX_BYTES:
            raise TemplateError("is larger than 256 KiB", where=f"{label} {place}")
        try:
            files[place.removesuffix(SUFFIX)] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise TemplateError("is not UTF-8 text", where=f"{label} {place}") from None
    return Layer(name, files, label)


@cache
def built_in() -> Layer:
    """The templates that come with slipway."""
    return folder_layer("built-in", Path(__file__).parent, "built in")
