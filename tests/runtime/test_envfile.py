"""Config vars come back from the env file as they went in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.envfile import env_file, quoted
from slipway.secret import Secret

KEYS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True)
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "$": "$"}


def parsed(text: str) -> dict[str, str]:
    """What Compose's documented rules make of an env file of double-quoted values.

    https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax
    A `$` that is not escaped would be a variable, and a line end inside of quotes is refused here.
    """
    found = {}
    for line in text.removesuffix("\n").split("\n") if text else []:
        key, _, rest = line.partition("=")
        assert rest.startswith('"')
        value, chars = "", iter(rest[1:])
        for char in chars:
            if char == '"':
                break
            assert char not in "$\r"
            value += ESCAPES[next(chars)] if char == "\\" else char
        assert list(chars) == []
        found[key] = value
    return found


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_every_value_comes_back(env: dict[str, str]) -> None:
    secret = env_file({key: Secret(value) for key, value in env.items()}, "env of shop, config 7")
    assert parsed(secret.reveal()) == env


@given(st.dictionaries(KEYS, st.from_regex(r"[g-z]{8}", fullmatch=True), max_size=5))
def test_what_a_person_sees_names_the_vars_and_hides_the_values(env: dict[str, str]) -> None:
    secret = env_file({key: Secret(value) for key, value in env.items()}, "env of shop, config 7")
    assert secret.masked == "".join(f"{key}=***\n" for key in sorted(env))
    assert secret.label == "env of shop, config 7"


def test_the_same_config_is_the_same_file_in_whatever_order() -> None:
    one, other = {"A": Secret("1"), "B": Secret("2")}, {"B": Secret("2"), "A": Secret("1")}
    assert env_file(one, "x") == env_file(other, "x")


def test_a_nul_is_refused_without_showing_the_value() -> None:
    with pytest.raises(ValueError, match="NUL") as caught:
        quoted("hunter22\0")
    assert "hunter22" not in str(caught.value)
