"""The manual: every setting, flag, key, error code and template is in docs/, and none that is gone."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel

from api.cli.commands import app
from api.settings import Settings
from slipway import errors
from slipway.spec import BuildSpec, DeploySpec, Health, ProcessSpec, ReleaseSpec, Spec, parse_spec
from templates.layers import built_in

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [
    *sorted(DOCS.rglob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
]
TABLE_ROW = re.compile(r"^\| (`[^|]+?) \|", re.M)
ABOUT: dict[tuple[str, ...], type[BaseModel]] = {
    (): Spec,
    ("build",): BuildSpec,
    ("processes", "web"): ProcessSpec,
    ("processes", "web", "health"): Health,
    ("release",): ReleaseSpec,
    ("deploy",): DeploySpec,
}


def in_first_column(page: str) -> set[str]:
    """What is written as code in the first column of a page's tables."""
    rows = TABLE_ROW.findall((DOCS / page).read_text())
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row)}


def test_every_setting_is_explained_with_what_holds_without_it() -> None:
    assert in_first_column("settings.md") == {f"SLIPWAY_{name.upper()}" for name in Settings.model_fields}
    rows = dict(
        re.findall(r"^\| `SLIPWAY_(\w+)` \| `?([^|`]+)`? \|", (DOCS / "settings.md").read_text(), re.M)
    )
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, int | float) and not isinstance(field.default, bool):
            assert float(rows[name.upper()]) == field.default, name


def test_every_error_code_is_explained() -> None:
    def tree(kind: type[errors.SlipwayError]) -> Iterator[str]:
        yield kind.code
        for each in kind.__subclasses__():
            # The client has errors of its own, whose codes it does not show.
            if each.__module__ == errors.__name__:
                yield from tree(each)

    assert in_first_column("errors.md") == set(tree(errors.SlipwayError))


def test_every_template_and_each_of_its_blocks_is_named() -> None:
    page = (DOCS / "templates.md").read_text()
    assert {word for word in in_first_column("templates.md") if "{" not in word} == set(built_in().files)
    rows = re.findall(r"^\| `([^`]+)` \|[^|]*\|([^|]*)\|$", page, re.M)
    named = {name: set(re.findall(r"`([^`]+)`", blocks)) for name, blocks in rows}
    for name, text in built_in().files.items():
        assert set(re.findall(r"{% block (\w+)", text)) == named.get(name, set()), name


def test_the_example_of_slipway_toml_is_one() -> None:
    spec = parse_spec((DOCS / "slipway.toml").read_text())
    assert spec.processes["web"].port == 8000


@pytest.mark.parametrize("path", ABOUT, ids=".".join)
def test_the_example_of_slipway_toml_shows_every_key(path: tuple[str, ...]) -> None:
    text = re.sub(r"^# (\w+ = )", r"\1", (DOCS / "slipway.toml").read_text(), flags=re.M)
    shown = tomllib.loads(text)
    for part in path:
        shown = shown[part]
    assert set(shown) == set(ABOUT[path].model_fields)
    parse_spec(text)


def test_every_flag_is_explained() -> None:
    manual = (DOCS / "cli.md").read_text()

    def flags(command: object) -> Iterator[str]:
        for parameter in getattr(command, "params", ()):
            yield from (option for option in parameter.opts if option.startswith("--"))
        for each in getattr(command, "commands", {}).values():
            yield from flags(each)

    assert {flag for flag in flags(typer.main.get_command(app)) if flag not in manual} <= {
        "--help",
        "--version",
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text()
    pages = {path.name for path in DOCS.iterdir() if path.is_file()} - {"README.md"}
    assert {page for page in pages if f"]({page})" not in index} == set()


def test_what_must_be_read_at_once_fits_on_a_page() -> None:
    for name in ("docs/architecture.md", "CONTRIBUTING.md"):
        assert len((ROOT / name).read_text().splitlines()) <= 60, name


def test_decisions_are_numbered_without_a_gap() -> None:
    pages = sorted((DOCS / "decisions").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for page in pages:
        assert page.read_text().startswith(f"# {page.name[:4]}: ")
