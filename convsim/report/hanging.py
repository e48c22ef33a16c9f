"""How plain text lays out what does not fit on a line: wrapped, beside what it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

INDENT = "  "

NARROWEST = 20
"""Characters that text keeps, however long its head."""


def hanging(head: str, text: str, width: int) -> Iterator[str]:
    """The lines of `text`, no longer than `width` where words allow it, beside `head`.

    >>> list(hanging("rule: ", "Keep the placeholder.", 28))
    ['  rule: Keep the', '        placeholder.']
    """
    first, *later = wrap(text, max(NARROWEST, width - len(INDENT) - len(head))) or [""]
    yield f"{INDENT}{head}{first}"
    yield from (" " * (len(INDENT) + len(head)) + line for line in later)
