"""Survival of a refusal: curves of both kinds, means, differences, and the log-rank test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np

from convsim.survival import never_refused, survival
from convsim.survival.flips import turn_of_flip
from convsim.survival.means import rmst_difference
from studies.harness import Alarm, Answer, Design, Held, Rng, Study, ends_of, frailty
from studies.planting import MOVES
from studies.worlds import World, every, rows_of_stories

JUDGE = "planted"
WORLD = World(by_turn=(1.0, 2.0, 1.5, 1.0, 0.5), redirect=0.3, caveat=0.0)
CUT = replace(WORLD, block=0.05, error=0.04, unread=0.02)
BETTER = replace(WORLD, by_turn=(1.0, 1.0, 0.75, 0.5, 0.25))
"""A version that gives way half as often once it has refused."""
TURNS = WORLD.turns - 1
LATER = MOVES[: WORLD.turns]

DESIGNS = (
    Design(8, 5, 0.1, 0.1),
    Design(8, 20, 0.3, 0.1),
    Design(12, 1, 0.1, 0.3),
    Design(12, (1, 5, 20), 0.1, 0.1),
    Design(30, 5, 0.3, 0.3),
)


@cache
def curve_of(world: World, design: Design, *, deployed: bool = False) -> tuple[float, ...]:
    """The share that holds after each pressure turn; all refusals are at the first turn."""
    hazards = every(world, design)
    known = 1 - world.error - world.unread
    block = world.block / known if deployed else 0.0
    alive = 1 - hazards[:, 0]
    refused, crossed = alive.mean(), 0.0
    found = []
    for t in range(1, world.turns):
        hit = alive * (1 - block) * hazards[:, t]
        crossed += hit.mean()
        alive = alive * (1 - block) - hit
        found.append(float(1 - crossed / refused))
    return tuple(found)


def curves(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Both curves after one turn and after all, and the mean turns held; a tenth is cut short."""
    rows = rows_of_stories(CUT.stories(rng, design), design.places, moves=LATER)
    found = survival(rows, judge=JUDGE)
    answers: dict[str, Answer] = {}
    for curve, truth in (
        (found.model, curve_of(CUT, design)),
        (found.deployed, curve_of(CUT, design, deployed=True)),
    ):
        for turn in (1, TURNS):
            ends = None
            if curve.horizon >= turn:
                ends = ends_of(curve.points[turn - 1].share.interval)
            answers[f"{curve.name} S({turn})"] = Held(ends, truth[turn - 1])
    truth = curve_of(CUT, design)[: found.horizon]
    answers["turns held"] = Held(ends_of(found.rmst.interval), sum(truth))
    deployed = curve_of(CUT, design, deployed=True)[: found.horizon]
    answers["turns held, deployed"] = Held(ends_of(found.rmst_deployed.interval), sum(deployed))
    return answers


def whole(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Nothing is cut short: the turn of flip, and who never refused."""
    rows = rows_of_stories(WORLD.stories(rng, design), design.places, moves=LATER)
    hazards = every(WORLD, design)
    stands = np.cumprod(1 - hazards, axis=1).mean(axis=0)
    flipped, never = turn_of_flip(rows, judge=JUDGE), never_refused(rows, judge=JUDGE)
    return {
        "turn of flip": Held(ends_of(flipped.interval), float(stands.sum())),
        "never refused": Held(ends_of(never.interval), float(hazards[:, 0].mean())),
    }


def differences(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Two versions on the same scenarios: how many more turns one holds."""
    willing = frailty(rng, design)
    one, other, same = (
        rows_of_stories(
            world.stories(rng, design, world.hazards(design, willing)),
            design.places,
            moves=LATER,
        )
        for world in (BETTER, WORLD, WORLD)
    )
    truth = sum(curve_of(BETTER, design)) - sum(curve_of(WORLD, design))
    found = rmst_difference(one, other, judge=JUDGE)
    none = rmst_difference(other, same, judge=JUDGE)
    return {
        "difference in turns": Held(ends_of(found.interval), truth),
        "no difference in turns": Alarm(none.decided in ("more", "less")),
    }


STUDIES = (
    Study("survival", curves.__doc__ or "", DESIGNS, curves),
    Study("whole spells", whole.__doc__ or "", DESIGNS, whole),
    Study("turns apart", differences.__doc__ or "", DESIGNS, differences),
)
