"""A reply as the rules see it: folded to one spelling, cut into sentences, with the way back.

Folding makes look-alikes equal (curly and straight apostrophes, full-width and plain letters, bold
and plain words, a zero-width space inside a word and none) so that a cue is written once. Every
position of the folded text maps back to the reply as it was, because evidence is quoted literally.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from convsim.reading import Span

LONGEST = 16_000
"""Characters of a reply that are read; what a reply does shows well before (4,000 tokens)."""

_ONE_FOR_ONE = {
    **dict.fromkeys("‘’‛ʼʹ′`´＇", "'"),
    **dict.fromkeys("“”„‟″«»「」『』", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("\t\v\f\u00a0\u2009\u200a\u202f\u3000", " "),
}
# Replacing the few that occur is several times faster than `str.translate` over every character.
_LOOK_ALIKE = re.compile(f"[{''.join(_ONE_FOR_ONE)}]")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0e\ufe0f\ufeff]"
)
# What composing can change: a character with its marks, or one beyond ASCII.
_CLUSTER = re.compile("[^\x00-\x7f][\u0300-\u036f\u3099\u309a]*|[\x00-\x7f][\u0300-\u036f]+")
# Emphasis, inline code, heading marks. A bullet (`* x`) and a fence stay. Every branch begins with
# a plain character: the engine then skips from one to the next.
_MARKS = (
    r"\*(?:\*+|(?!\s)|(?<=[^\s*]\*))|__+|`(?<!``)`?(?!`)|#(?<=^#)#* +|\r|\\(?=[*_#])|"
    # Control characters and the terminal's colour codes: nobody sees them.
    r"\x1b\[[0-9;?]{0,16}[a-zA-Z]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)
_NOISE = re.compile(_MARKS, re.MULTILINE)
# Looking for repeated blanks stops the engine at every word: only where there are some.
_NOISE_AND_BLANKS = re.compile(f"{_MARKS}| +(?= )", re.MULTILINE)
_MAY_BE_NOISE = re.compile(r"[*_`#\\\x00-\x08\x0b-\x1f\x7f]")
_LINE_END = re.compile("\n")
_STOP = re.compile(r"[.!?;,\n。！？।؟…-][.!?…\"')\]]*(?:\s+|$|(?<=[\n。！？]))")
_TURNS = ("but ", "however", "though ", "although ", "instead", "here's", "here is", "here are")
_ABBREVIATIONS = frozenset(["e.g", "i.e", "dr", "mr", "mrs", "ms", "st", "vs", "etc", "u.s"])


_UNMOVED = (0,)


@dataclass(slots=True)
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
        if self._cuts is _UNMOVED and self._origin is None:
            return Span(start, max(start, end))
        if end <= start:
            return Span(self.original(start), self.original(start))
        return Span(self.original(start), self.original(end - 1) + 1)


def fold(text: str) -> Folded:
    """One spelling for what readers take as the same. Linear in the text, capped at `LONGEST`."""
    head = text[:LONGEST]
    origin: list[int] | None = None
    if not head.isascii():
        head = _plain(head)
        if not head.isascii() and _is_composable(head):
            head, origin = _composed(head)
    lowered = head.lower()
    if len(lowered) != len(head):  # only the dotted capital I grows
        lowered = head.replace("İ", "i").lower()
    if "  " in lowered:
        return _without(_NOISE_AND_BLANKS, lowered, origin)
    if _MAY_BE_NOISE.search(lowered):
        return _without(_NOISE, lowered, origin)
    return Folded(lowered, _UNMOVED, _UNMOVED, origin)


def _without(noise: re.Pattern[str], text: str, origin: Sequence[int] | None) -> Folded:
    """The text without what nobody reads, and how far what is left has moved."""
    pieces, cuts, shifts = [], [0], [0]
    kept = done = 0
    for match in noise.finditer(text):
        start, end = match.span()
        pieces.append(text[done:start])
        kept += start - done
        done = end
        cuts.append(kept)
        shifts.append(done - kept)
    pieces.append(text[done:])
    return Folded("".join(pieces), cuts, shifts, origin)


def _plain(text: str) -> str:
    return _LOOK_ALIKE.sub(lambda match: _ONE_FOR_ONE[match.group()], text)


def _is_composable(text: str) -> bool:
    return _INVISIBLE.search(text) is not None or not unicodedata.is_normalized("NFKC", text)


def _composed(text: str) -> tuple[str, list[int]]:
    """NFKC by cluster, without invisible characters, and where each character came from."""
    pieces: list[str] = []
    origin: list[int] = []
    done = 0
    for match in _CLUSTER.finditer(text):
        start, end = match.span()
        pieces.append(text[done:start])
        origin.extend(range(done, start))
        done = end
        if not _INVISIBLE.match(text, start):
            composed = _plain(unicodedata.normalize("NFKC", match.group()))
            pieces.append(composed)
            origin.extend([start] * len(composed))
    pieces.append(text[done:])
    origin.extend(range(done, len(text)))
    return "".join(pieces), origin


def line_starts(text: str) -> list[int]:
    """Where the lines of a text begin."""
    if "\n" not in text:
        return [0]
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


def sentences(text: str) -> list[tuple[int, int]]:
    """Sentence ranges of folded text: cut at full stops, line ends and adversative clauses."""
    found: list[tuple[int, int]] = []
    start = 0
    for match in _STOP.finditer(text):
        at, end = match.span()
        mark = text[at]
        if mark == ".":
            goes_on = _abbreviates(text, start, at)
        else:
            goes_on = mark in ",-" and not text.startswith(_TURNS, end)
        if goes_on and "\n" not in text[at:end]:
            continue
        if not text[start:end].isspace():
            found.append((start, end))
            start = end
    if start < len(text) and not text[start:].isspace():
        found.append((start, len(text)))
    return found


def _abbreviates(text: str, start: int, at: int) -> bool:
    """Whether a full stop belongs to the word before it ("e.g."), or to a number that counts."""
    head = text[max(start, at - 4) : at]
    if len(head) == 4 and head.isalpha():  # no abbreviation is as long
        return False
    last = head.split()[-1] if head.strip() else ""
    return last in _ABBREVIATIONS or (at - start < 4 and last.isdigit())
