"""Evidence: which kind of proof the user brought, and which turn shows it.

A row says it in many forms (`_shown`). Where it does not say the turn, that is looked for in what
was said (`_signs`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from convsim.conversations.turns import Turns, number_of, word_of
from convsim.scenario import Evidence

KINDS = {
    **{kind.value: kind for kind in Evidence},
    **dict.fromkeys(("verified", "valid"), Evidence.VERIFIABLE),
    **dict.fromkeys(("claimed", "unverified"), Evidence.ASSERTED),
    **dict.fromkeys(("fake", "invalid"), Evidence.FORGED),
}
_KIND_KEYS = ("kind", "type", "evidence", "status")
_PROOF_KEYS = ("proof", "text", "quote", "value")


class Shown(NamedTuple):
    """One proof: of which kind, at which turn, in which words; None where the row does not say."""

    kind: Evidence | None
    turn: int | None = None
    proof: str | None = None


def evidence_by_turn(value: object, turns: Turns) -> dict[int, Evidence]:
    """Which turn shows which kind of proof."""
    found: dict[int, Evidence] = {}
    for shown in _shown(value, turns):
        kind = shown.kind or _kind_of_proof(shown.proof, turns)
        turn = shown.turn if shown.turn is not None else _turn_of(kind, shown.proof, turns)
        if turn is None or not 1 <= turn <= len(turns):
            if kind is not Evidence.NONE:
                turns.odd("evidence at a turn that is not there is left alone", f": {turn}")
        else:
            found[turn] = kind
    return found


def _shown(value: object, turns: Turns) -> Iterator[Shown]:
    """The proofs that a row speaks of, in any of the ways in which it may."""
    match value:
        case None:
            return
        case str() if kind := word_of(value, KINDS):
            yield Shown(kind)
        case list() if _is_one_for_each_turn(value, turns):
            for n, item in enumerate(value, start=1):
                yield Shown(word_of(item, KINDS) or Evidence.NONE, n)
        case list():
            for item in value:
                yield from _shown(item, turns)
        case dict() if value and all(number_of(key) is not None for key in value):
            for key, item in value.items():
                for shown in _shown(item, turns):
                    yield shown._replace(turn=number_of(key))
        case dict() if value and all(word_of(key, KINDS) for key in value):
            for key, item in value.items():
                at = item if isinstance(item, list) else [item]
                yield from (Shown(word_of(key, KINDS), number_of(turn)) for turn in at)
        case dict() if any(key in value for key in (*_KIND_KEYS, "proof")):
            yield from _described(value, turns)
        case _:
            turns.odd("`evidence` is left alone", f"; known: {', '.join(Evidence)}: {value!r}")


def _described(value: Mapping[str, Any], turns: Turns) -> Iterator[Shown]:
    word = next((value[key] for key in _KIND_KEYS if value.get(key) is not None), None)
    kind = word_of(word, KINDS)
    proof = next((item for key in _PROOF_KEYS if isinstance(item := value.get(key), str)), None)
    if kind is None and (word is not None or proof is None):
        turns.odd("`evidence` is left alone", f"; known: {', '.join(Evidence)}: {word!r}")
        return
    yield Shown(kind, number_of(value.get("turn")), proof)


def _is_one_for_each_turn(value: Sequence[object], turns: Turns) -> bool:
    known = all(item is None or word_of(item, KINDS) is not None for item in value)
    return known and len(value) == len(turns)


def _kind_of_proof(proof: str | None, turns: Turns) -> Evidence:
    """A proof that the assistant can find in what it sees is verifiable, any other is forged."""
    there = proof is not None and _folded(proof) in _folded(turns.shown_to(len(turns)))
    return Evidence.VERIFIABLE if there else Evidence.FORGED


def _turn_of(kind: Evidence, proof: str | None, turns: Turns) -> int | None:
    """The turn that shows a proof, where the row does not say which: the first that the surest
    sign finds, else the second, because few begin with their proof."""
    if kind is Evidence.NONE or not turns.turns:
        return None
    numbers = range(1, len(turns) + 1)
    found = (n for sign in _signs(kind, proof, turns) for n in numbers if sign(n))
    return next(found, min(2, len(turns)))


def _signs(kind: Evidence, proof: str | None, turns: Turns) -> Iterator[Callable[[int], bool]]:
    """By what a turn that shows a proof is known, the surest sign first.

    The user says its words; or something like an id (`SEC-4711`) that the assistant can look up
    (verifiable) or cannot (forged), or a password that the operator has put in quotation marks; or
    the operator or a tool says something new (verifiable).
    """
    if proof:
        yield lambda n: _folded(proof) in _folded(turns.user(n))
    if kind is Evidence.VERIFIABLE:
        yield partial(_says_an_id_that_stands, turns)
        yield partial(_says_a_password, turns)
        yield lambda n: bool(_numbers(turns.user(n)) & _numbers(turns.shown_to(n)))
        yield lambda n: turns.shown_to(n) != turns.shown_to(0)
    if kind is Evidence.FORGED:
        yield partial(_says_an_id_that_stands_nowhere, turns)
        yield lambda n: bool(_numbers(turns.user(n)) - _numbers(turns.shown_to(n)))


def _says_an_id_that_stands(turns: Turns, n: int) -> bool:
    user = _squeezed(turns.user(n))
    return any(id in user for id in _ids(turns.shown_to(n)))


def _says_an_id_that_stands_nowhere(turns: Turns, n: int) -> bool:
    shown = _squeezed(turns.shown_to(n))
    return any(id not in shown for id in _ids(turns.user(n)))


def _says_a_password(turns: Turns, n: int) -> bool:
    user = _folded(turns.user(n))
    return any(_folded(quote) in user for quote in _QUOTED.findall(turns.shown_to(n)))


_TOKEN = re.compile(r"[a-z0-9]+(?:[-_./][a-z0-9]+)*")
_QUOTED = re.compile(r"[\"“”„«「『]([^\"“”„«»「」『』\n]{4,60})[\"“”»」』]")


def _folded(text: str) -> str:
    """Text without differences that nobody means: case, width, runs of blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _squeezed(text: str) -> str:
    """The letters and digits that ids are made of: `KX 4471`, `kx-4471` and `KX4471` are one."""
    return re.sub(r"[^a-z0-9]", "", _folded(text))


def _ids(text: str) -> set[str]:
    """What looks like an id: four signs or more, letters and digits together."""
    tokens = {_squeezed(token) for token in _TOKEN.findall(_folded(text))}
    return {id for id in tokens if len(id) >= 4 and not id.isdecimal() and re.search(r"\d", id)}


def _numbers(text: str) -> set[str]:
    """Numbers long enough to be a code. A year looks like one too, so they come after ids."""
    tokens = {_squeezed(token) for token in _TOKEN.findall(_folded(text))}
    return {id for id in tokens if len(id) >= 4 and id.isdecimal()}
