"""What holds for the whole tree: sizes, names, and that tests stand where what they test stands."""

import importlib.metadata
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("slipway", "templates", "builder", "runtime", "api", "sandbox")
MODULES = sorted(path for room in (*ROOMS, "tests") for path in (ROOT / room).rglob("*.py"))
OURS = [path for path in MODULES if "cases" not in path.parts]
LONGEST = 300
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}


@pytest.mark.parametrize("room", ROOMS)
def test_no_module_is_longer_than_a_person_reads(room: str) -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in OURS if path.is_relative_to(ROOT / room)}
    assert lengths
    assert {str(path.relative_to(ROOT)): lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    places = {path.relative_to(ROOT).with_suffix("") for path in OURS}
    assert [str(place) for place in places if VAGUE & set(place.parts)] == []


def test_no_dependency_claims_the_name_of_a_room() -> None:
    claimed = {
        name: owners
        for name, owners in importlib.metadata.packages_distributions().items()
        if name in ROOMS and set(owners) - {"slipway"}
    }
    assert claimed == {}


def test_every_room_is_in_the_wheel_and_held_by_the_import_contracts() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert tuple(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == ROOMS
    assert tuple(project["tool"]["importlinter"]["root_packages"]) == ROOMS


def test_tests_stand_in_the_room_of_what_they_test() -> None:
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name[0] not in "._"}
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir()}
    assert folders - rooms - {"cases", "acceptance"} == set()
    assert {"slipway", "templates", "builder", "runtime"} <= folders


def _importers(of: str) -> set[str]:
    found = set()
    for path in OURS:
        lines = path.read_text().splitlines()
        if any(line.split()[:2] in (["import", of], ["from", of]) for line in lines if line.strip()):
            found.add(path.relative_to(ROOT).as_posix())
    return found


@pytest.mark.parametrize(
    ("library", "place"),
    [("fabric", "runtime/ssh.py"), ("sqlmodel", "api/store/"), ("hcloud", "runtime/hetzner/")],
)
def test_a_library_is_known_in_its_one_place(library: str, place: str) -> None:
    assert [path for path in _importers(library) if not path.startswith((place, "tests/"))] == []
