"""Whole repos under tests/cases and what they must become; `UPDATE_GOLDEN=1` writes what they do become."""

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from builder.detect import detect, load_spec
from builder.processes import processes, release_argv
from builder.render import BuildNetwork, render, repo_layer
from slipway.buildplan import BuildPlan
from slipway.errors import SlipwayError
from slipway.spec import Spec
from templates.engine import Engine

CASES = Path(__file__).parent.parent / "cases"
UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir() if path.is_dir()))
def test_case(case: str) -> None:
    folder = CASES / case
    found, dockerfile = _outcome(folder)
    if UPDATE:
        _write(folder / "expected.toml", _toml(found))
        _write(folder / "expected.Dockerfile", dockerfile)
    expected = folder / "expected.Dockerfile"
    assert found == tomllib.loads((folder / "expected.toml").read_text())
    assert dockerfile == (expected.read_text() if expected.is_file() else "")


def _outcome(folder: Path) -> tuple[dict[str, object], str]:
    try:
        spec = load_spec(folder)
        plan = detect(folder, spec)
        image = render("shop", folder, plan, spec, BuildNetwork(), Engine([repo_layer(folder)]))
        return _described(plan, spec), image.dockerfile.text if image.dockerfile else ""
    except SlipwayError as error:
        told = {"what": error.what, "where": error.where, "next": error.next, "lines": list(error.lines)}
        return {"error": {"code": error.code, **told}}, ""


def _described(plan: BuildPlan, spec: Spec) -> dict[str, object]:
    found = {
        process.name: {"argv": list(process.argv), "port": process.port or 0}
        for process in processes(plan, spec, {})
    }
    return {
        "headline": plan.headline(),
        "warnings": list(plan.warnings),
        "release_hint": plan.release_hint,
        "release": list(release_argv(plan, spec)),
        "processes": found,
    }


def _toml(value: Mapping[str, object], path: str = "") -> str:
    plain = [f"{key} = {_shown(item)}" for key, item in value.items() if not isinstance(item, dict)]
    tables = [_toml(item, f"{path}{key}.") for key, item in value.items() if isinstance(item, dict)]
    head = [f"\n[{path.removesuffix('.')}]"] if path and plain else []
    return "\n".join([*head, *plain, *tables])


def _shown(value: object) -> str:
    if isinstance(value, list) and len(json.dumps(value)) > 90:
        return "[\n" + "".join(f"    {json.dumps(item, ensure_ascii=False)},\n" for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _write(path: Path, text: str) -> None:
    if text:
        path.write_text(text.rstrip("\n") + "\n")
    else:
        path.unlink(missing_ok=True)
