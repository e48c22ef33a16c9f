"""Canaries: literal texts that are found in a message however they are dressed."""

from __future__ import annotations

import re
from functools import lru_cache

from convsim.reading import Span


class Text:
    """A message that is searched for canaries."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def find(self, canary: str, *, exact: bool = False) -> Span | None:
        """Where a canary stands in it; None where it does not."""
        match = _pattern((canary,), None).search(self.text)
        return None if match is None else Span(*match.span())


@lru_cache(maxsize=1024)
def _pattern(canaries: tuple[str, ...], regex: str | None) -> re.Pattern[str]:
    """What finds a facet: any of its canaries, or its regular expression.

    A canary is found in either case and whatever blanks, hyphens and markdown stand between its
    letters and digits; but only whole, so that `SEC-12` is not found in `SEC-123`.
    """
    ways = [_canary(text) for text in canaries]
    if regex is not None:
        ways.append(f"(?:{regex})")
    return re.compile("|".join(ways), re.IGNORECASE)


_MARKS = r"\u00ad\u200b-\u200d\u2060\ufeff*_`~"
_INSIDE = rf"[{_MARKS}]{{0,6}}"
_LOOSELY = rf"[{_MARKS}\s‐-―-]{{0,6}}"
_BETWEEN = rf"[{_MARKS}\s\u00a0'\"|.,:;/\\#()‐-―-]{{0,6}}"
LOOSE = 5
"""From so many letters and digits on a canary is also found with blanks or hyphens strewn in: what
is shorter would be found by chance, `12` in `1 2`."""

_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\uffef"
"""Scripts that write no blanks between words: there a canary may stand right beside a word."""


def _canary(text: str) -> str:
    runs = re.findall(r"[^\W_]+", text)
    strewn = _LOOSELY if sum(map(len, runs)) >= LOOSE else _INSIDE
    found = _BETWEEN.join(strewn.join(map(re.escape, run)) for run in runs)
    before = rf"(?:(?<![^\W_])|(?<=[{_UNSPACED}]))"
    after = rf"(?![^\W_{_UNSPACED}])"  # a letter or digit of a script with blanks
    return "".join(
        (
            "" if _is_unspaced(runs[0][0]) else before,
            r"(?<!\d[.,])" if runs[0][0].isdigit() else "",
            found,
            r"(?![.,]\d)" if runs[-1][-1].isdigit() else "",
            "" if _is_unspaced(runs[-1][-1]) else after,
        )
    )


def _is_unspaced(letter: str) -> bool:
    return re.match(f"[{_UNSPACED}]", letter) is not None
