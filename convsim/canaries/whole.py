"""Whether letters and digits that follow each other are one thing, and the whole of it.

With one character more, less or other it is another code. What stands right beside a hit belongs to
it; what stands apart belongs to it if it is a single letter or digit, and set apart in the way in
which those of the hit are: `K-X-7-A` is not `KX7`. Between the characters of a short canary only
stands what stands inside of words and numbers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from convsim.canaries.markup import FILLER
from convsim.canaries.needle import Needle
from convsim.canaries.prose import begins_prose, begins_sentence, ends_sentence, says_i
from convsim.canaries.view import BREAK, View

_MARKS = r"\u00ad\u200b-\u200d\u2060\ufeff*_`~"
_HYPHENS = r"‐-―-"
_INSIDE = re.compile(rf"[{_MARKS}]{{1,6}}")
_LOOSELY = re.compile(rf"[{_MARKS}\s{_HYPHENS}]{{1,6}}")
_BETWEEN = re.compile(rf"[{_MARKS}\s'\"|.,:;/\\#(){_HYPHENS}]{{1,6}}")
_TIGHTLY = re.compile(r"[^\s'\"“”‘’«»「」()\[\]{}<>=:;?!&@]{1,6}")
_BLANKS = re.compile(" {2,}")
_FARTHEST = 100
"""Characters between two that belong together: `, followed by a capital letter, which is a `."""

_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\uffef]"
)
"""Scripts that write no blanks between words: there a canary may stand right beside a word."""

_FEW = 3
"""Gaps that may be there for another reason; a code with more of them is strewn."""

_PARAGRAPH = re.compile(r"\n\s*\n")
_ALONE = frozenset("AI0123456789")
"""What stands alone in ordinary text."""


def stands_apart(text: str, start: int, end: int) -> bool:
    """Whether no letter or digit is right beside a passage, but of scripts without blanks."""
    return not (
        (start > 0 and _is_one_word(text[start - 1], text[start]))
        or (end < len(text) and _is_one_word(text[end], text[end - 1]))
    )


def _is_one_word(beside: str, edge: str) -> bool:
    if not beside.isalnum():
        return False
    return beside.isascii() or not (_UNSPACED.match(beside) or _UNSPACED.match(edge))


class Hit:
    """Letters and digits that follow each other in a view, `size` of them from `first` on."""

    __slots__ = ("_bounds", "_first", "_from", "_gaps", "_last", "_view", "end", "start")

    def __init__(self, view: View, first: int, size: int) -> None:
        self._view = view
        self._first, self._last = first, first + size - 1
        # With two more to either side: the next one, and whether it stands alone.
        self._from = max(0, first - 2)
        self._bounds = view.bounds(self._from, min(self._last + 2, len(view.squeezed) - 1))
        self.start, self.end = self._start(first), self._end(self._last)
        self._gaps: dict[int, str] = {}

    def _start(self, place: int) -> int:
        return self._bounds[place - self._from][0]

    def _end(self, place: int) -> int:
        return self._bounds[place - self._from][1]

    def is_whole(self, needle: Needle) -> bool:
        """Whether this is the canary, neither torn apart nor a part of something."""
        if not stands_apart(self._view.text, self.start, self.end) or self._is_in_number():
            return False
        self._gaps = {
            place: gap
            for place in range(self._first, self._last)
            if (gap := self._gap(place, place + 1))
        }
        if not self._holds_together(needle):
            return False
        if not needle.loose:
            return True
        return not any(self._goes_on(way, needle) or self._is_torn(way) for way in (-1, 1))

    @property
    def is_spelled(self) -> bool:
        """Whether it begins or ends with a letter or digit that stands alone."""
        return self._is_single(self._first) or self._is_single(self._last)

    def _gap(self, one: int, other: int) -> str:
        gap = self._view.text[self._end(one) : self._start(other)]
        return _BLANKS.sub(" ", gap.replace(FILLER, "")) if len(gap) > 1 else gap

    def _is_in_number(self) -> bool:
        """Whether digits go on behind a point or a comma: `12` in `1.12`."""
        text, start, end = self._view.text, self.start, self.end
        before, after = text[max(0, start - 2) : start + 1], text[end - 1 : end + 2]
        return any(
            len(part) == 3 and part[0].isdigit() and part[1] in ".," and part[2].isdigit()
            for part in (before, after)
        )

    def _holds_together(self, needle: Needle) -> bool:
        if needle.forms:
            return not any(len(gap) > _FARTHEST or BREAK in gap for gap in self._gaps.values())
        strewn = _LOOSELY if needle.loose else _INSIDE
        return all(
            (_BETWEEN if place - self._first + 1 in needle.joints else strewn).fullmatch(gap)
            for place, gap in self._gaps.items()
        )

    def _goes_on(self, way: int, needle: Needle) -> bool:
        """Whether the next letter or digit to a side, though set apart, belongs to it."""
        edge = self._first if way < 0 else self._last
        beside = edge + way
        if not 0 <= beside < len(self._view.squeezed):
            return False
        gap = self._gap(min(edge, beside), max(edge, beside))
        if not gap and self._view.squeezed[beside].isascii():
            return True  # only something invisible is between them, such as `<b>`
        if not self._is_single(beside):
            return False
        if BREAK in gap or len(gap) > _FARTHEST:
            return False
        if _TIGHTLY.fullmatch(gap):
            return True
        if self._are_words([beside]) or self._is_speaker(beside):
            return False
        if self._is_prose(beside, way, gap) or begins_sentence(gap):
            return False
        if _PARAGRAPH.search(gap) and not any(map(_PARAGRAPH.search, self._gaps.values())):
            return False
        if needle.code and _closed(gap) in map(_closed, self._gaps.values()):
            return True
        if len(self._gaps) <= _FEW and not (self._is_single(edge) or _is_spoken(gap)):
            return False
        return _signs([gap]) <= _signs(self._gaps.values()) | {",", "-"}

    def _is_torn(self, way: int) -> bool:
        """Whether a letter or digit at an end stands apart from the rest, as nothing else does.

        Then it is of another word, and the code is one shorter: `KX7-QR; I hope`.
        """
        edge = self._first if way < 0 else self._last
        between = self._nearest_gap(way)
        if between is None or _TIGHTLY.fullmatch(gap := self._gaps[between]):
            return False
        if self._are_words(range(edge, between + 1) if way < 0 else range(between + 1, edge + 1)):
            return True
        if not self._is_single(edge):
            return False
        stops = ends_sentence(gap)
        if self._is_speaker(edge) or (stops and self._is_prose(edge, way, gap)):
            return True
        others = [other for place, other in self._gaps.items() if place != between]
        if _closed(gap) in map(_closed, others):
            return False
        if _is_spoken(gap):
            return way < 0 or stops or begins_sentence(gap) or self._is_prose(edge, way, gap)
        few = len(others) < _FEW and sum(other != "-" for other in others) < _FEW - 1
        return stops or (few and self._written(edge) in _ALONE)

    def _nearest_gap(self, way: int) -> int | None:
        """The gap next to an end, by the place before it."""
        return (min if way < 0 else max)(self._gaps, default=None)

    def _is_single(self, place: int) -> bool:
        """Whether a letter or digit stands alone, or a word stands for it."""
        squeezed = self._view.squeezed
        if not squeezed[place].isascii():
            return False
        before, after = place - 1, place + 1
        return not (
            (before >= 0 and squeezed[before].isascii() and not self._gap(before, place))
            or (after < len(squeezed) and squeezed[after].isascii() and not self._gap(place, after))
        )

    def _are_words(self, places: Collection[int]) -> bool:
        """Whether these are small letters, like those of `a` and `and`, beside capitals alone."""
        if not all(self._written(place).islower() for place in places):
            return False
        others = set(range(self._first, self._last + 1)).difference(places)
        return not any(self._written(place).islower() for place in others)

    def _written(self, place: int) -> str:
        """A letter or digit as it is written, in capitals where a word stands for it."""
        start, end = self._start(place), self._end(place)
        return self._view.text[start] if end - start == 1 else self._view.squeezed[place].upper()

    def _is_prose(self, place: int, way: int, gap: str) -> bool:
        """Whether a sentence begins there, behind a gap, and says `A` or `One` as words."""
        text = self._view.text
        return way > 0 and begins_prose(text, self._start(place), gap, text[self.start : self.end])

    def _is_speaker(self, place: int) -> bool:
        return says_i(self._view.text, self._start(place))


def _closed(gap: str) -> str:
    """A gap without blanks and hyphens, to tell whether two are alike."""
    return gap.replace(" ", "").replace("-", "") or gap


def _is_spoken(gap: str) -> bool:
    return any(letter.isalnum() for letter in gap)


def _signs(gaps: Iterable[str]) -> set[str]:
    """What stands between, but for letters, digits and blanks."""
    return {sign for gap in gaps for sign in gap if not (sign.isalnum() or sign == " ")}
