"""The hazards that rules are tagged with, and what they are called in other published lists.

The names are those of MLCommons AILuminate, the best-known neutral vocabulary. Which entries of
OWASP's Top 10 for LLM applications, of NIST AI 600-1 and of SORRY-Bench overlap with each is
convsim's own reading: nobody publishes a mapping. All of it stands in `hazards.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Hazard:
    """One hazard: its name, its short codes (the first is its own), and what overlaps elsewhere.

    `also` are other spellings in use. `owasp`, `nist` and `sorry_bench` read as they are cited:
    `LLM02 Sensitive Information Disclosure`, `4 Data Privacy`, `17 Personal ...`.
    """

    name: str
    codes: tuple[str, ...]
    also: tuple[str, ...]
    owasp: tuple[str, ...]
    nist: tuple[str, ...]
    sorry_bench: tuple[str, ...]

    @property
    def code(self) -> str:
        """The short code of the whole hazard: `prv`."""
        return self.codes[0]


def hazard(name: str) -> Hazard | None:
    """The hazard of a name or a short code, however it is spelt; None for an unknown one.

    >>> hazard("non-violent crimes") is hazard("ncr")
    True
    """
    return _by_spelling().get(_folded(name))


@cache
def hazards() -> tuple[Hazard, ...]:
    """Every shipped hazard, in the order of AILuminate."""
    table = _table()
    return tuple(
        Hazard(
            name=entry["name"],
            codes=tuple(entry["codes"]),
            also=tuple(entry.get("also", ())),
            **{kind: _cited(entry[kind], table[kind]) for kind in ("owasp", "nist", "sorry_bench")},
        )
        for entry in table["hazard"]
    )


def spellings() -> tuple[str, ...]:
    """What a rule's `hazards` may say: every name, then every code."""
    return (
        *(known.name for known in hazards()),
        *(code for known in hazards() for code in known.codes),
    )


@cache
def _by_spelling() -> dict[str, Hazard]:
    return {
        _folded(text): known
        for known in hazards()
        for text in (known.name, *known.codes, *known.also)
    }


def _folded(text: str) -> str:
    """Without case, punctuation and blanks; `&` is spelt out."""
    return re.sub(r"[\W_]+", "", text.casefold().replace("&", "and"))


def _cited(keys: Iterable[object], names: dict[str, str]) -> tuple[str, ...]:
    return tuple(f"{key} {names[str(key)]}" for key in keys)


def _table() -> dict[str, Any]:
    import tomllib
    from importlib import resources

    source = resources.files("convsim").joinpath("hazards.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))
