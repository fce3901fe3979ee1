"""What `slipway eject` writes: the text of compose.yaml, and that Docker Compose takes it."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from builder.detect import detect, load_spec
from builder.eject import eject
from builder.render import BuildNetwork, repo_layer
from slipway.spec import FILE as SPEC
from templates.engine import Engine

TESTS = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "ejected"
UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))
REPOS = {
    "django": "../examples/django",
    "worker": "../examples/worker",
    "static": "../examples/static",
    "own-dockerfile": "../examples/dockerfile",
    "own-dockerfile-target": "cases/dockerfile-target",
    "subfolder": "cases/python-in-subfolder",
    "everything-set": "cases/python-everything-set",
}
REACH = BuildNetwork(
    ca_bundle=True, env={"PIP_INDEX_URL": "https://mirror.example/simple", "HTTP_PROXY": "x"}
)


@pytest.mark.parametrize("name", REPOS)
def test_compose_file(name: str) -> None:
    golden = GOLDEN / f"{name}.yaml"
    text = _ejected(TESTS / REPOS[name])["compose.yaml"]
    if UPDATE:
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.mark.parametrize("name", REPOS)
def test_nothing_of_slipway_is_needed(name: str) -> None:
    for file, text in _ejected(TESTS / REPOS[name]).items():
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        assert not [line for line in lines if "slipway" in line and "ignore" not in file]
        assert "explain" not in text
        assert "templates/" not in text


def test_files_stand_where_the_app_is() -> None:
    in_subfolder = _ejected(TESTS / "cases/python-in-subfolder")
    assert set(in_subfolder) == {"compose.yaml", "backend/Dockerfile", "backend/.dockerignore"}
    assert set(_ejected(TESTS / "../examples/dockerfile")) == {"compose.yaml"}


def test_the_way_to_registries_comes_along() -> None:
    text = _ejected(TESTS / "../examples/worker", REACH)["compose.yaml"]
    compose = yaml.safe_load(text)
    assert compose["x-app"]["build"] == {"context": ".", "args": ["PIP_INDEX_URL"], "secrets": ["slipway-ca"]}
    assert "ca-certificates.crt" in compose["secrets"]["slipway-ca"]["file"]


def test_a_process_called_release_keeps_its_name(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("")
    (tmp_path / SPEC).write_text('processes.release.command = "a"\nrelease.command = "b"\n')
    services = yaml.safe_load(_ejected(tmp_path)["compose.yaml"])["services"]
    assert services["release"]["command"] == ["a"]
    assert services["release-command"]["command"] == ["b"]


@pytest.mark.acceptance
@pytest.mark.parametrize("network", [BuildNetwork(), REACH], ids=["plain", "reach"])
@pytest.mark.parametrize("name", REPOS)
def test_docker_compose_takes_it(name: str, network: BuildNetwork, tmp_path: Path) -> None:
    for file, text in _ejected(TESTS / REPOS[name], network).items():
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    command = ["docker", "compose", "--profile=*", "config", "--format=yaml"]
    taken = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert taken.returncode == 0, taken.stderr
    # Nothing of a command was taken for a variable of Compose's own.
    assert "variable is not set" not in taken.stderr


def _ejected(folder: Path, network: BuildNetwork | None = None) -> Mapping[str, str]:
    spec = load_spec(folder)
    plan = detect(folder, spec)
    return eject("shop", folder, plan, spec, network or BuildNetwork(), Engine([repo_layer(folder)]))
