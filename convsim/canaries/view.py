"""A text with everything left out but letters and digits, and the way back to their places.

A code that is strewn with blanks and marks stands there in one piece, so that looking for it is a
plain search. Whether what was found is one thing (`whole`) is told from the places, which are only
worked out then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

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

    __slots__ = ("_bounds", "_known", "squeezed", "text")

    def __init__(self, text: str, words: list[str], known: Mapping[str, str] | None = None) -> None:
        self.text = text
        self.squeezed = "".join(map(known.get, words, words) if known else words).lower()
        self._known = known
        self._bounds: tuple[list[int], list[int]] | None = None

    @property
    def bounds(self) -> tuple[list[int], list[int]]:
        """Where each letter or digit begins in the text, and where it ends.

        One that a word stands for is as long as the word.
        """
        if self._bounds is None:
            starts: list[int] = []
            ends: list[int] = []
            for start, end in self._placed():
                starts.append(start)
                ends.append(end)
            self._bounds = starts, ends
        return self._bounds

    def _placed(self) -> Iterator[tuple[int, int]]:
        known = self._known or {}
        for found in (_ASCII_WORD if self.text.isascii() else _WORD).finditer(self.text):
            meant = known.get(found[0])
            if meant is None:
                yield from ((place, place + 1) for place in range(*found.span()))
            elif meant:
                yield found.span()

    def occurrences(self, squeezed: str) -> Iterator[int]:
        """Each place in `squeezed` where something begins."""
        at = self.squeezed.find(squeezed)
        while at >= 0:
            yield at
            at = self.squeezed.find(squeezed, at + 1)
