"""Reading a repo without trusting it: plain files inside the tree only, of bounded size."""

import codecs
import json
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from slipway.errors import DetectError
from slipway.evidence import Evidence
from slipway.locate import line_of

MAX_BYTES = 1 << 20
LOCK_BYTES = 32 << 20
SKIPPED = {".git", "node_modules", ".venv", "venv", "__pycache__", "tests", "test", "docs", "migrations"}
# tomllib needs time in the square of a dotted key's length.
LONG_KEY = re.compile(r"^[^=\"'#\n]{2000}", re.MULTILINE)
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class Folder:
    """A repo's folder as detectors see it; every answer depends on its files alone, and each is read once."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._texts: dict[str, str] = {}
        self._tables: dict[str, dict[str, object]] = {}

    def has(self, name: str) -> bool:
        """Whether there is a plain file of that name, inside the tree."""
        path = self._inside(name)
        return path is not None and path.is_file()

    def has_folder(self, name: str) -> bool:
        """Whether there is a folder of that name, inside the tree."""
        path = self._inside(name)
        return path is not None and path.is_dir()

    def first(self, *names: str) -> str:
        """The first of the names that is a file, "" when none is."""
        return next((name for name in names if self.has(name)), "")

    def text(self, name: str, limit: int = MAX_BYTES) -> str:
        """The file's text, "" when there is none. Raises `DetectError` when it is too large or not UTF-8."""
        if name not in self._texts:
            self._texts[name] = self._read(name, limit) if self.has(name) else ""
        return self._texts[name]

    def lines(self, name: str, limit: int = MAX_BYTES) -> list[str]:
        """The file's lines without their ends, as an editor counts them."""
        return [line.removesuffix("\r") for line in self.text(name, limit).split("\n")]

    def toml(self, name: str) -> dict[str, object]:
        """The TOML file's table, empty when there is none. Raises `DetectError` with the line."""
        if name not in self._tables:
            self._tables[name] = _toml(name, self.text(name))
        return self._tables[name]

    def json(self, name: str) -> dict[str, object]:
        """The JSON file's object, empty when there is none. Raises `DetectError` with the line."""
        if name not in self._tables:
            self._tables[name] = _json(name, self.text(name)) if self.text(name).strip() else {}
        return self._tables[name]

    def evidence(self, what: str, name: str, needle: str | re.Pattern[str] = "") -> Evidence:
        """Evidence at the first line of a file that holds `needle`, or at the file when none does."""
        return Evidence(what, name, self.line_of(name, needle) if needle else None)

    def line_of(self, name: str, needle: str | re.Pattern[str]) -> int | None:
        """The first line (from 1) of a file that holds `needle`."""
        pattern = re.compile(re.escape(needle)) if isinstance(needle, str) else needle
        text = self.text(name, LOCK_BYTES)
        match = pattern.search(text)
        return text.count("\n", 0, match.start()) + 1 if match else None

    def toml_evidence(self, what: str, name: str, *path: str) -> Evidence:
        """Evidence at the line of a TOML file that sets the key `path`."""
        return Evidence(what, name, line_of(self.text(name), path))

    def json_evidence(self, what: str, name: str, *path: str) -> Evidence:
        """Evidence at the line of a JSON file that holds the key `path`."""
        text, at = self.text(name), 0
        for key in path:
            match = re.compile(re.escape(json.dumps(key)) + r"\s*:").search(text, at)
            if match is None:
                return Evidence(what, name)
            at = match.end()
        return Evidence(what, name, text.count("\n", 0, at) + 1)

    def sources(self, suffix: str, depth: int = 3, limit: int = 400) -> Iterator[str]:
        """Names of source files, nearest first and sorted, without tests and what was installed."""
        level, found = [self.root], 0
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

    def _inside(self, name: str) -> Path | None:
        try:
            path = (self.root / name).resolve()
        except (OSError, ValueError, RuntimeError):  # too long, holds NUL, a loop of links
            return None
        return path if path.is_relative_to(self.root) else None

    def _read(self, name: str, limit: int) -> str:
        path = self.root / name
        size = path.stat().st_size
        if size > limit:
            what = f"is {size / (1 << 20):.1f} MB; at most {limit >> 20} MB are read"
            raise DetectError(what, where=name, next="check that the right file was committed")
        raw = path.read_bytes()
        encoding = next((name for bom, name in BOMS.items() if raw.startswith(bom)), "utf-8")
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError as error:
            what = f"is not UTF-8 (byte {error.start})"
            raise DetectError(what, where=name, next="save it as UTF-8") from None


def table(value: object) -> dict[str, object]:
    """The value if it is a table, else an empty one: manifests hold anything."""
    return value if isinstance(value, dict) else {}


def string(value: object) -> str:
    """The value if it is a text, else "". Half a surrogate pair, which JSON may hold, becomes "?"."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def strings(value: object) -> list[str]:
    """The texts of a list, nothing when it is no list."""
    return [string(item) for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _toml(name: str, text: str) -> dict[str, object]:
    if match := LONG_KEY.search(text):
        line = text.count("\n", 0, match.start()) + 1
        raise DetectError("a key is longer than 2000 letters", where=f"{name}:{line}", next=f"mend {name}")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise DetectError("is nested too deeply", where=name, next=f"mend {name}") from None
    except ValueError as error:
        number = str(error).partition("at line ")[2].partition(",")[0]
        raise DetectError(
            f"is not TOML: {error}", where=f"{name}:{number}" if number else name, next=f"mend {name}"
        ) from None


def _json(name: str, text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{name}:{error.lineno}"
        raise DetectError(f"is not JSON: {error.msg}", where=where, next=f"mend {name}") from None
    except (RecursionError, ValueError):  # a number of more than 4300 digits is a ValueError
        raise DetectError(
            "is nested too deeply or holds a huge number", where=name, next=f"mend {name}"
        ) from None
    if not isinstance(value, dict):
        raise DetectError("must be a JSON object", where=name, next=f"mend {name}")
    return value
