"""Text made fit to be printed."""

from __future__ import annotations

import pytest

from convsim.inert import inert


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("plain", "plain"),
        ("two\nlines\tand ü 漢字 שלום", "two\nlines\tand ü 漢字 שלום"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("a\x00b", "a\ufffdb"),
        ("a\u202eb\u2066c", "a\ufffdb\ufffdc"),
        ("\ud800", "\ufffd"),
        ("a\rb", "a\ufffdb"),
    ],
)
def test_text_that_acts_is_made_visible(text: str, kept: str) -> None:
    """Terminal escapes, NUL, direction overrides and lone surrogates; reading text stays."""
    assert inert(text) == kept
