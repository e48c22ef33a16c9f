"""Whether a letter or number beside a code is a word of a sentence."""

from __future__ import annotations

import pytest

from convsim.canaries.prose import begins_prose, begins_sentence, ends_sentence, says_i


@pytest.mark.parametrize(
    ("text", "gap", "is_word"),
    [
        ("A colleague can help", ". ", True),
        ("A *secret* is one", " ", True),
        ("A Gemini block", ". ", True),
        ("A today", " ", False),
        ("A. Thanks", ". ", False),
        ("J alone is not", ". ", True),
        ("J alone is not", " ", False),
        ("4 colleagues", "\n", True),
        ("4 of them", "\n", False),
        ("One more", " ", True),
        ("One is enough", ". ", True),
        ("one more", ". ", False),
    ],
)
def test_a_word_goes_on_in_prose(text: str, gap: str, is_word: bool) -> None:
    """What follows a code does not."""
    assert begins_prose(text, 0, gap, "kilo, four") is is_word


def test_a_number_like_those_of_the_code_is_one_of_them() -> None:
    """Where they have capitals, too."""
    assert not begins_prose("One is enough", 0, ". ", "Kilo. Four")


@pytest.mark.parametrize(
    ("text", "says"), [("I hope so", True), ("I'll see", True), ("I, X", False), ("I'", False)]
)
def test_who_says_i(text: str, says: bool) -> None:
    """A speaker goes on."""
    assert says_i(text, 0) is says


def test_sentences_end_and_begin_in_gaps() -> None:
    """With a stop and a blank, or a line end; with a capital."""
    assert [ends_sentence(gap) for gap in (". ", "\n", ".", ", ")] == [True, True, False, False]
    assert [begins_sentence(gap) for gap in (" This ", " DASH ", " dash ")] == [True, False, False]
