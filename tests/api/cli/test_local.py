"""detect, dockerfile, explain of a folder: no server, no network."""

import json
import shutil
from pathlib import Path

import pytest

from api.cli import shown
from tests.api.cli.conftest import Cli, Recorded

CASES = Path(__file__).parents[2] / "cases"


@pytest.fixture(autouse=True)
def _repo(api: Recorded) -> None:
    """The current folder is a FastAPI app; a request to the API fails the test."""
    del api
    shutil.copytree(CASES / "python-fastapi-uv", ".", dirs_exist_ok=True)


def test_detect_names_the_line_behind_each_decision(cli: Cli) -> None:
    assert "requires-python, pyproject.toml:" in cli("detect").stdout
    found = json.loads(cli("detect", "--json").stdout)
    assert (found["stack"], found["template"]) == ("python", "dockerfiles/python")


def test_dockerfile_is_the_builders(cli: Cli) -> None:
    Path("slipway.toml").write_text('app = "shop"\n')
    expected = Path("expected.Dockerfile").read_text()
    assert cli("dockerfile").stdout == expected
    assert cli("dockerfile", "--dir", ".").stdout == expected


def test_explain_shows_every_line(cli: Cli) -> None:
    text = cli("explain").stdout
    for line in Path("expected.Dockerfile").read_text().replace("shop-uv", "app-uv").splitlines():
        assert line in text
    assert json.loads(cli("explain", "--json").stdout)["lines"][0]["line"] == 1


def test_explain_names_the_layer_of_an_override(cli: Cli) -> None:
    own = Path(".slipway/templates/dockerfiles")
    own.mkdir(parents=True)
    (own / "python.j2").write_text("FROM scratch\n")
    assert "^ from .slipway/templates" in cli("explain").stdout


def test_a_dockerfile_of_the_repos_own(cli: Cli) -> None:
    Path("Dockerfile").write_text('FROM scratch\nCMD ["/app"]\n')
    assert cli("dockerfile").stdout == 'FROM scratch\nCMD ["/app"]\n'
    assert "Dockerfile:2    2  CMD" in cli("explain").stdout


def test_nothing_is_recognised(cli: Cli, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    result = cli("detect", "--dir", str(empty), code=1)
    assert "nothing in this repo says how to build it" in result.stderr
    assert "looked for" in result.stderr
    assert "is no folder" in cli("explain", "--dir", str(tmp_path / "nowhere"), code=1).stderr


def test_a_folder_and_an_app_exclude_each_other(cli: Cli) -> None:
    assert "--dir" in cli("explain", "shop", "--dir", ".", code=2).stderr


@pytest.mark.parametrize("width", [80, 100, 120])
def test_explain_fits_a_terminal(cli: Cli, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(width))
    shown.console.cache_clear()
    headline, *lines = shown.clean(cli("explain").stdout).splitlines()
    shown.console.cache_clear()
    assert headline.startswith("Python")
    assert max(map(len, lines)) <= width
