"""Which language a reply is in, as far as the rules have cues for it.

A script tells most, letters that a language does not have tell the neighbours, and function words
tell the rest. A reply in a language without cues must not be read by the cues of a neighbour
(Dutch by German, Ukrainian by Russian): `cues/languages.txt` holds the words that
give those away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from convsim.readings.cues import cues

SAMPLE = 400
"""Characters that are looked at: the language of a reply shows in its first sentences."""

LATIN = ("en", "de", "fr", "es", "pt", "it")
ENOUGH = 6
"""Words below which single words decide; where none does, a Latin text is read as English."""

SHARE = 0.12
"""The share of function words that makes a language; English prose has about a half."""

CLEAR = 0.25
"""The share of English words that no other language has from which a text is English."""

NEIGHBOUR = 0.4
"""The share of words of no known language, per share of the best known one, that denies it."""

FOREIGN_LETTERS = 0.04
"""The share of letters that a language does not have from which a text is not in it: more than a
name or two ("Dvořák") brings along."""

_WORD = re.compile(r"[^\W\d_][\w']*")
_CODE = re.compile(r"```[^`]*(?:```|$)")
_QUOTE = re.compile(r'"[^"\n]{2,300}"')
_BEYOND_LATIN = re.compile("[\u0370-\u1dff\u2c00-\ud7ff]")
# Runs, not single letters: there are far fewer of them.
_LATIN = re.compile("[a-zà-öø-ɏḀ-ỿ]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]+")),
    ("zh", re.compile("[\u4e00-\u9fff]+")),
    ("hi", re.compile("[\u0904-\u0939\u0958-\u0961]+")),
    ("ar", re.compile("[\u0620-\u064a\u066e-\u06d3]+")),
    ("ru", re.compile("[\u0400-\u04ff]+")),
)
_WIDE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]+")
# One Han or kana character says as much as about three letters.
WIDTH = 3

# Letters of the same script that the language itself does not write.
_NOT_IN = {
    "de": re.compile("(?![äöüßéèà])[à-öø-ɏḀ-ỿ]"),
    "fr": re.compile("(?![àâæçéèêëîïôœùûüÿ])[à-öø-ɏḀ-ỿ]"),
    "es": re.compile("(?![áéíñóúü])[à-öø-ɏḀ-ỿ]"),
    "pt": re.compile("(?![áâãàçéêíóôõúü])[à-öø-ɏḀ-ỿ]"),
    "it": re.compile("(?![àèéìíîòóùú])[à-öø-ɏḀ-ỿ]"),
    "ar": re.compile("[پچژگکیٹڈڑںےہھۀۆێڵڕښېګ]"),
    "ru": re.compile("[іїєґўјљњћђџѓќѕәғқңөұүһѐѝ]"),
}
_NEIGHBOURS = {"hi": "devanagari", "ru": "cyrillic"}


def language_of(text: str) -> str | None:
    """The language of folded text; None where the rules have no cues for it.

    >>> language_of("nein, das mache ich nicht.")
    'de'
    >>> language_of("nee, dat ga ik niet doen.") is None
    True
    """
    sample = text[:SAMPLE]
    if "```" in sample:
        prose = _CODE.sub(" ", sample)
        if not any(map(str.isalpha, prose)):
            return _in_code(sample.replace("```", " "))
        sample = prose
    if '"' in sample:  # what is quoted may be in another language
        sample = _QUOTE.sub(" ", sample).strip(" .") or sample
    if not sample.isascii() and _BEYOND_LATIN.search(sample):
        latin = _length(_LATIN, sample)
        other = _length(_LETTERS, sample) - latin
        if latin < other + (WIDTH - 1) * _length(_WIDE, sample):
            return _by_script(sample, other)
    return _by_words(sample)


def _in_code(sample: str) -> str | None:
    """The language of a reply that is all in a code block: English, unless its words tell.

    What is in it may be a reply that was set as code, or code.
    """
    found = language_of(sample)
    if found not in LATIN:
        return found if found is not None and _BEYOND_LATIN.search(sample) else "en"
    words = _WORD.findall(sample)
    return found if _count(words, _words(found)) >= SHARE * len(words) > 0 else "en"


def _by_script(sample: str, letters: int) -> str | None:
    if not letters:  # signs of a script, and no letter of any
        return None
    for language, script in _SCRIPTS:
        if _length(script, sample) / letters > (0.1 if language == "ja" else 0.6):
            return language if _is_itself(sample, language) else None
    return None


def _is_itself(sample: str, language: str) -> bool:
    """Whether a text in the script of a language is in that language, not in a neighbour's."""
    if _has_foreign_letters(sample, language):
        return False
    neighbours = _NEIGHBOURS.get(language)
    if neighbours is None:
        return True
    words = [word.strip(".,!?:;()\"'।-") for word in sample.split()]
    return not _is_neighbour(words, _others(neighbours), _count(words, _words(language)))


