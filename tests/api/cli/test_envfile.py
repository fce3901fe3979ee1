"""Files of config vars."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cli.envfile import KEY, read_env
from slipway.errors import Invalid

GOOD = {
    "plain": ("A=1\nB=two words\n", {"A": "1", "B": "two words"}),
    "export": ("export A=1\nexport  B='2'", {"A": "1", "B": "2"}),
    "comments": (
        "# head\n\n  # more\nA=1 # why\nB=a#b\nC=#all\nD= # none",
        {"A": "1", "B": "a#b", "C": "", "D": ""},
    ),
    "spaces around =": (" A = 1 \n", {"A": "1"}),
    "empty": ("A=\nB=''\nC=\"\"", {"A": "", "B": "", "C": ""}),
    "single quotes": (r"A='it is \n $HOME # so' # why", {"A": r"it is \n $HOME # so"}),
    "double quotes": ('A="a\\nb\\t\\"c\\" \\$ \\\\ \\q" # why', {"A": 'a\nb\t"c" $ \\ \\q'}),
    "over lines": (
        'KEY="-----BEGIN\nabc # no comment\n-----END"\nB=1',
        {"KEY": "-----BEGIN\nabc # no comment\n-----END", "B": "1"},
    ),
    "= in the value": ("URL=postgres://u:p@h/db?a=b", {"URL": "postgres://u:p@h/db?a=b"}),
    "the later wins": ("A=1\nA=2", {"A": "2"}),
    "CRLF and BOM": ("\ufeffA=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
    "nothing is interpolated": ("A=${HOME}`id`$(id)", {"A": "${HOME}`id`$(id)"}),
}
BAD = {
    "no =": ("A=1\nsecret-value", ".env:2", "no ="),
    "no name": ("1A=x", ".env:1", "'1A' is no name"),
    "name with a dash": ("\nA-B=x", ".env:2", "'A-B' is no name"),
    "open single quote": ("A='secret", ".env:1", "not closed"),
    "open double quote": ('B=1\nA="secret\n\nC=2\n', ".env:2", "never closed"),
    "text after a quote": ("A='x'secret", ".env:1", "after the closing quote"),
    "text after a long quote": ('A="x\ny" secret', ".env:1", "after the closing quote"),
}


@pytest.mark.parametrize("name", GOOD)
def test_good(name: str) -> None:
    text, expected = GOOD[name]
    assert read_env(text, ".env") == expected


@pytest.mark.parametrize("name", BAD)
def test_bad(name: str) -> None:
    text, where, reason = BAD[name]
    with pytest.raises(Invalid, match=reason) as caught:
        read_env(text, ".env")
    assert caught.value.where == where
    assert "secret" not in caught.value.shown()


@given(
    st.text(st.characters(exclude_characters='"\\', exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=50)
)
def test_what_is_in_double_quotes_comes_out(value: str) -> None:
    assert read_env(f'A="{value}"', ".env") == {"A": value}


@given(st.text(max_size=100))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(Invalid):
        assert all(KEY.fullmatch(key) for key in read_env(text, ".env"))
