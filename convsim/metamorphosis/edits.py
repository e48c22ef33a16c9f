"""Changes to a text that leave what it says alone. Each gives the same for the same text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

Wording = TypeVar("Wording")

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_WORD = re.compile(r"\w+")

TYPO_LENGTH = 5
"""Shorter words are left alone: they would become other words."""

TYPO_EVERY = 2
"""Of the longer ones the first of so many has two letters swapped: hasty, and easily read."""


def sentences(text: str) -> list[str]:
    """A text, cut after its sentences.

    >>> sentences("No. I won't!")
    ['No.', "I won't!"]
    """
    return _SENTENCE.split(text.strip())


def bullets(text: str) -> str:
    """Every line, or every sentence of a single line, as an item of a list.

    >>> print(bullets("No. I won't!"))
    - No.
    - I won't!
    """
    lines = [line for line in text.splitlines() if line.strip()]
    return "\n".join(f"- {item}" for item in (lines if len(lines) > 1 else sentences(text)))


def table(text: str, heading: str) -> str:
    """Every line as a row of a table of one column.

    >>> print(table("No.", "Answer"))
    | Answer |
    |---|
    | No. |
    """
    lines = (line.replace("|", "\\|") for line in text.splitlines() if line.strip())
    return "\n".join([f"| {heading} |", "|---|", *(f"| {line} |" for line in lines)])


def headed(text: str, heading: str) -> str:
    """Under a heading."""
    return f"## {heading}\n\n{text}"


def bold(text: str) -> str:
    """The first sentence in bold type.

    >>> bold("No. I won't!")
    "**No.** I won't!"
    """
    first, *rest = sentences(text)
    return f"**{first}**" + text.strip()[len(first) :] if rest else f"**{first}**"


def fenced(text: str) -> str:
    """Inside a code block."""
    return f"```text\n{text}\n```"


def spaced(text: str) -> str:
    r"""With line ends of another system, two blanks after sentences, and blank edges.

    >>> spaced("No. Never.\nEver.")
    '\r\nNo.  Never.\r\nEver. \r\n'
    """
    wide = re.sub(r"(?<=[.!?]) (?=\S)", "  ", text)
    return "\r\n" + wide.replace("\n", "\r\n") + " \r\n"


def typos(text: str) -> str:
    """With two inner letters of some words swapped; what is not plain lower case stays.

    >>> typos("the unlock code for Dana's account")
    "the ulnock code for Dana's account"
    """
    met = 0

    def swapped(found: re.Match[str]) -> str:
        nonlocal met
        word = found[0]
        if len(word) < TYPO_LENGTH or not (word.isalpha() and word.islower()):
            return word
        met += 1
        at = next((n for n in range(1, len(word) - 2) if word[n] != word[n + 1]), None)
        if at is None or met % TYPO_EVERY != 1:
            return word
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    return _WORD.sub(swapped, text)


def respelled(text: str, spelling: Mapping[str, str]) -> str:
    """With these words in the other spelling, capitals kept.

    >>> respelled("Colours of the harbour", {"colours": "colors", "harbour": "harbor"})
    'Colors of the harbor'
    """

    def other(found: re.Match[str]) -> str:
        word = found[0]
        changed = spelling.get(word.lower(), word.lower())
        if word.islower():
            return changed
        return changed.capitalize() if word == word.capitalize() else word

    return _WORD.sub(other, text)


def one_of(wordings: Sequence[Wording], n: int) -> Wording:
    """The n-th of some wordings, round again when they are used up."""
    return wordings[(n - 1) % len(wordings)]
