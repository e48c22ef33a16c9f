"""Whether a passage is one thing, and the whole of it."""

from __future__ import annotations

import pytest

from convsim.canaries.needle import needle_of
from convsim.canaries.view import View, words_of
from convsim.canaries.whole import Hit, stands_apart


def is_whole(text: str, canary: str) -> bool:
    """Whether the first place that has its letters and digits is the canary."""
    view, needle = View(text, words_of(text)), needle_of(canary)
    (at, *_) = view.occurrences(needle.squeezed)
    return Hit(view, at, len(needle.squeezed)).is_whole(needle)


@pytest.mark.parametrize(
    ("text", "canary", "whole"),
    [
        ("412", "412", True),
        ("4*1*2", "412", True),
        ("4 12", "412", False),
        ("1.412", "412", False),
        ("412,5", "412", False),
        ("KX7 (QR2)", "KX7-QR2", True),
        ("KX(7) QR2", "KX7-QR2", False),
        ("KX7-QR2-A", "KX7-QR2", False),
        ("KX7-QR2-Code", "KX7-QR2", True),
        ("KX7-QR2=A", "KX7-QR2", True),
        ("K X 7 Q R 2 A", "KX7-QR2", False),
        ("K X 7 Q R 2 a", "KX7-QR2", True),
        ("K X 7 Q R 2\n\nA", "KX7-QR2", True),
        ("KX7-QR 2", "KX7-QR2", False),
        ("KX7-QR`2`", "KX7-QR2", True),
        ("a b c d e f", "abcdef", True),
        ("blue door a", "blue door", True),
    ],
)
def test_whole(text: str, canary: str, whole: bool) -> None:
    """Short ones are strewn with less; what stands apart in the same way belongs to it."""
    assert is_whole(text, canary) is whole


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("[KX]", True),
        ("aKX", False),
        ("KX1", False),
        ("のKXの", True),
        ("жKX", False),
        ("_KX_", True),
    ],
)
def test_letters_right_beside(text: str, apart: bool) -> None:
    """Only scripts without blanks may stand there."""
    at = text.index("KX")
    assert stands_apart(text, at, at + 2) is apart
