"""One spelling for letters that readers take as the same, place by place.

Each character stands for none, one or several others, whatever stands beside it, so that a place of
the folded text leads back to the text as it was. `PLAIN` only takes styles away (full-width, bold,
circled, invisible); `WIDE` takes accents away too, and spells what passes for a Latin letter in
Latin. The case of ASCII letters stays: it tells codes and words apart.
"""

from __future__ import annotations

import re
import unicodedata

from convsim.canaries.alike import LATIN_FOR

_BEYOND_ASCII = re.compile("[^\x00-\x7f]+")
_STRIPPED = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_STYLED_CAPITALS = (0x1F150, 0x1F170, 0x1F1E6)
"""Where circled and squared capitals on black, and the halves of flags, begin: A to Z in order."""

_TAGS = range(0xE0020, 0xE007F)
"""Invisible doubles of the printable ASCII characters."""

_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
"""What chooses between forms of the character before it, like its emoji."""


class Fold(dict[int, str]):
    """What each character beyond ASCII is folded to, worked out when it is first met."""

    def __init__(self, *, wide: bool) -> None:
        super().__init__()
        self._wide = wide

    def __missing__(self, code: int) -> str:
        letters = _unstyled(chr(code))
        if self._wide:
            letters = "".join(map(_latin, letters))
        folded = "".join(each if each.isascii() else each.casefold() for each in letters)
        self[code] = folded
        return folded

    def of(self, text: str) -> str:
        """The folded text."""
        if text.isascii():
            return text
        return _BEYOND_ASCII.sub(lambda run: run[0].translate(self), text)

    def origins(self, text: str) -> list[int]:
        """For each place of the folded text, the place of the text it comes from."""
        origins: list[int] = []
        last = 0
        for run in _BEYOND_ASCII.finditer(text):
            origins += range(last, run.start())
            for place, letter in enumerate(run[0], start=run.start()):
                origins += [place] * len(self[ord(letter)])
            last = run.end()
        origins += range(last, len(text))
        return origins


PLAIN = Fold(wide=False)
WIDE = Fold(wide=True)


def _unstyled(letter: str) -> str:
    code = ord(letter)
    if code in _TAGS:
        return chr(code - 0xE0000)
    if letter in _UNSEEN or any(code in each for each in _SELECTORS):
        return ""
    if unicodedata.category(letter) == "Cf":
        return ""
    for first in _STYLED_CAPITALS:
        if first <= code < first + 26:
            return chr(ord("A") + code - first)
    digit = unicodedata.digit(letter, None)
    if digit is not None:
        return str(digit)
    return unicodedata.normalize("NFKC", letter)


def _latin(letter: str) -> str:
    """The ASCII letter that a letter is, but for its accents or its script; or the letter."""
    if letter.isascii():
        return letter
    bare = _STRIPPED.sub("", unicodedata.normalize("NFD", letter))
    if not bare or bare.isascii():
        return bare
    return LATIN_FOR.get(letter) or LATIN_FOR.get(bare) or letter
