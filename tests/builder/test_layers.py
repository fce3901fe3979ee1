"""Templates of the repo, of the app (through the API) and of the operator, one upon the other."""

from pathlib import Path

import pytest

from builder.detect import detect, load_spec
from builder.explain import explain
from builder.render import BuildNetwork, RenderedImage, render, repo_layer
from slipway.errors import TemplateError
from templates.engine import Engine
from templates.layers import Layer

PYTHON = "dockerfiles/python"
OPERATOR = Layer(
    "operator",
    {PYTHON: '{% extends "base:dockerfiles/python" %}{% block env %}{{ super() }}ENV TZ=UTC\n{% endblock %}'},
    "/etc/slipway/templates",
)
APP = Layer(
    "app",
    {
        PYTHON: '{% extends "base:dockerfiles/python" %}\n'
        "{% block env %}\n{{ super() -}}\nENV COLOUR=blue\n{% endblock %}\n"
    },
    "overrides of shop",
)
REPO = (
    '{% extends "base:dockerfiles/python" %}\n{% block command %}\nCMD ["python", "own.py"]\n{% endblock %}\n'
)


def test_each_layer_extends_the_one_below(repo: Path) -> None:
    text = _text(_rendered(repo, [repo_layer(repo), APP, OPERATOR]))
    assert "ENV TZ=UTC\nENV COLOUR=blue\n" in text
    assert text.endswith('CMD ["python", "own.py"]\n')
    assert text.count("FROM python:") == 2


def test_a_whole_file_replaces_those_below(repo: Path) -> None:
    whole = Layer(
        "app", {PYTHON: "FROM scratch\nCOPY . .\nCMD {{ command_argv|argv }}\n"}, "overrides of shop"
    )
    text = _text(_rendered(repo, [whole, OPERATOR]))
    assert text == 'FROM scratch\nCOPY . .\nCMD ["python", "main.py"]\n'


def test_a_shared_part_is_overridden_for_every_file_that_includes_it(repo: Path) -> None:
    parts = Layer("app", {"dockerfiles/caddyfile": ":8080\nfile_server\n"}, "overrides of shop")
    (repo / "main.py").unlink()
    (repo / "index.html").write_text("")
    text = _text(_rendered(repo, [parts]))
    assert "    :8080 \\\n    file_server \\\n" in text


def test_the_dockerignore_is_a_template_too(repo: Path) -> None:
    ignore = Layer("app", {"dockerignore": '{% include "base:dockerignore" %}\n*.csv\n'}, "overrides of shop")
    assert _rendered(repo, [ignore]).dockerignore.text.endswith("*.csv\n")


def test_each_line_says_whose_it_is(repo: Path) -> None:
    file = _rendered(repo, [repo_layer(repo), APP, OPERATOR]).dockerfile
    assert file
    by_text = {line.text: line for line in explain(file)}
    assert by_text["ENV TZ=UTC"].layer == OPERATOR.label
    assert by_text["ENV COLOUR=blue"].template == "dockerfiles/python:4 (overrides of shop)"
    assert by_text['CMD ["python", "own.py"]'].layer == ".slipway/templates"
    assert by_text["USER 1000"].layer == "built in"


def test_a_broken_override_names_its_layer_and_line(repo: Path) -> None:
    broken = Layer("app", {PYTHON: "FROM scratch\n{{ nothing }}\n"}, "overrides of shop")
    with pytest.raises(TemplateError) as caught:
        _rendered(repo, [broken])
    assert caught.value.where == "overrides of shop dockerfiles/python:2"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text("")
    own = tmp_path / ".slipway/templates/dockerfiles/python.j2"
    own.parent.mkdir(parents=True)
    own.write_text(REPO)
    return tmp_path


def _rendered(repo: Path, layers: list[Layer]) -> RenderedImage:
    spec = load_spec(repo)
    return render("shop", repo, detect(repo, spec), spec, BuildNetwork(), Engine(layers))


def _text(image: RenderedImage) -> str:
    assert image.dockerfile
    return image.dockerfile.text
