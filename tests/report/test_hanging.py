"""Text beside a head: what fits on a line, and what does not."""

from __future__ import annotations

import pytest

from convsim.report.hanging import hanging


@pytest.mark.parametrize(
    ("head", "text", "width", "lines"),
    [
        ("a: ", "short", 80, ["  a: short"]),
        ("a: ", "", 80, ["  a: "]),
        ("", "one two three", 25, ["  one two three"]),
        ("a: ", "word " * 5, 25, ["  a: word word word word", "     word"]),
        ("h" * 30, "word " * 5, 25, ["  " + "h" * 30 + "word word word word", " " * 32 + "word"]),
    ],
)
def test_text_stands_beside_its_head(head: str, text: str, width: int, lines: list[str]) -> None:
    """A long head leaves twenty characters to the text, whatever the width."""
    assert list(hanging(head, text, width)) == lines
