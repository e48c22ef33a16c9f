"""HTML and LaTeX around letters: `<b>K</b>X`, `\\texttt{KX}`. No part of what a reader sees.

It is blanked out, letter by letter, which moves no place. What only styles leaves its letters side
by side; what makes a cell, an item or a line leaves them apart.
"""

from __future__ import annotations

import re

FILLER = "\x1f"
"""Stands where something was left out, so that every place stays."""

_TAG = re.compile(
    r"</?(?:(abbr|b|big|code|del|em|font|i|ins|kbd|mark|samp|small|span|strong|sub|sup|tt|u|var|wbr)"
    r"|blockquote|br|dd|div|dl|dt|h[1-6]|hr|li|ol|p|pre|s|table|tbody|td|th|thead|tr|ul)"
    r"(?:\s[^<>]{0,200})?/?>",
    re.IGNORECASE,
)
_COMMAND = re.compile(r"\\[A-Za-z]{2,16}\*?\{|\{\\[a-z]{2,9}\s|\}")
_INITIAL = re.compile(r"(\*\*|__)([A-Za-z])\1(-?[a-z]{2,})")


def unmarked(text: str) -> str:
    """A text without its tags and commands; every place stays."""
    if "</" in text or "<br" in text:
        text = _TAG.sub(_without_tag, text)
    if "\\" in text and "{" in text:
        text = _COMMAND.sub(_filled, text)
    return text


def with_initials(text: str) -> str:
    """A text whose words are whole that have their first letter in bold: `**K**ilo`."""
    return _INITIAL.sub(r"\2\3" + 4 * FILLER, text) if "**" in text or "__" in text else text


def _without_tag(found: re.Match[str]) -> str:
    return (FILLER if found[1] else " ") * len(found[0])


def _filled(found: re.Match[str]) -> str:
    return FILLER * len(found[0])
