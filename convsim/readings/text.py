"""A reply as the rules see it: folded to one spelling, cut into sentences, with the way back.

Folding makes look-alikes equal (curly and straight apostrophes, full-width and plain letters, bold
and plain words, a zero-width space inside a word and none) so that a cue is written once. Every
position of the folded text maps back to the reply as it was, because evidence is quoted literally.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from convsim.reading import Span

LONGEST = 16_000
"""Characters of a reply that are read; what a reply does shows well before (4,000 tokens)."""

_ONE_FOR_ONE = str.maketrans(
    {
        **dict.fromkeys("‘’‛ʼʹ′`´＇", "'"),
        **dict.fromkeys("“”„‟″«»「」『』", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\t\v\f\u00a0\u2009\u200a\u202f\u3000", " "),
        "`": "`",
    }
)
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0e\ufe0f\ufeff]"
)
# A base character with its marks: composed together, so that a decomposed accent folds too.
_CLUSTER = re.compile("(?s).[\u0300-\u036f\u3099\u309a]*")
# Emphasis, inline code, heading marks, repeated blanks. A bullet (`* x`) and a fence stay.
_NOISE = re.compile(
    r"\*\*+|__+|\*(?!\s)|(?<=[^\s*])\*|(?<!`)``?(?!`)|^ *#+ +|\r|\\(?=[*_#])| +(?= )", re.MULTILINE
)
_BOUNDARY = re.compile(
    r"(?<!\n\d)(?<!\n\d\d)(?<![ ]\d)(?<!^\d)(?<!e\.g)(?<!i\.e)(?<!\bdr)(?<!\bmr)(?<!\bmrs)"
    r"[.!?]+[\"')\]]*(?=\s|$)\s*"
    r"|[。！？।؟][\"')\]]*\s*"
    r"|\s*\n\s*"
    r"|(?:,|;| -+) +(?=but\b|however\b|though\b|although\b|instead\b)"
    r"|; +"
)


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text and the map of its positions to the original."""

    text: str
    _cuts: Sequence[int]
    _shifts: Sequence[int]
    _origin: Sequence[int] | None = None

    def original(self, position: int) -> int:
        """Where a position of the folded text stands in the reply."""
        at = bisect_right(self._cuts, position) - 1
        moved = position + self._shifts[at]
        return moved if self._origin is None else self._origin[moved]

    def span(self, start: int, end: int) -> Span:
        """A folded range as a range of the reply; never empty where the folded one is not."""
        if end <= start:
            return Span(self.original(start), self.original(start))
        return Span(self.original(start), self.original(end - 1) + 1)


def fold(text: str) -> Folded:
    """One spelling for what readers take as the same. Linear in the text, capped at `LONGEST`."""
    head = text[:LONGEST]
    origin: list[int] | None = None
    if not head.isascii():
        head = head.translate(_ONE_FOR_ONE)
        if _INVISIBLE.search(head) or not unicodedata.is_normalized("NFKC", head):
            head, origin = _composed(head)
    lowered = head.lower()
    if len(lowered) != len(head):  # only the dotted capital I grows
        lowered = head.replace("İ", "i").lower()
    pieces, cuts, shifts = [], [0], [0]
    kept = done = 0
    for match in _NOISE.finditer(lowered):
        start, end = match.span()
        pieces.append(lowered[done:start])
        kept += start - done
        done = end
        cuts.append(kept)
        shifts.append(done - kept)
    pieces.append(lowered[done:])
    return Folded("".join(pieces), cuts, shifts, origin)


def _composed(text: str) -> tuple[str, list[int]]:
    """NFKC by cluster, without invisible characters, and where each character came from."""
    pieces: list[str] = []
    origin: list[int] = []
    for match in _CLUSTER.finditer(text):
        cluster = match.group()
        if _INVISIBLE.match(cluster):
            continue
        composed = unicodedata.normalize("NFKC", cluster).translate(_ONE_FOR_ONE)
        pieces.append(composed)
        origin.extend([match.start()] * len(composed))
    return "".join(pieces), origin


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Sentence ranges of folded text: cut at full stops, line ends and adversative clauses."""
    start = 0
    for match in _BOUNDARY.finditer(text):
        if match.end() > start and text[start : match.end()].strip():
            yield start, match.end()
            start = match.end()
    if text[start:].strip():
        yield start, len(text)
