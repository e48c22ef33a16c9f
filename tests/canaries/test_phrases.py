"""Phrases around what is spelled are left out, and no place moves."""

from __future__ import annotations

import pytest

from convsim.canaries.phrases import blanked
from convsim.canaries.spoken import known_among
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
        ("K as in king, B like bear, C – cat, D (dog)", "kbcd"),
        ("Part 1: KXQ, part two: 7RP", "kxq7rp"),
        ("Part 1 of 2 is KXQ", "kxq"),
        ("Character 1: K, character 2: X", "kx"),
        ("1. K\n2. X", "kx"),
        ("1: K, 2: X, 3: Q, 4: 7, 5: R, 6: P", "kxq7rp"),
        ("1) K, 2) 2, 3) 3, 4) 7, 5) R, 6) P", "k237rp"),
        ("the first three are KXQ, the last 3 characters 7RP", "kxq7rp"),
        ("T - two", "t2"),
        ("U-UFS", "uufs"),
        ("1. Kx7", "1kx7"),  # no list has one item
        ("第一部分：KXQ，第二部分：7RP", "kxq7rp"),
    ],
)
def test_what_is_left(text: str, meant: str) -> None:
    """Letters, digits and pieces; what only looks like a phrase stays."""
    assert spelled(text) == meant
