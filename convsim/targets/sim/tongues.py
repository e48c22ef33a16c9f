"""What differs from language to language in how a reply is put into words.

Each language has a folder of phrase banks (`phrases/de/`, ...), named by its tag; English has the
files beside them, and stands in for a bank that a language does not have. `about.toml` has the
words of a language that tell nothing of a topic. This file has what is not in the banks: where
words begin and end, and what stands between two sentences.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

ENGLISH = "en"
POINTS = ("the first point", "the second point", "the third point")
"""What stands in for words that tell what a message is about, where it has none."""

UNSPACED = frozenset({"zh"})
"""Languages without blanks between words, or sentences."""

PUT_TOGETHER = frozenset({"de", *UNSPACED})
"""Languages in which the word for a thing stands inside others (`Übungsrechnung`)."""

_WORD = re.compile(r"[^\W\d_][\w'’-]{3,}")
# Vowel signs of Devanagari are no letters to `\w`, and belong to a word all the same.
_WORD_ELSEWHERE = re.compile(r"[^\W\d_](?:[\w'’-]|[\u0900-\u0963]){3,}")
_BEGINS = r"(?<![\w\u0900-\u0963])"
_HAN = re.compile("[\u4e00-\u9fff]+")
_HAN_WORD = range(2, 7)
"""Characters of what is taken for a word of Chinese."""

_LATIN = re.compile("[a-z]+")


def spoken(tag: str) -> str:
    """The language to answer in when the user writes that of a tag; English where it has no bank.

    >>> spoken("de"), spoken("zh-Hans"), spoken("eo")
    ('de', 'zh', 'en')
    """
    language = tag.partition("-")[0]
    return language if language in languages() else ENGLISH


@cache
def languages() -> frozenset[str]:
    """The languages other than English that have phrase banks."""
    return frozenset(it.name for it in _phrases().iterdir() if it.is_dir())


def phrases_in(name: str, language: str) -> str:
    """The text of a file of phrases; the English one where a language does not have it."""
    own = _phrases().joinpath(language, name)
    file = own if own.is_file() else _phrases().joinpath(name)
    return file.read_text(encoding="utf-8")


def _phrases() -> Traversable:
    return resources.files("convsim.targets.sim").joinpath("phrases")


def between(language: str) -> str:
    """What stands between two sentences."""
    return "" if language in UNSPACED else " "


def telling(text: str, language: str) -> Sequence[str]:
    """The words of a message that tell what it is about, the longest first; in German the nouns."""
    words = (word.removesuffix("'s") for word in _words_of(text, language))
    told = dict.fromkeys(word for word in words if word.lower() not in _stopwords(language))
    if language == "de":  # its nouns begin with a capital
        return sorted(told, key=str.istitle, reverse=True)
    return sorted(told, key=len, reverse=True)


def points(language: str) -> Sequence[str]:
    """What stands in for words that tell something."""
    if language == ENGLISH:
        return POINTS
    return [str(point) for point in tomllib.loads(phrases_in("about.toml", language))["points"]]


def any_of(words: Iterable[str], language: str) -> re.Pattern[str]:
    """What finds candidates for these words in a message.

    In other languages than English it finds them with an ending, too, and any part of a word where
    words are put together or nothing parts them.
    """
    if language == ENGLISH:
        return _LATIN
    longest_first = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.compile(f"{'' if language in PUT_TOGETHER else _BEGINS}(?:{longest_first})")


def _words_of(text: str, language: str) -> Sequence[str]:
    """The words of a message; of Chinese what stands between the words that tell nothing."""
    if language in UNSPACED:
        pieces = (piece for run in _HAN.findall(text) for piece in _parting(language).split(run))
        return [piece for piece in pieces if len(piece) in _HAN_WORD]
    return (_WORD if language == ENGLISH else _WORD_ELSEWHERE).findall(text)


@cache
def _parting(language: str) -> re.Pattern[str]:
    """What parts words where no blanks do: those that tell nothing, the longest first."""
    return re.compile("|".join(sorted(_stopwords(language), key=len, reverse=True)))


@cache
def _stopwords(language: str) -> frozenset[str]:
    """Words that tell nothing about a topic."""
    if language == ENGLISH:
        return frozenset(phrases_in("stopwords.txt", language).split())
    return frozenset(tomllib.loads(phrases_in("about.toml", language))["stop"].split())
