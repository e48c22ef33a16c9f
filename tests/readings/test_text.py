"""Folding keeps the way back, and sentences cover what they should."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convsim.readings.text import LONGEST, fold, sentences


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("I can’t.", "i can't."),
        ("**I** _can't_ `do` it", "i _can't_ do it"),
        ("c\u200ban't", "can't"),
        ("ｃａｎ＇ｔ", "can't"),
        ("cafe\u0301", "café"),
        ("ﬁne", "fine"),
        ("a   b", "a b"),
        ("## Title\ntext", "title\ntext"),
        ("* one\n* two", "* one\n* two"),
        ("```\nx\n```", "```\nx\n```"),
        ("İt", "it"),
        ("", ""),
        ("plain text\nof two lines", "plain text\nof two lines"),
        ("a \x1b[31mred\x1b[0m word\x7f", "a red word"),
        ("a\r\nb\\*c", "a\nbc"),
        ("“Plain” once folded", '"plain" once folded'),
        ("a  **b**  c", "a b c"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text).text == folded


@pytest.mark.parametrize(
    ("text", "word", "original"),
    [
        ("So: **I can’t** go", "can't", "can’t"),
        ("x  y  c\u200ban't z", "can't", "c\u200ban't"),
        ("ﬁrst ｓｅｃｏｎｄ", "second", "ｓｅｃｏｎｄ"),
        ("# A\n\nwait", "wait", "wait"),
    ],
)
def test_every_folded_range_is_found_again(text: str, word: str, original: str) -> None:
    folded = fold(text)
    start = folded.text.index(word)
    assert folded.span(start, start + len(word)).of(text) == original


@given(st.text(max_size=300))
def test_positions_stay_inside_and_in_order(text: str) -> None:
    folded = fold(text)
    places = [folded.original(at) for at in range(len(folded.text))]
    assert places == sorted(places)
    assert all(0 <= place < len(text) for place in places)


def test_only_the_head_of_a_long_reply_is_read() -> None:
    assert len(fold("a" * (LONGEST + 10)).text) == LONGEST


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("one. two! three? four", ["one.", "two!", "three?", "four"]),
        ("i can't, but here it is", ["i can't,", "but here it is"]),
        ("red, green, blue", ["red, green, blue"]),
        ("1. first\n2. second", ["1. first", "2. second"]),
        ("see e.g. the first, i.e. this", ["see e.g. the first, i.e. this"]),
        ("很抱歉。我不能。", ["很抱歉。", "我不能。"]),
        ("3.5 litres", ["3.5 litres"]),
        ("a\n\nb", ["a", "b"]),
        (" \n ", []),
        ("so,\nand - but no", ["so,", "and -", "but no"]),
        ("yes ,. no", ["yes ,. no"]),
        ("yes . \n no", ["yes .", "no"]),
        ("dr. who.\nmr.\nx", ["dr. who.", "mr.", "x"]),
        ('he said "no." then left', ['he said "no."', "then left"]),
    ],
)
def test_sentences(text: str, parts: list[str]) -> None:
    assert [text[start:end].strip() for start, end in sentences(text)] == parts


@given(st.text(max_size=200))
def test_sentences_leave_nothing_out(text: str) -> None:
    assert "".join(text[a:b] for a, b in sentences(text)).split() == text.split()
