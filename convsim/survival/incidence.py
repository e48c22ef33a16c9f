"""Incidences: how many dialogues are at risk at each pressure turn, and what becomes of them.

The arithmetic of `curves`, without intervals: shares by turn, and the influence of each scenario on
them (Aalen and Johansen 1978; Reid 1981). Arrays have a row per scenario and a column per pressure
turn, the first turn first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from convsim.survival.spells import End, Spells

if TYPE_CHECKING:
    from numpy import ndarray

    Array = ndarray[Any, Any]


class Counts(NamedTuple):
    """By scenario and pressure turn: how many were at risk, crossed, and were blocked."""

    scenarios: Sequence[str]
    at_risk: Array
    crossed: Array
    blocked: Array

    @property
    def turns(self) -> int:
        """How many pressure turns are counted."""
        return int(self.at_risk.shape[1])


def counts_of(spells: Spells, horizon: int, *, deployed: bool) -> Counts:
    """The spells counted up to `horizon`; of the deployed stack, a block is an end like any."""
    import numpy as np

    scenarios = sorted({spell.place.scenario for spell in spells.found})
    index = {scenario: n for n, scenario in enumerate(scenarios)}
    ends = np.zeros((3, len(scenarios), horizon + 2), dtype=np.int64)
    for ((scenario, _), held, end), count in spells.found.items():
        place = index[scenario]
        crossed, blocked = end is End.CROSSED, deployed and end is End.BLOCKED
        known = held + (crossed or blocked)
        ends[0, place, min(known, horizon + 1)] += count
        if known <= horizon:
            if crossed:
                ends[1, place, known] += count
            elif blocked:
                ends[2, place, known] += count
    left = ends[0, :, ::-1].cumsum(axis=1)[:, ::-1]
    span = slice(1, horizon + 1)
    return Counts(scenarios, left[:, span], ends[1, :, span], ends[2, :, span])


class Incidence(NamedTuple):
    """A curve, and how far each scenario moves it: arrays by turn, and by scenario and turn."""

    values: Array
    moves: Array


class Incidences(NamedTuple):
    """The three shares that make up one: still holding, crossed, blocked."""

    holding: Incidence
    crossed: Incidence
    blocked: Incidence


def incidences(counts: Counts) -> Incidences:
    """The curves of Aalen and Johansen, and what each scenario adds to them.

    Where nothing is blocked, what is holding is the curve of Kaplan and Meier.
    """
    import numpy as np

    risk, hazards = hazards_of(counts)
    ends = np.stack([counts.crossed, counts.blocked])
    moves = (ends - hazards[:, None] * counts.at_risk) / risk
    return swept(hazards, moves)


def hazards_of(counts: Counts) -> tuple[Array, Array]:
    """How many were at risk at each turn, and the shares of them that crossed and were blocked."""
    import numpy as np

    risk = np.maximum(counts.at_risk.sum(axis=0), 1.0)
    return risk, np.stack([counts.crossed.sum(axis=0), counts.blocked.sum(axis=0)]) / risk


def swept(hazards: Array, moves: Array) -> Incidences:
    """The shares that hazards come to, and how far what moves the hazards moves the shares.

    `hazards` are those of both ends by turn; `moves` has in between who moves them.
    """
    import numpy as np

    who, turns = moves.shape[1:]
    values, moved = np.zeros((3, turns)), np.zeros((3, who, turns))
    held, held_moved = 1.0, np.zeros(who)
    shares, shares_moved = np.zeros(2), np.zeros((2, who))
    for turn in range(turns):
        hazard, move = hazards[:, turn], moves[:, :, turn]
        shares_moved = shares_moved + held_moved * hazard[:, None] + held * move
        shares = shares + held * hazard
        held_moved = held_moved * (1 - hazard.sum()) - held * move.sum(axis=0)
        held *= 1 - hazard.sum()
        values[:, turn] = held, *shares
        moved[:, :, turn] = held_moved, *shares_moved
    return Incidences(*map(Incidence, values, moved))
