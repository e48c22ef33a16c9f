"""How plain text lays out what does not fit on a line: wrapped, beside what it belongs to."""

from __future__ import annotations

from collections.abc import Iterator

from convsim.columns import columns, wrap

INDENT = "  "

NARROWEST = 20
"""Columns that text keeps, however long its head."""


def hanging(head: str, text: str, width: int) -> Iterator[str]:
    """The lines of `text`, no wider than `width` where words allow it, beside `head`.

    >>> list(hanging("rule: ", "Keep the placeholder.", 28))
    ['  rule: Keep the', '        placeholder.']
    """
    beside = len(INDENT) + columns(head)
    first, *later = wrap(text, max(NARROWEST, width - beside)) or [""]
    yield f"{INDENT}{head}{first}"
    yield from (" " * beside + line for line in later)
