"""Which language a reply is in, as far as the rules have cues for it."""

from __future__ import annotations

import re
from functools import cache

from convsim.readings.cues import cues

SAMPLE = 600
"""Characters that are looked at: the language of a reply shows in its first sentences."""

LATIN = ("en", "de", "fr", "es", "pt", "it")
ENOUGH = 6
"""Words below which a Latin text has no certain language; it is then read as English."""

SHARE = 0.12
"""The share of function words that makes a language; English prose has about a half."""

CLEAR = 0.25
"""The share that settles it; no other language reaches it with English words."""

_WORD = re.compile(r"[^\W\d_][\w']*")
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
)
_CODE = re.compile(r"```[^`]*(?:```|$)")
_LATIN = re.compile("[a-zà-öø-ɏ]")
_LETTER = re.compile(r"[^\W\d_]")


def language_of(text: str) -> str | None:
    """The language of folded text; None where the rules have no cues for it."""
    sample = text[:SAMPLE]
    if "```" in sample:
        sample = _CODE.sub(" ", sample)
    if not sample.isascii():
        letters = len(_LETTER.findall(sample))
        if letters and len(_LATIN.findall(sample)) < letters / 2:
            return _by_script(sample, letters)
    return _by_words(sample)


def _by_script(sample: str, letters: int) -> str | None:
    for language, script in _SCRIPTS:
        share = len(script.findall(sample)) / letters
        if share > (0.1 if language == "ja" else 0.4):
            return language
    return None


def _by_words(sample: str) -> str | None:
    words = sample.split()
    if len(words) < ENOUGH:
        words = _WORD.findall(sample)
    if len(words) < ENOUGH:
        known = [language for language in LATIN if any(word in _words(language) for word in words)]
        return known[0] if known else "en"
    if _share(words, "en") >= CLEAR:
        return "en"
    shares = {language: _share(words, language) for language in LATIN}
    best = max(LATIN, key=lambda language: shares[language])
    if shares[best] >= SHARE:
        return best
    return "en" if sample.isascii() and shares["en"] > SHARE / 3 else None


def _share(words: list[str], language: str) -> float:
    known = _words(language)
    return sum(map(known.__contains__, words)) / len(words)


@cache
def _words(language: str) -> frozenset[str]:
    return cues(language).words["common"]
