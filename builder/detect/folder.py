"""Reading a repo without trusting it: plain files inside the tree only, of bounded size."""

import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

from slipway.errors import DetectError

MAX_BYTES = 1 << 20
LOCK_BYTES = 32 << 20
SKIPPED = {".git", "node_modules", ".venv", "venv", "__pycache__", "tests", "test", "docs", "migrations"}


class Folder:
    """A repo's folder as detectors see it; every answer depends on its files alone."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def has(self, name: str) -> bool:
        """Whether there is a plain file of that name, inside the tree."""
        path = self.root / name
        return path.is_file() and path.resolve().is_relative_to(self.root)

    def has_folder(self, name: str) -> bool:
        """Whether there is a folder of that name, inside the tree."""
        path = self.root / name
        return path.is_dir() and path.resolve().is_relative_to(self.root)

    def text(self, name: str, limit: int = MAX_BYTES) -> str:
        """The file's text, "" when there is none. Raises `DetectError` when it is too large or not UTF-8."""
        if not self.has(name):
            return ""
        path = self.root / name
        if path.stat().st_size > limit:
            raise DetectError(
                f"is {path.stat().st_size >> 20} MB; at most {limit >> 20} MB are read",
                where=name,
                next="check that the right file was committed",
            )
        try:
            return path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DetectError(
                f"is not UTF-8 (byte {error.start})", where=name, next="save it as UTF-8"
            ) from None

    def toml(self, name: str) -> dict[str, object]:
        """The TOML file's table, empty when there is none."""
        try:
            return tomllib.loads(self.text(name, LOCK_BYTES))
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            line = str(error).partition("at line ")[2].partition(",")[0]
            raise DetectError(
                f"is not TOML: {error}", where=f"{name}:{line or 1}", next=f"mend {name}"
            ) from None

    def json(self, name: str) -> dict[str, object]:
        """The JSON file's object, empty when there is none."""
        text = self.text(name)
        if not text:
            return {}
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            where = f"{name}:{error.lineno}"
            raise DetectError(f"is not JSON: {error.msg}", where=where, next=f"mend {name}") from None
        except RecursionError:
            raise DetectError("is nested too deeply", where=name, next=f"mend {name}") from None
        if not isinstance(value, dict):
            raise DetectError("must be a JSON object", where=name, next=f"mend {name}")
        return value

    def line_of(self, name: str, needle: str) -> int | None:
        """The first line (from 1) of a file that holds `needle`."""
        lines = self.text(name, LOCK_BYTES).splitlines()
        return next((number for number, line in enumerate(lines, 1) if needle in line), None)

    def sources(self, suffix: str, depth: int = 3, limit: int = 400) -> Iterator[str]:
        """Names of source files, nearest first and sorted, without tests and what was installed."""
        level = [self.root]
        found = 0
        for _ in range(depth):
            deeper: list[Path] = []
            for folder in level:
                with os.scandir(folder) as entries:
                    listed = sorted(entries, key=lambda entry: entry.name)
                for entry in listed:
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name not in SKIPPED and not entry.name.startswith("."):
                            deeper.append(Path(entry.path))
                    elif entry.name.endswith(suffix) and entry.is_file(follow_symlinks=False):
                        yield Path(entry.path).relative_to(self.root).as_posix()
                        found += 1
                        if found >= limit:
                            return
            level = deeper[:200]


def table(value: object) -> dict[str, object]:
    """The value if it is a table, else an empty one: manifests hold anything."""
    return value if isinstance(value, dict) else {}


def string(value: object) -> str:
    """The value if it is a text, else ""."""
    return value if isinstance(value, str) else ""
