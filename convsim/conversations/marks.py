"""What a row says of the user's turns: the proof that was shown, the moves made, what was asked.

A row may say it of single messages (`{"role": "user", "evidence": "verifiable", ...}`) or of the
conversation (`evidence`, `moves`, `asks`): one value for each turn, values by turn, or (evidence
only) a kind, and then the turn that shows it is looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from convsim.conversations.conversation import Exchange
from convsim.conversations.evidence import KINDS, evidence_by_turn
from convsim.conversations.exchanges import Marks
from convsim.conversations.turns import Turns, number_of, word_of
from convsim.moves import GROUPS, group_of
from convsim.scenario import Asks, Evidence

Value = TypeVar("Value")


def marked(turns: Turns, case: Mapping[str, Any], *, unlockable: bool) -> tuple[Exchange, ...]:
    """The exchanges with what the row says of the user's turns."""
    evidence = {
        **evidence_by_turn(case.get("evidence"), turns),
        **_of_messages("evidence", turns, lambda value: word_of(value, KINDS)),
    }
    moves = _by_turn("moves", case.get("moves"), turns, _move)
    moves |= _of_messages("move", turns, _move)
    asks = _by_turn("asks", case.get("asks"), turns, _asks)
    asks |= _of_messages("asks", turns, _asks)
    if not (evidence or moves or asks):
        return tuple(item.exchange for item in turns.turns)
    proven = [n for n, kind in evidence.items() if kind is Evidence.VERIFIABLE]
    unlocked_from = min(proven, default=None) if unlockable else None
    return tuple(
        replace(
            item.exchange,
            move=moves.get(n),
            evidence=evidence.get(n, Evidence.NONE),
            unlocked=unlocked_from is not None and n >= unlocked_from,
            **_ask_in_force(asks, n),
        )
        for n, item in enumerate(turns.turns, start=1)
    )


def _ask_in_force(asks: Mapping[int, Asks], n: int) -> dict[str, Any]:
    """The ask at a turn: its own, or the last one before it (`nothing` goes on with that)."""
    begun = max(
        (at for at, asked in asks.items() if at <= n and asked is not Asks.NOTHING), default=0
    )
    return {"asks": asks[begun], "ask": f"turn-{begun}"} if begun else {}


def _move(value: object) -> str | None:
    known = isinstance(value, str) and group_of(value) in GROUPS
    return str(value) if known else None


def _asks(value: object) -> Asks | None:
    return word_of(value, {asks.value: asks for asks in Asks})


# -- values by turn


def _of_messages(
    key: str, turns: Turns, read: Callable[[object], Value | None]
) -> dict[int, Value]:
    """What the user's messages themselves say; of several messages in a turn the last counts."""
    found: dict[int, Value] = {}
    for n, (_, marks) in enumerate(turns.turns, start=1):
        for value in _given(key, marks):
            if (known := read(value)) is not None:
                found[n] = known
            else:
                turns.odd(f"a message's `{key}` is left alone", f" at turn {n}: {value!r}")
    return found


def _given(key: str, marks: Iterable[Marks]) -> Iterator[object]:
    return (value for mark in marks if (value := mark.get(key)) is not None)


def _by_turn(
    key: str, value: object, turns: Turns, read: Callable[[object], Value | None]
) -> dict[int, Value]:
    """Values of the row, one for each turn or by turn."""
    match value:
        case None:
            return {}
        case list():
            pairs: Iterable[tuple[object, object]] = enumerate(value, start=1)
        case dict():
            pairs = value.items()
        case _:
            pairs = [(0, value)]
    found: dict[int, Value] = {}
    for at, item in pairs:
        turn, known = number_of(at), read(item)
        if known is not None and turn is not None and 1 <= turn <= len(turns):
            found[turn] = known
        elif item is not None:
            turns.odd(f"`{key}` is left alone", f" at {at}: {item!r}")
    return found
