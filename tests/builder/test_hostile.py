"""Repos made to slow a detector down, or to lead it astray: an answer or an error with a place, and soon."""

import json
import os
import time
from pathlib import Path

import pytest

from builder.detect import detect, load_spec
from builder.render import BuildNetwork, render, repo_layer
from slipway.errors import SlipwayError
from templates.engine import Engine

MANY = 20_000
# Each takes less than a second on two cores; without bounds, minutes.
SECONDS = 10.0


def test_a_huge_package_json_with_each_lock(tmp_path: Path) -> None:
    names = [f"package-{number}" for number in range(MANY)]
    manifest = {"scripts": {"start": "node s.js"}, "dependencies": dict.fromkeys(names, "^1.0.0")}
    (tmp_path / "package.json").write_text(json.dumps(manifest))
    for lock, line in {
        "yarn.lock": '{}@^1.0.0:\n  version "1.0.0"\n',
        "pnpm-lock.yaml": "      {}:\n        specifier: ^1.0.0\n",
    }.items():
        (tmp_path / lock).write_text("".join(line.format(name) for name in names))
        assert "node s.js" in _headline(tmp_path)
        (tmp_path / lock).unlink()


def test_a_huge_pyproject(tmp_path: Path) -> None:
    listed = "".join(f'  "package-{number}==1.0",\n' for number in range(MANY))
    (tmp_path / "main.py").write_text("")
    (tmp_path / "pyproject.toml").write_text(f'[project]\nname = "x"\ndependencies = [\n{listed}]\n')
    assert "main.py" in _headline(tmp_path)
    keys = "".join(f'package-{number} = "1.0"\n' for number in range(MANY))
    (tmp_path / "pyproject.toml").write_text(f"[tool.poetry.dependencies]\n{keys}")
    assert "poetry" in _headline(tmp_path)


def test_thousands_of_files_that_look_like_an_app(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("fastapi\n")
    text = "def test() -> None:\n    def inner():\n        return FastAPI()\n" * 300
    for number in range(2000):
        folder = tmp_path / f"part{number % 50}"
        folder.mkdir(exist_ok=True)
        (folder / f"file{number}.py").write_text(text)
    (tmp_path / "start.py").write_text("")
    assert "start.py" in _headline(tmp_path)


@pytest.mark.parametrize(
    "name", ["package.json", "pyproject.toml", "requirements.txt", "Procfile", "Dockerfile"]
)
def test_a_link_out_of_the_repo_is_not_there(name: str, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("web: cat /etc/passwd\nFROM secret\n")
    repo = tmp_path / "repo"
    repo.mkdir()
    (repo / name).symlink_to("../outside")
    with pytest.raises(SlipwayError) as caught:
        _headline(repo)
    assert caught.value.code == "not-recognised"


def test_links_in_a_loop_and_folders_with_the_names_of_files(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("")
    (tmp_path / "package.json").symlink_to("package.json")
    (tmp_path / "requirements.txt").mkdir()
    (tmp_path / "sub").symlink_to(".")
    os.mkfifo(tmp_path / "Procfile")
    assert "main.py" in _headline(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("package.json", '{"a":' * 100_000, "package.json"),
        ("package.json", '{"a": ' + "9" * 5000 + "}", "package.json"),
        ("package.json", " " * (2 << 20), "package.json"),
        ("package.json", '{"scripts": {"start": "x\\u2028y"}}', "package.json:1"),
        ("pyproject.toml", "a = " + "[" * 100_000, "pyproject.toml"),
        ("pyproject.toml", "a." * 50_000 + "b = 1", "pyproject.toml:1"),
        ("pyproject.toml", '[project]\nname = "x"\nrequires-python = ">=3.13\\n"\n', ""),
        ("pyproject.toml", '[project]\nname = "x"\nrequires-python = ">=99"\n', "pyproject.toml:3"),
    ],
)  # fmt: skip
def test_manifests_that_break_parsers(name: str, text: str, where: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "main.py").write_text("")
    if where:
        with pytest.raises(SlipwayError) as caught:
            _headline(tmp_path)
        assert caught.value.where == where
    else:
        assert "\n" not in _headline(tmp_path)


def _headline(repo: Path) -> str:
    began = time.monotonic()
    spec = load_spec(repo)
    plan = detect(repo, spec)
    render("shop", repo, plan, spec, BuildNetwork(), Engine([repo_layer(repo)]))
    assert time.monotonic() - began < SECONDS
    return plan.headline()
