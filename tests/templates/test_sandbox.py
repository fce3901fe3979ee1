"""Templates from strangers: nothing but data, bounded work, no new lines."""

from typing import Any

import pytest

from slipway.errors import TemplateError
from templates.engine import Engine
from templates.layers import Layer


def render(source: str, **context: Any) -> str:  # noqa: ANN401 - what templates see
    return Engine([Layer("repo", {"x": source}, "repo")]).render("x", context).text


class Object:
    """Anything that is no data."""

    secret = "hunter22"


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ ''['__class__'] }}",
        "{{ ''|attr('__class__') }}",
        "{{ [].append(1) }}",
        "{{ {}.update({1: 2}) }}",
        "{{ 'x'.format(1) }}",
        "{{ '{0.__class__}'.format('') }}",
        "{{ 'x'.format_map({}) }}",
        "{{ 'x' % 1 }}",
        "{{ self._TemplateReference__context }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler }}",
        "{{ lipsum() }}",
        "{{ joiner.__init__ }}",
        "{{ namespace }}",
        "{{ dict }}",
        "{{ because.__globals__ }}",
        "{{ range.__code__ }}",
        "{{ environment }}",
        "{% for x in [1] %}{{ loop.__class__ }}{% endfor %}",
        "{% macro m() %}{% endmacro %}{{ m.__call__ }}",
        "{% macro m() %}{{ caller.__globals__ }}{% endmacro %}{% call m() %}{% endcall %}",
        "{% import 'x' as x %}{{ x.__loader__ }}",
        "{{ [1]|map(attribute='__class__')|list|json }}",
        "{{ 'x'|string|tojson }}",
        "{{ 'x'|pprint }}",
        "{{ 'a'|xmlattr }}",
        "{% autoescape true %}{% endautoescape %}",
        "{% set x = 1 %}{{ x.real.__class__ }}",
    ],
)
def test_there_is_no_way_out_of_the_sandbox(source: str) -> None:
    with pytest.raises(TemplateError):
        render(source)


def test_an_object_that_is_no_data_is_not_handed_in() -> None:
    with pytest.raises(TemplateError) as caught:
        render("{{ it.secret }}", it=Object())
    assert "hunter22" not in caught.value.shown()


@pytest.mark.parametrize("end", ["\n", "\r", "\0", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize(
    "source",
    ["RUN {{ v }}", "RUN {{ v ~ 'x' }}", "RUN {{ v + 'x' }}", "RUN {{ [v]|join }}", "RUN {{ v|trim }}x"],
)
def test_a_line_end_in_a_value_is_refused_and_the_value_not_shown(end: str, source: str) -> None:
    with pytest.raises(TemplateError, match="line end or NUL") as caught:
        render(source, v=f"hunter22{end}RUN evil")
    assert "hunter22" not in caught.value.shown()
    assert "evil" not in caught.value.shown()


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(99999999999) %}{% endfor %}",
        "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include 'x' %}",
        "{% extends 'x' %}",
        "{{ 'x' * 999999999 }}",
        "{{ 9 ** 999999 }}",
        "{{ (2 * 9223372036854775807) * 2 }}",
        "{% set x = 'x' * 2 %}",
        "{% set ns = 'aaaaaaaaaa' %}{% for i in range(9) %}{% set ns = ns ~ ns %}{{ ns * 99 }}{% endfor %}",
        "{{ 'a'|replace('a', 'a' ~ v)|replace('a', v)|replace('a', v) }}",
        "{{ [v, v, v, v]|join|json }}{{ ([v] * 9)|join }}",
        "{% for a in range(9000) %}{{ v }}{% endfor %}",
        "{{ 'x'|indent(99999999) }}{{ v|indent(80, true)|replace('', v) }}",
    ],
)
def test_work_and_text_are_bounded(source: str) -> None:
    with pytest.raises(TemplateError):
        render(source, v="a" * 60_000)


def test_a_loop_within_the_bounds_is_no_error() -> None:
    assert render("{% for a in range(1000) %}{{ a }},{% endfor %}").count(",") == 1000


def test_nesting_beyond_reason_is_an_error_and_no_crash() -> None:
    with pytest.raises(TemplateError):
        render("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}")
    with pytest.raises(TemplateError):
        render("{% if 1 %}" * 3000 + "{% endif %}" * 3000)


def test_a_template_changes_no_value_of_its_caller() -> None:
    values = {"a": [1, 2], "b": {"c": [3]}}
    render("{% set a = [9] %}{{ b.c[0] }}", **values)
    assert values == {"a": [1, 2], "b": {"c": [3]}}
