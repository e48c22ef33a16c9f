"""Columns of a terminal: what is wider than its characters say, and lines that keep to a width."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convsim.columns import columns, cut, padded, wrap

TEXTS = st.text(st.sampled_from("ab -,。（漢字हिंé\u0301…\n\t") | st.characters(codec="utf-8"))


@pytest.mark.parametrize(
    ("text", "wide"),
    [
        ("abc", 3),
        ("漢字", 4),
        ("हिन्दी", 5),
        ("é", 1),
        ("e\u0301", 1),
        ("ｱ", 1),
        ("ア", 2),
        ("שלום", 4),
        ("a\u200bb", 2),
        ("", 0),
    ],
)
def test_columns(text: str, wide: int) -> None:
    assert columns(text) == wide


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("漢字漢字", 5, "漢字…"),
        ("漢字漢字", 6, "漢字…"),
        ("abc", 1, ""),
        ("a bc", 3, "a…"),
    ],
)
def test_what_does_not_fit_is_cut(text: str, most: int, kept: str) -> None:
    """The sign of it counts, and no space stands before it."""
    assert cut(text, most) == kept


def test_what_follows_stands_in_its_column() -> None:
    assert [padded(text, 5) + "|" for text in ("ab", "漢字", "too long")] == [
        "ab   |",
        "漢字 |",
        "too long|",
    ]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("één twee drie", 8, ["één twee", "drie"]),
        ("één-twee drie", 7, ["één-", "twee", "drie"]),
        ("漢字漢字漢字", 5, ["漢字", "漢字", "漢字"]),
        ("漢字（漢）。漢", 8, ["漢字", "（漢）。", "漢"]),
        ("漢字 and 漢字", 8, ["漢字 and", "漢字"]),
        ("été" * 4, 5, ["étéét", "éétéé", "té"]),
        ("été\nété", 80, ["été été"]),
        ("  ", 5, []),
        ("é", 1, ["é"]),
        ("", 5, []),
    ],
)
def test_lines_break_where_their_script_does(text: str, width: int, lines: list[str]) -> None:
    """Latin after words, Chinese between any two characters but before punctuation."""
    assert wrap(text, width) == lines


@given(TEXTS, st.integers(2, 30))
def test_no_line_is_too_wide_and_nothing_is_lost(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(columns(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.lists(st.text("abé", min_size=1)).map(" ".join), st.integers(3, 20))
def test_other_scripts_are_broken_as_ever(text: str, width: int) -> None:
    """What is neither wide nor combined has the lines that Python's own wrapping gives it."""
    assert wrap(text, width) == [line.rstrip() for line in textwrap.wrap(text, width)]
