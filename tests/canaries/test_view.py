"""Letters and digits in one piece, and where each of them stands."""

from __future__ import annotations

import pytest

from convsim.canaries.view import View, words_of


def test_everything_else_is_left_out() -> None:
    """Cased words become one lower-case run."""
    view = View("Ab-1, ü!", words_of("Ab-1, ü!"))
    assert view.squeezed == "ab1ü"
    assert view.bounds(0, 3) == [(0, 1), (1, 2), (3, 4), (6, 7)]
    assert view.bounds(1, 2) == [(1, 2), (3, 4)]


def test_a_word_that_stands_for_a_letter_is_its_place() -> None:
    """And one that stands for nothing has none."""
    text = "the Kilo 4"
    view = View(text, words_of(text), {"the": "", "Kilo": "k"})
    assert view.squeezed == "k4"
    assert view.bounds(0, 1) == [(4, 8), (9, 10)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a_b c1", ["a", "b", "c1"]),
        ("コードKX7です", ["コード", "KX7", "です"]),
        ("สีฟ้า", ["สีฟ้า"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    """ASCII and other letters apart; vowels that are marks are in the word."""
    assert words_of(text) == words


def test_occurrences_may_overlap() -> None:
    """Each place is one."""
    assert list(View("aaa", ["aaa"]).occurrences("aa")) == [0, 1]
