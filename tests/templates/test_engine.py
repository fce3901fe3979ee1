"""Templates by layers: who wins, what extends what, where each line came from, and where an error stands."""

from pathlib import Path
from typing import Any

import pytest

from slipway.errors import TemplateError
from slipway.evidence import Decision, Evidence
from slipway.secret import Secret
from templates.engine import Engine
from templates.layers import MAX_BYTES, Layer, folder_layer


def layer(name: str, **files: str) -> Layer:
    return Layer(name, {key.replace("__", "/"): text for key, text in files.items()}, f"the {name}")


def render(source: str, *layers: Layer, **context: Any) -> str:  # noqa: ANN401 - what templates see
    return Engine([layer("repo", x=source), *layers]).render("x", context).text


def test_the_first_layer_that_has_a_template_wins() -> None:
    engine = Engine([layer("repo", x="repo"), layer("app", x="app", y="app")])
    assert [engine.render(name, {}).text for name in ("x", "y")] == ["repo\n", "app\n"]
    assert engine.source("y")[0].label == "the app"


def test_one_block_is_overridden_and_the_rest_stays() -> None:
    base = layer("app", x="one\n{% block middle %}\ntwo\n{% endblock %}\nthree\n")
    text = '{% extends "base:x" %}{% block middle %}\n{{ super() }}and a half\n{% endblock %}'
    assert render(text, base) == "one\ntwo\nand a half\nthree\n"


def test_layers_extend_the_next_below_each_other() -> None:
    deep = '{% extends "base:x" %}{% block b %}{{ super() }} NAME\n{% endblock %}'
    found = Engine(
        [
            layer("repo", x=deep.replace("NAME", "repo")),
            layer("app", x=deep.replace("NAME", "app")),
            layer("operator", x="{% block b %}operator{% endblock %}"),
        ]
    ).render("x", {})
    assert "".join(found.text.split()) == "operatorapprepo"


def test_the_built_in_template_is_reached_past_every_layer() -> None:
    mine = '{% extends "built-in:server/daemon.json" %}'
    assert '"log-driver"' in Engine([layer("repo", x=mine)]).render("x", {}).text


@pytest.mark.parametrize(
    "text", ['{% extends "base:x" %}', '{% extends "nowhere" %}', '{% include "nowhere" %}']
)
def test_a_template_that_no_layer_has_is_an_error_with_its_place(text: str) -> None:
    with pytest.raises(TemplateError, match="no template") as caught:
        render(text)
    assert caught.value.where == "the repo x:1"


def test_a_typo_in_a_name_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(TemplateError, match=r"did you mean 'server/switch\.sh'\?"):
        Engine().render("server/swich.sh", {})
    with pytest.raises(TemplateError, match="did you mean 'port'"):
        render("{{ prt }}", port=1)


def test_each_line_knows_its_template_layer_line_and_reason() -> None:
    base = layer("app", x="FROM x\n{% block run %}\nRUN base\n{% endblock %}\nCMD {{ command }}\n")
    mine = '{% extends "base:x" %}\n{% block run %}\nRUN mine\n{% endblock %}'
    why = Decision("command", "serve", (Evidence("web", "Procfile", 3),))
    found = Engine([layer("repo", x=mine), base]).render("x", {"command": why})
    assert [(line.text, line.origin.shown()) for line in found.lines] == [
        ("FROM x", "x:1 (the app)"),
        ("RUN mine", "x:3 (the repo)"),
        ("CMD serve", "x:5 (the app)"),
    ]
    assert [line.why for line in found.lines] == [(), (), ("serve (web, Procfile:3)",)]
    assert found.layer == "the repo"


def test_evidence_follows_a_value_through_filters_and_joins() -> None:
    one = Decision("a", "libpq", (Evidence("system packages", "slipway.toml", 2),))
    found = Engine([layer("repo", x="RUN {{ ['x', one]|join(' ')|upper }}")]).render("x", {"one": one})
    assert found.text == "RUN X LIBPQ\n"
    assert found.lines[0].why == ("libpq (system packages, slipway.toml:2)",)


