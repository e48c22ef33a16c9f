"""How wide a text is, and what of it fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convsim.drawing.text import cut, width, wrapped


@pytest.mark.parametrize(
    ("text", "wide"),
    [("", 0), ("m", 9.74), ("i", 2.78), ("mi", 12.52), ("漢", 10), ("\u0301", 0), ("Ü", 8.6)],
)
def test_the_width_is_that_of_a_wide_font(text: str, wide: float) -> None:
    assert width(text, 10) == pytest.approx(wide)
    assert width(text, 10, bold=True) >= wide


@given(st.text(), st.floats(20, 300))
def test_what_is_cut_fits(text: str, most: float) -> None:
    assert width(cut(text, most, 11), 11) <= most


@given(st.text(), st.floats(20, 300), st.integers(1, 4))
def test_wrapped_lines_fit(text: str, most: float, lines: int) -> None:
    """No more lines than asked for, none too wide, none empty."""
    found = wrapped(text, most, 11, lines=lines)
    assert len(found) <= lines
    assert all(found)
    assert all(width(line, 11) <= most + 0.01 for line in found)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("one two three four five", ["one two", "three fo…"]),
        ("abcdefghijklmnop", ["abcdefghi", "jklmnop"]),
        ("", []),
    ],
)
def test_lines_end_between_words(text: str, lines: list[str]) -> None:
    """Or inside one that is too long."""
    assert wrapped(text, 50, 10, lines=2) == lines
