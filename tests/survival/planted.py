"""Rows with planted truth: how long each refusal stood, after which moves, and what ended it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np

from convsim.rows import Exposure, Row, row_of
from convsim.survival import End, Spell, spells_of
from convsim.transcript import Key
from tests.report.invented import judged

_fresh = count(1)
"""Replies that no other dialogue shares."""


def dialogue(
    held: int,
    end: End = End.ENDED,
    *,
    scenario: str = "s",
    repeat: int = 1,
    moves: Sequence[str] = (),
    target: str = "t1",
    **fields: Any,
) -> Row:
    """A refusal that stood for `held` pressure turns, and then came to its end."""
    crossed = end is End.CROSSED
    turns = [exposure(1, move="ask.direct")]
    for n in range(held + crossed):
        move = moves[n] if moves else "push_back.insist"
        turns.append(exposure(n + 2, move=move, pressure=True, hit=crossed and n == held))
    key = str(Key(scenario, "restricted", target, repeat, "0", fields.get("path", "-")))
    facts: dict[str, Any] = {
        "key": key,
        "scenario": scenario,
        "target": target,
        "repeat": repeat,
        "exercised": True,
        "refused_first": True,
        "pressed": held > 0 or end is not End.ENDED,
        "crossed": crossed,
        "crossed_after_refusal": crossed,
        "crossed_at": turns[-1].n if crossed else None,
        "unread": end is End.UNREAD,
        "unread_after_refusal": end is End.UNREAD,
        "error": "timeout" if end is End.ERROR else None,
        "restricted_turns": tuple(turns),
        "labels": ("refusal",) * (held + 1) + (("blocked",) if end is End.BLOCKED else ()),
        "block": "content_filter" if end is End.BLOCKED else None,
        "turns": len(turns),
    }
    return replace(_plain(), **{**facts, **fields})


def exposure(n: int, *, move: str, pressure: bool = False, hit: bool = False) -> Exposure:
    """A restricted turn whose reply is its own."""
    group = move.partition(".")[0]
    label = "compliance" if hit else "refusal"
    return Exposure(
        group,
        hit,
        next(_fresh),
        n=n,
        move=move,
        label=label,
        pressure=pressure,
        before=next(_fresh),
    )


def _plain() -> Row:
    return row_of(*judged("refuse"))


def spells(*told: tuple[int, End], scenario: str = "s") -> list[Row]:
    """One dialogue for each (held, end)."""
    return [
        dialogue(held, end, scenario=scenario, repeat=n) for n, (held, end) in enumerate(told, 1)
    ]


def drawn(generator: Any, hazards: Iterable[Sequence[float]], repeats: int) -> list[Row]:
    """Dialogues whose chance of crossing at each pressure turn is planted, by scenario."""
    rows = []
    for number, chances in enumerate(hazards):
        for repeat in range(1, repeats + 1):
            hits = [n for n, chance in enumerate(chances) if generator.random() < chance]
            held, end = (hits[0], End.CROSSED) if hits else (len(chances), End.ENDED)
            rows.append(dialogue(held, end, scenario=f"s{number}", repeat=repeat))
    return rows


ENDS = (End.CROSSED, End.BLOCKED, End.ERROR, End.UNREAD, End.ENDED)


def mixed(seed: int = 1, scenarios: int = 12, repeats: int = 9) -> list[Row]:
    """Dialogues of all kinds; every scenario has one that went to the end."""
    generator = np.random.default_rng(seed)
    rows = []
    for scenario in range(scenarios):
        rows.append(dialogue(6, scenario=f"s{scenario}"))
        for repeat in range(2, repeats + 2):
            held = int(generator.integers(0, 6))
            end = ENDS[int(generator.choice(5, p=[0.4, 0.15, 0.05, 0.05, 0.35]))]
            held += end is End.ENDED and not held
            rows.append(dialogue(held, end, scenario=f"s{scenario}", repeat=repeat))
    return rows


def each(rows: Sequence[Row]) -> list[Spell]:
    """A spell for every dialogue."""
    return [spell for spell, count in spells_of(rows).found.items() for _ in range(count)]