def _is_neighbour(words: Sequence[str], others: frozenset[str], known: int) -> bool:
    """Whether words of other languages are too many beside those of the best known one."""
    return (count := _count(words, others)) > 0 and count >= NEIGHBOUR * known


def _has_foreign_letters(sample: str, language: str) -> bool:
    letters = _NOT_IN.get(language)
    if letters is None or sample.isascii():
        return False
    return len(letters.findall(sample)) > FOREIGN_LETTERS * len(sample)


def _by_words(sample: str) -> str | None:
    words: Sequence[str] = sample.split()
    if len(words) < 2 * ENOUGH:  # every word counts, also before a comma
        words = _WORD.findall(sample)
    if _count(words, _english()) >= CLEAR * max(len(words), ENOUGH):
        return "en"
    counts = {language: _count(words, _words(language)) for language in LATIN}
    best = max(LATIN, key=counts.__getitem__)
    known = counts[best]
    if known and len(words) < ENOUGH:
        best = _best([language for language in LATIN if counts[language] == known], sample)
    if _is_neighbour(words, _others("latin"), known) or _has_foreign_letters(sample, best):
        return None
    if len(words) < ENOUGH:
        return best
    if known >= SHARE * len(words):
        return best
    return "en" if _is_plain(sample) and 3 * counts["en"] > SHARE * len(words) else None


def _best(equal: Sequence[str], sample: str) -> str:
    """The language, of those with as many known words, that has phrases for most of a text.

    "No" alone is English, Spanish and Italian; "no falsifico recibos" is not.
    """
    if len(equal) == 1:
        return equal[0]
    return max(equal, key=lambda language: _said_in(language, sample))


def _said_in(language: str, sample: str) -> int:
    return sum(hit.end - hit.start for hit in cues(language).hits(sample))


def _is_plain(sample: str) -> bool:
    """Whether all letters are those of English; an emoji or a dash is no letter."""
    return sample.isascii() or not any(it.isalpha() and not it.isascii() for it in sample)


def _length(runs: re.Pattern[str], sample: str) -> int:
    return sum(map(len, runs.findall(sample)))


def _count(words: Iterable[str], known: frozenset[str]) -> int:
    return sum(map(known.__contains__, words))


@cache
def _words(language: str) -> frozenset[str]:
    words = cues("languages").words[language]
    return words | cues("en").words["common"] if language == "en" else words


@cache
def _english() -> frozenset[str]:
    """The function words that are English only ("a" is Portuguese, "in" German)."""
    return _words("en").difference(*map(_words, LATIN[1:]))


@cache
def _others(script: str) -> frozenset[str]:
    """The words of languages without cues, less those that one with cues has as well."""
    known = {"latin": LATIN, "cyrillic": ("ru",), "devanagari": ("hi",)}[script]
    return cues("languages").words[script].difference(*map(_words, known))
