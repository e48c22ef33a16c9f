"""Linting: words and marks that should not stand in a repository that people share.

This is a tripwire and no filter: it finds what somebody pasted without thinking, and nobody who
wants to get round it will be stopped. The words it ships with are names that any newspaper prints;
they say what is out of bounds and nothing about how. Your own list is added to them, not to the
repository.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources

from convsim.errors import Flaw
from convsim.lints.texts import UNSPACED, Loc

# Domains and numbers that are set aside for examples (RFC 2606, RFC 6761; 555-01xx).
_MAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@(?![\w.-]*(?:\bexample\.(?:com|org|net)|\.(?:example|test|invalid|"
    r"localhost))(?![\w.-]))[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")


@dataclass(frozen=True)
class Tripwire:
    """Words by what they are about."""

    about: Mapping[str, str]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        words = sorted(self.about, key=len, reverse=True)
        # Chinese and Japanese have no blanks between words; everywhere else a word ends.
        parts = [
            re.escape(word) if _is_unspaced(word) else rf"(?<!\w){re.escape(word)}(?!\w)"
            for word in words
        ]
        return re.compile("|".join(parts) or r"(?!)")

    def in_data(self, data: object) -> Iterator[Flaw]:
        """What trips in the plain data of a file."""
        texts = list(_texts(data, ()))
        if not any(True for _ in self.found_in("\n".join(text for _, text in texts))):
            return  # as in almost every file
        for loc, text in texts:
            for found, about in self.found_in(text):
                yield Flaw(
                    loc,
                    f"'{found}' is {about}, and stays out of a repository that is shared; let an "
                    "invented thing stand in its place, such as a made-up code, or keep the file "
                    "to yourself",
                    warning=True,
                    code="CS804",
                )

    def found_in(self, text: str) -> Iterator[tuple[str, str]]:
        """What trips in a text, and what it is."""
        folded = _folded(text)
        if any(word in folded for word in self.about):
            for word in dict.fromkeys(self._pattern.findall(folded)):
                yield word, f"a word about {self.about[word]}"
        for mail in dict.fromkeys(_MAIL.findall(text)) if "@" in text else ():
            yield mail, "the mail address of somebody (invented ones end in example.com)"
        for number in dict.fromkeys(_CARD.findall(text)):
            if _is_card(number):
                yield number, "a number that may be a payment card's"


def tripwire(further: str | None = None) -> Tripwire:
    """The words that ship, and those of a text with one a line (`about: word`, or a word alone)."""
    shipped = resources.files(__package__).joinpath("banned.txt").read_text(encoding="utf-8")
    about = _words_in(shipped)
    if further is not None:
        about |= _words_in(further, "what your own list names")
    return Tripwire(about)


def _words_in(text: str, about: str = "") -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        what, colon, word = line.partition(":")
        if line.strip() and not line.lstrip().startswith("#"):
            word = word if colon else what
            found[_folded(word).strip()] = what.strip() if colon else about
    return found


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _is_unspaced(word: str) -> bool:
    return re.search(f"[{UNSPACED}]", word) is not None


def _is_card(number: str) -> bool:
    """Whether the digits have the check digit of payment cards (Luhn)."""
    digits = [int(it) for it in number if it.isdigit()][::-1]
    doubled = [sum(divmod(2 * it, 10)) for it in digits[1::2]]
    return len(set(digits)) > 1 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _texts(data: object, loc: Loc) -> Iterator[tuple[Loc, str]]:
    match data:
        case str():
            yield loc, data
        case dict():
            for key, value in data.items():
                yield from _texts(value, (*loc, key))
        case list():
            for index, value in enumerate(data):
                yield from _texts(value, (*loc, index))