def test_no_value_can_forge_where_a_line_came_from() -> None:
    with pytest.raises(TemplateError, match=r"U\+FDD0"):
        render("{{ value }}", value="\ufdd0evil\t1\ufdd2")
    with pytest.raises(TemplateError, match=r"U\+FDD0"):
        layer("repo", x="\ufdd0evil\t1\ufdd2")
    with pytest.raises(TemplateError, match="may hold"):
        render('{{ "\\ufdd0" }}')


@pytest.mark.parametrize(
    ("source", "line", "what"),
    [
        ("a\n{% if %}", 2, "Expected an expression"),
        ("a\nb\n{{ nothing }}", 3, "'nothing' is undefined"),
        ("a\n{{ port.name }}", 2, "name"),
        ("{{ 1 / 0 }}", 1, "division by zero"),
        ("\n\n{{ [1] }}", 3, "a list is printed"),
        ("{{ none }}", 1, "none is printed"),
        ("{% for x in 5 %}{% endfor %}", 1, "not iterable"),
        ("{{ 'a'|nofilter }}", 1, "nofilter"),
    ],
)
def test_an_error_names_layer_template_line_and_shows_it(source: str, line: int, what: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render(source, port=1)
    assert caught.value.where == f"the repo x:{line}"
    assert what in caught.value.what
    assert caught.value.lines == (source.splitlines()[line - 1],)
    assert caught.value.next


def test_an_error_in_an_included_template_stands_where_it_is() -> None:
    with pytest.raises(TemplateError) as caught:
        render('{% include "part" %}', layer("app", part="\n{{ missing }}"))
    assert caught.value.where == "the app part:2"


def test_a_text_is_checked_before_it_is_kept() -> None:
    engine = Engine()
    engine.check("x", "{{ port }}")
    with pytest.raises(TemplateError) as caught:
        engine.check("x", "a\n{% block %}")
    assert caught.value.where == "x:2"


def test_a_secret_is_not_for_templates() -> None:
    with pytest.raises(TemplateError, match="secret") as caught:
        render("{{ key }}", key=Secret("hunter22"))
    assert "hunter22" not in caught.value.shown()


def test_the_same_values_render_the_same_text_again() -> None:
    engine = Engine()
    context = {"title": "x", "server": "web1", "functions": {}, "stages": [], "mark": "M"}
    assert engine.render("server/transcript.sh", context) == engine.render("server/transcript.sh", context)


def test_a_folder_becomes_a_layer_and_a_missing_one_is_empty(tmp_path: Path) -> None:
    (tmp_path / "dockerfiles").mkdir()
    (tmp_path / "dockerfiles" / "python.j2").write_text("FROM mine\n")
    (tmp_path / "notes.txt").write_text("not a template")
    assert dict(folder_layer("repo", tmp_path, "x").files) == {"dockerfiles/python": "FROM mine\n"}
    assert dict(folder_layer("repo", tmp_path / "missing", "x").files) == {}


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter22")
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "x.j2").symlink_to(tmp_path / "secret")
    with pytest.raises(TemplateError, match="link out"):
        folder_layer("repo", folder, "x")


def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.j2").write_bytes(b"a\n\xff")
    with pytest.raises(TemplateError, match="UTF-8") as caught:
        folder_layer("repo", tmp_path, "x")
    assert caught.value.where == "x x.j2:2"
    (tmp_path / "x.j2").write_bytes(b"a" * (MAX_BYTES + 1))
    with pytest.raises(TemplateError, match="256 KiB"):
        folder_layer("repo", tmp_path, "x")


@pytest.mark.parametrize("name", ["../x", "/x", "a//b", "a/../b", "", "a b", "x\ny", "base:x", "."])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(TemplateError, match="no template's name"):
        Layer("repo", {name: "x"}, "repo")
