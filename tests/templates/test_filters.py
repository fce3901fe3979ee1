"""Values that cross into another language: what comes back is what went in, or it is refused."""

import json
import shlex
import subprocess
import tomllib

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.errors import TemplateError
from templates import filters
from templates.values import LINE_END

LINE = st.text(st.characters(codec="utf-8"), max_size=30).filter(lambda text: not LINE_END.search(text))
TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
DATA = st.recursive(
    st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(LINE)
def test_a_word_of_a_shell_comes_back(text: str) -> None:
    assert shlex.split(filters.sh(text)) == [text]


@settings(max_examples=50, deadline=None)
@given(st.lists(LINE, min_size=1, max_size=4))
def test_a_real_shell_sees_the_words_that_were_meant(words: list[str]) -> None:
    script = f"printf '%s\\n' {filters.sh(words)}"
    answer = subprocess.run(["sh", "-c", script], capture_output=True, check=True)
    assert answer.stdout.decode() == "".join(f"{word}\n" for word in words)


@given(DATA | st.none())
def test_json_comes_back_from_json_and_from_yaml(value: object) -> None:
    written = filters.json(value)
    assert json.loads(written) == value
    assert not LINE_END.search(written)


@given(
    st.recursive(TEXT | st.booleans() | st.integers(-1000, 1000), lambda inner: st.lists(inner, max_size=3))
)
def test_yaml_comes_back_from_yaml_on_one_line(value: object) -> None:
    written = filters.yaml(value)
    assert yaml.safe_load(f"key: {written}\nnext: 1\n") == {"key": value, "next": 1}
    assert len(written.splitlines()) <= 1


@given(TEXT)
def test_a_compose_value_holds_no_variable(text: str) -> None:
    written = yaml.safe_load(filters.compose(text))
    assert "$" not in written.replace("$$", "")
    assert written.replace("$$", "$") == text


@given(st.dictionaries(TEXT, DATA, max_size=3))
def test_toml_comes_back(value: dict[str, object]) -> None:
    written = filters.toml(value)
    assert tomllib.loads(f"key = {written}\nnext = 1\n") == {"key": value, "next": 1}
    assert not LINE_END.search(written)


@given(st.lists(TEXT.filter(lambda text: "\0" not in text), max_size=4))
def test_a_command_is_a_json_array_of_its_words(words: list[str]) -> None:
    assert json.loads(filters.argv(words)) == words


@given(LINE)
def test_an_instructions_value_is_quoted_and_expands_nothing(text: str) -> None:
    written = filters.dockerfile_env(text)
    inner = written[1:-1]
    assert written[0] == written[-1] == '"'
    plain, chars = "", iter(inner)
    for char in chars:
        assert char not in '"$'
        plain += next(chars) if char == "\\" else char
    assert plain == text


@given(LINE)
def test_a_comment_is_one_line_and_no_directive(text: str) -> None:
    written = filters.comment(text)
    assert not LINE_END.search(written)
    assert written in (text, f"- {text}")
    assert not written.startswith(("syntax=", "escape=", "!"))


@pytest.mark.parametrize("text", ["syntax=evil", " escape = `", "check=skip=all", "!/bin/sh", "a\nsyntax=x"])
def test_a_comment_that_would_be_a_directive_is_none(text: str) -> None:
    assert filters.comment(text).lstrip()[:1] in ("-", "a")


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ("http://shop.example.org:80", "http://shop.example.org:80"),
        ("a b", '"a b"'),
        ('say "x"', '`say "x"`'),
        ("a\\b", "`a\\b`"),
        ("`x", '"`x"'),
        ('`"x', '"`\\"x"'),
        ("", '""'),
        ("#", '"#"'),
    ],
)
def test_a_token_of_a_caddyfile(value: str, token: str) -> None:
    assert filters.caddy(value) == token


@pytest.mark.parametrize("value", ["{env.HOME}", "{", "}", "a\nb", "`\\"])
def test_what_a_caddyfile_cannot_hold_is_refused(value: str) -> None:
    with pytest.raises(TemplateError):
        filters.caddy(value)


def test_a_percent_in_a_crontab_ends_no_command() -> None:
    assert filters.cron("date +%F") == "date +\\%F"
    for text in ("a\nb", "a \\% b", "a \\\\ b"):
        with pytest.raises(TemplateError):
            filters.cron(text)


@pytest.mark.parametrize(
    "filter_", [filters.sh, filters.argv, filters.dockerfile_env, filters.caddy, filters.toml]
)
def test_what_a_language_cannot_say_is_refused_and_not_shown(filter_: object) -> None:
    for value in (None, ["hunter22\0", object()], object()):
        with pytest.raises(TemplateError) as caught:
            filter_(value)  # type: ignore[operator]
        assert "hunter22" not in caught.value.shown()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_json_has_not_is_refused(value: float) -> None:
    with pytest.raises((TemplateError, ValueError)):
        filters.json(value)
