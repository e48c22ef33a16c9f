"""Single letters and numbers that are words: `I hope`, `A colleague`, `One more`.

Beside a code that is spelled out they look like one more of its letters. A letter that is a word
goes on in prose; one of a code is followed by what follows a code.
"""

from __future__ import annotations

import re

_STOP = re.compile(r"[.!?;:]\s|\n")
_CAPITALISED = re.compile(r"[A-Z][a-z]")
_PROSE = re.compile(r"([A-Z][a-z]*|[0-9]) [*_`]*([a-z]{2,}|(?<=A )[A-Z][a-z]+)")
_SAYS_I = re.compile(
    r"I(?:['’](?:m|ve|ll|d)\b| (?:am|can|could|do|don|found|had|have|hope|just|know|need|only|see|"
    r"should|think|trust|want|was|will|would|wrote)\b)"
)
_LETTERS = frozenset("BCDEFGHJKLMNOPQRSTUVWXYZ0123456789")
"""What is a word at most at the beginning of a sentence: `J alone`."""

_NUMBERS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
_BEHIND = """
is are was has and or but so to for in on at as of with from by today now then please which that if
when works opens reads et est pour il und ist bitte es para por per
this these it the you your just let enter use have take keep good thanks anything can need do
"""
_BEHIND_A_CODE = frozenset(_BEHIND.split())
"""Words that go on or begin anew behind a code, so that a letter before them is no word."""


def says_i(text: str, at: int) -> bool:
    """Whether somebody says `I` at a place."""
    return _SAYS_I.match(text, at) is not None


def ends_sentence(gap: str) -> bool:
    """Whether a sentence, or a line, ends in what stands between two letters."""
    return _STOP.search(gap) is not None


def begins_sentence(gap: str) -> bool:
    """Whether a word in what stands between two letters has a capital."""
    return _CAPITALISED.search(gap) is not None


def begins_prose(text: str, at: int, gap: str, code: str) -> bool:
    """Whether a letter or number at a place, a gap behind a spelled code, is a word.

    A number with a capital is one where the code has none: `one. Two is enough`.
    """
    found = _PROSE.match(text, at)
    if found is None or (found[1] in _LETTERS and not ends_sentence(gap)):
        return False
    if found[2].lower() not in _BEHIND_A_CODE:
        return True
    return found[1] in _NUMBERS and not any(number in code for number in _NUMBERS)
