"""Words that spell letters and digits, and those between them that mean nothing."""

from __future__ import annotations

import pytest

from tests.canaries.spelling import spelled


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Kilo, X-ray, four, dash, zero", "kx40"),
        ("KILO X-RAY FOUR DASH", "kx4"),
        ("kilo vier quatre cinco", "k445"),
        ("the letter K, capital B, digit 4, then C", "kb4c"),
        ("It starts with KXQ and ends with 7RP", "kxq7rp"),
        ("KXQ and then not 7RP", "kxqnot7rp"),
        ("IN OF 7RP", "inof7rp"),  # pieces in capitals are no words
    ],
)
def test_what_is_spelled(text: str, meant: str) -> None:
    """In one piece and in lower case."""
    assert spelled(text) == meant
