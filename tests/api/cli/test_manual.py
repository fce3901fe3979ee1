"""Every command has help and an entry with an example in docs/cli.md; the command starts light."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from api.cli.commands import app

MANUAL = (Path(__file__).parents[3] / "docs" / "cli.md").read_text("utf-8")
HEAVY = (
    "fastapi",
    "sqlmodel",
    "dbos",
    "fabric",
    "docker",
    "rich",
    "httpx",
    "pydantic",
    "jinja2",
    "cryptography",
)


def commands(command: Any = None, name: str = "slipway") -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Every command by its full name; typer's own classes are not public."""
    command = command or typer.main.get_command(app)
    inner = getattr(command, "commands", {})
    if not inner:
        yield name, command
    for word, each in inner.items():
        yield from commands(each, f"{name} {word}")


ALL = dict(commands())


def entries() -> dict[str, str]:
    """The manual's entries: `### slipway apps list` and the text below."""
    parts = re.split(r"^### `(slipway [a-z -]+)`\n", MANUAL, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("name", ALL)
def test_every_parameter_has_help(name: str) -> None:
    assert ALL[name].help
    for parameter in ALL[name].params:
        assert parameter.help, f"{name} {parameter.name}"


@pytest.mark.parametrize("name", ALL)
def test_the_manual_has_an_example_with_every_option(name: str) -> None:
    entry = entries()[name]
    assert f"    $ {name}" in entry
    options = {
        max(parameter.opts, key=len) for parameter in ALL[name].params if parameter.opts[0].startswith("-")
    }
    missing = {option for option in options - {"--app", "--json", "--verbose"} if option not in entry}
    assert not missing


def test_the_manual_has_no_command_that_is_gone() -> None:
    assert set(entries()) == set(ALL)


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_the_command_starts_light(word: str) -> None:
    loaded = f"[name for name in {HEAVY!r} if name in sys.modules]"
    ask = (
        f"import sys, atexit; from api.cli.main import main; atexit.register(lambda: print({loaded})); main()"
    )
    ran = subprocess.run([sys.executable, "-c", ask, word], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_git_is_answered_with_next_to_nothing_loaded() -> None:
    ask = "import sys; from api.cli.main import main; main(); print('typer' in sys.modules)"
    env = {**os.environ, "SLIPWAY_URL": "http://a.example.org", "SLIPWAY_TOKEN": "slp_x"}
    ran = subprocess.run(
        [sys.executable, "-c", ask, "git-credential", "get"],
        input="protocol=http\nhost=a.example.org\n", capture_output=True, text=True, check=True, env=env,
    )  # fmt: skip
    assert ran.stdout == "username=slipway\npassword=slp_x\nFalse\n"


def test_the_client_touches_neither_store_nor_work() -> None:
    for path in Path(__file__).parents[3].joinpath("api/cli").glob("*.py"):
        assert not re.search(
            r"from api\.(store|work|http)|import api\.(store|work|http)", path.read_text()
        ), path


@pytest.mark.parametrize("debug", ["", "1"])
def test_no_traceback_without_asking(tmp_path: Path, debug: str) -> None:
    code = "import api.cli.where as w\nw.url = lambda: 1 / 0\nfrom api.cli.main import main\nmain()"
    env = {**os.environ, "SLIPWAY_DEBUG": debug, "SLIPWAY_CONFIG": str(tmp_path / "none")}
    ran = subprocess.run(
        [sys.executable, "-c", code, "whoami"], capture_output=True, text=True, check=False, env=env
    )
    assert ran.returncode == 1
    assert ("Traceback" in ran.stderr) == bool(debug)
    assert "division by zero" in ran.stderr
