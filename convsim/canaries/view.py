"""A text with everything left out but letters and digits, and the way back to their places.

A code that is strewn with blanks and marks stands there in one piece, so that looking for it is a
plain search. Whether what was found is one thing (`whole`) is told from the places, which are only
worked out then.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import accumulate, islice

BREAK = "\x1d"
"""Stands where nothing readable does: nothing that belongs together goes across it."""

_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")
# The vowels of Indian and Thai scripts are marks on letters, and no less part of the word.
_WORD = re.compile(r"[A-Za-z0-9]+|(?:[^\W_A-Za-z0-9]|[\u0900-\u0dff\u0e31-\u0eff\u1000-\u109f])+")


def words_of(text: str) -> list[str]:
    """The runs of letters and digits; those of ASCII and the others apart."""
    return (_ASCII_WORD if text.isascii() else _WORD).findall(text)


class View:
    """Letters and digits of a folded text in one piece and in lower case: `squeezed`.

    `known` says which words stand for others: `four` for `4`, and `the` for nothing.
    """

    __slots__ = ("_ends", "_found", "_known", "_spans", "_words", "squeezed", "text")

    def __init__(self, text: str, words: list[str], known: Mapping[str, str] | None = None) -> None:
        self.text = text
        self.squeezed = "".join(map(known.get, words, words) if known else words).lower()
        self._words = words
        self._known = known or {}
        self._found = (_ASCII_WORD if text.isascii() else _WORD).finditer(text)
        self._spans: list[tuple[int, int]] = []
        self._ends: list[int] = []

    def occurrences(self, squeezed: str) -> Iterator[int]:
        """Each place in `squeezed` where something begins."""
        at = self.squeezed.find(squeezed)
        while at >= 0:
            yield at
            at = self.squeezed.find(squeezed, at + 1)

    def bounds(self, first: int, last: int) -> list[tuple[int, int]]:
        """Where in the text each of these letters and digits stands, both ends included.

        One that a word stands for is as long as the word.
        """
        if not self._ends:
            spelled = map(self._known.get, self._words, self._words)
            self._ends = list(accumulate(map(len, spelled)))
        word = bisect_right(self._ends, first)
        self._place_words(bisect_right(self._ends, last))
        at = self._ends[word - 1] if word else 0
        places: list[tuple[int, int]] = []
        while at <= last:
            start, end = self._spans[word]
            meant = self._known.get(self._words[word])
            if meant is None:
                places += zip(range(start, end), range(start + 1, end + 1), strict=True)
            else:
                places += [(start, end)] * len(meant)
            at, word = self._ends[word], word + 1
        return places[len(places) - (at - first) : len(places) - (at - last) + 1]

    def _place_words(self, last: int) -> None:
        """Find where each word up to this one stands."""
        missing = last + 1 - len(self._spans)
        if missing > 0:
            self._spans += map(re.Match.span, islice(self._found, missing))
