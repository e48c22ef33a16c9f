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
# Emphasis, inline code, heading marks, repeated blanks. A bullet (`* x`) and a fence stay. Every
# branch begins with a plain character: the engine then skips from one to the next.
_NOISE = re.compile(
    r"\*(?:\*+|(?!\s)|(?<=[^\s*]\*))|__+|`(?<!``)`?(?!`)|#(?<=^#)#* +|\r|\\(?=[*_#])| +(?= )|"
    # Control characters and the terminal's colour codes: nobody sees them.
    r"\x1b\[[0-9;?]{0,16}[a-zA-Z]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]",
    re.MULTILINE,
)
_LINE_END = re.compile("\n")
_STOP = re.compile(r"[.!?;,\n。！？।؟…-][.!?…\"')\]]*(?:\s+|$|(?<=[\n。！？]))")
_TURNS = ("but ", "however", "though ", "although ", "instead", "here's", "here is", "here are")
_ABBREVIATIONS = frozenset(["e.g", "i.e", "dr", "mr", "mrs", "ms", "st", "vs", "etc", "u.s"])


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
        head = _plain(head)
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


def _plain(text: str) -> str:
    return _LOOK_ALIKE.sub(lambda match: _ONE_FOR_ONE[match.group()], text)


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
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Sentence ranges of folded text: cut at full stops, line ends and adversative clauses."""
    start = 0
    for match in _STOP.finditer(text):
        if _ends(text, start, match) and text[start : match.end()].strip():
            yield start, match.end()
            start = match.end()
    if text[start:].strip():
        yield start, len(text)


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether a mark ends a sentence or an adversative clause."""
    mark = match.group()
    if "\n" in mark:
        return True
    if mark[0] in ",-":
        return text.startswith(_TURNS, match.end())
    if mark[0] == ".":
        head = text[max(start, match.start() - 4) : match.start()].split()
        last = head[-1] if head else ""
        return not (last.isdigit() and match.start() - start < 4) and last not in _ABBREVIATIONS
    return True
