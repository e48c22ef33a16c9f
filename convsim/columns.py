"""How many columns of a terminal a text takes, and lines that do not take more than they may.

A character is not a column: Chinese takes two, the signs over and under Hindi letters take none.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterator

_NONE = frozenset({"Mn", "Me", "Cf"})
_CLOSING = frozenset({"Pe", "Pf", "Po"})
"""What does not begin a line: the punctuation after a word in scripts without spaces."""

_SPACE = re.compile(r"[ \t\n\r\f\v]")
_HYPHEN = re.compile(r"(?<=[^\W\d_]{2})-(?=[^\W\d_]{2})")


def columns(text: str) -> int:
    """How many columns a text takes, at most: terminals differ about the rarest characters.

    >>> columns("abc"), columns("漢字"), columns("हिन्दी")
    (3, 4, 5)
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in _NONE:
        return 0
    return 2 if _is_wide(character) else 1


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def cut(text: str, most: int, more: str = "…") -> str:
    """As much of a text as fits, with `more` where it was cut."""
    if columns(text) <= most:
        return text
    room = most - columns(more)
    return text[: _fitting(text, room)].rstrip() + more if room > 0 else ""


def padded(text: str, column: int) -> str:
    """A text with spaces after it, so that what follows stands in this column."""
    return text + " " * (column - columns(text))


def wrap(text: str, width: int) -> list[str]:
    """A text in lines of so many columns, as `textwrap.wrap` breaks it.

    Between wide characters a line may end anywhere, since their scripts have no spaces.
    """
    if text.isascii():
        return textwrap.wrap(text, width)
    lines = [""]
    for piece in _pieces(_SPACE.sub(" ", text.expandtabs())):
        rest = piece
        while columns(rest.rstrip(" ")) > width:  # longer than any line: it is cut
            room = width - columns(lines[-1])
            end = _fitting(rest, room) or (0 if lines[-1] else 1)
            lines[-1] += rest[:end]
            lines.append("")
            rest = rest[end:]
        if columns(lines[-1] + rest.rstrip(" ")) > width:
            lines.append("")
        lines[-1] += rest
    return [kept for line in lines if (kept := line.rstrip(" "))]


def _fitting(text: str, width: int) -> int:
    """How many characters of a text fit."""
    for end, character in enumerate(text):
        width -= _columns(character)
        if width < 0:
            return end
    return len(text)


def _pieces(text: str) -> Iterator[str]:
    """What stays together on a line, with the spaces after it.

    These are words and their parts up to a hyphen, and single wide characters with the punctuation
    that belongs to them.
    """
    start = 0
    hyphens = {found.end() for found in _HYPHEN.finditer(text)}
    for at in range(1, len(text)):
        if at in hyphens or _may_break(text[at - 1], text[at]):
            yield text[start:at]
            start = at
    if text:
        yield text[start:]


def _may_break(before: str, after: str) -> bool:
    if after == " " or before == " ":
        return before == " " != after
    if not (_is_wide(before) or _is_wide(after)):
        return False
    category = unicodedata.category(after)
    opened = unicodedata.category(before) in ("Ps", "Pi")
    return not opened and category not in _CLOSING and category not in _NONE
