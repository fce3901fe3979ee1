"""Sizes as people read them."""

import pytest

from slipway.size import shown_size


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (1234, "1.2 kB"), (52_300, "52 kB"), (4_100_000, "4.1 MB"),
     (104_500_000, "104 MB"), (1_500_000_000, "1.5 GB")],
)  # fmt: skip
def test_a_size_has_two_or_three_digits_and_its_unit(count: int, shown: str) -> None:
    assert shown_size(count) == shown
