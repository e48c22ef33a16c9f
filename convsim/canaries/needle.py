"""A canary as it is searched for: its letters and digits, and how freely it may be dressed."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import ne

from convsim.canaries.folding import PLAIN, WIDE
from convsim.canaries.view import words_of

LOOSE = 5
"""From so many letters and digits on a canary is also found with blanks or hyphens strewn in: what
is shorter would be found by chance, `12` in `1 2`."""

WIDE_FROM = 8
"""From so many ASCII letters and digits on a canary is found in code and spelled out as well: by
chance, eight letters follow each other once in 2 * 10**11 places."""

_NEAR = 2
"""In so many places codes differ that have two letters swapped."""


@dataclass(frozen=True, slots=True)
class Needle:
    """What of a canary is searched for: `squeezed` in any text, `forms` in what is dressed.

    `joints` are the places in it before which something other than a letter or digit stands.
    `code` says that it is no word, so that words around its pieces can be told apart from it.
    """

    squeezed: str
    joints: frozenset[int]
    forms: tuple[str, ...]
    code: bool

    @property
    def loose(self) -> bool:
        return len(self.squeezed) >= LOOSE


@lru_cache(maxsize=4096)
def needle_of(canary: str) -> Needle:
    """The needle of a canary; a dialogue looks for its few in every message."""
    words = words_of(PLAIN.of(canary))
    squeezed = "".join(words).lower()
    joints, at = [], 0
    for word in words:
        joints.append(at)
        at += len(word)
    wide = "".join(words_of(WIDE.of(canary))).lower()
    is_wide = len(wide) >= WIDE_FROM and wide.isascii()
    return Needle(
        squeezed=squeezed,
        joints=frozenset(joints),
        forms=tuple(_forms(wide)) if is_wide else (),
        code=any(letter.isdigit() for letter in canary) or canary == canary.upper(),
    )


def _forms(squeezed: str) -> Iterator[str]:
    """It, and it backwards and in ROT13: not where a code that is one off would read like that."""
    yield squeezed
    for form in (squeezed[::-1], codecs.encode(squeezed, "rot13")):
        if sum(map(ne, form, squeezed)) > _NEAR:
            yield form
