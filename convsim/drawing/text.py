"""How wide a text is, before anything draws it.

The figures are those of DejaVu Sans, the widest of the fonts that a picture may be shown in, so
that what fits here fits everywhere.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from convsim.drawing.picture import visible

# Thousandths of an em, from the space to the tilde.
_ADVANCE = (
    *(318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337),
    *(636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531),
    *(1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787),
    *(603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500),
    *(500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612),
    *(635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838),
)
_OTHER, _CAPITAL, _WIDE = 0.68, 0.86, 1.0
_BOLD = 1.14


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a text is at a font size, at most."""
    return sum(map(_advance, text)) * size * (_BOLD if bold else 1.0)


def _advance(character: str) -> float:
    at = ord(character) - 32
    if 0 <= at < len(_ADVANCE):
        return _ADVANCE[at] / 1000
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF" or ord(character) > 0xFFFF:
        return _WIDE
    if character in "…—":
        return 1.0
    return _CAPITAL if character.isupper() else _OTHER


def cut(text: str, most: float, size: float, *, bold: bool = False) -> str:
    """As much of a text as fits, with an ellipsis where it was cut."""
    text = visible(text)
    if width(text, size, bold=bold) <= most:
        return text
    kept = ""
    for character in text:
        if width(kept + character + "…", size, bold=bold) > most:
            break
        kept += character
    return kept.rstrip() + "…"


def wrapped(text: str, most: float, size: float, *, lines: int) -> list[str]:
    """A text in at most so many lines; the last one is cut where there is more."""
    found: list[str] = []
    rest = visible(text)
    while rest and len(found) < lines - 1 and width(rest, size) > most:
        head = _head(rest, most, size)
        found.append(head.rstrip())
        rest = rest[len(head) :].lstrip()
    return [*found, cut(rest, most, size)] if rest else found


def _head(text: str, most: float, size: float) -> str:
    """What goes into one line: whole words, or a part of the first where it is too long."""
    fits = ""
    for end in _ends(text):
        if width(text[:end].rstrip(), size) > most:
            break
        fits = text[:end]
    return fits or _part(text, most, size)


def _ends(text: str) -> Iterator[int]:
    """Where a line may end: after a space, and after a wide character."""
    for at, character in enumerate(text, start=1):
        if character == " " or unicodedata.east_asian_width(character) in "WF":
            yield at
    yield len(text)


def _part(text: str, most: float, size: float) -> str:
    end = 1
    while end < len(text) and width(text[: end + 1], size) <= most:
        end += 1
    return text[:end]
