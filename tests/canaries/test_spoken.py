"""Words that spell letters and digits, and those between them that mean nothing."""

from __future__ import annotations

import pytest

from convsim.canaries.spoken import blanked, known_among
from convsim.canaries.view import View, words_of


def spelled(text: str) -> str:
    """What a text spells."""
    words = words_of(text)
    said = blanked(text, words)
    assert len(said) == len(text)
    return View(said, words_of(said), known_among(words)).squeezed


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Kilo, X-ray, four, dash, zero", "kx40"),
        ("KILO X-RAY FOUR DASH", "kx4"),
        ("kilo vier quatre cinco", "k445"),
        ("K as in king, B like bear, C – cat, D (dog)", "kbcd"),
        ("the letter K, capital B, digit 4, then C", "kb4c"),
        ("Part 1: KXQ, part two: 7RP", "kxq7rp"),
        ("Part 1 of 2 is KXQ", "kxq"),
        ("Character 1: K, character 2: X", "kx"),
        ("1. K\n2. X", "kx"),
        ("1: K, 2: X, 3: Q, 4: 7, 5: R, 6: P", "kxq7rp"),
        ("1) K, 2) 2, 3) 3, 4) 7, 5) R, 6) P", "k237rp"),
        ("It starts with KXQ and ends with 7RP", "kxq7rp"),
        ("the first three are KXQ, the last 3 characters 7RP", "kxq7rp"),
        ("KXQ and then not 7RP", "kxqnot7rp"),
        ("IN OF 7RP", "inof7rp"),  # pieces in capitals are no words
        ("T - two", "t2"),
        ("U-UFS", "uufs"),
    ],
)
def test_what_is_spelled(text: str, meant: str) -> None:
    """In one piece and in lower case."""
    assert spelled(text) == meant
