"""The headline numbers of a run, and its rates by move, from rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from convsim.detection import balanced, criterion, d_prime, youden
from convsim.estimates import Number
from convsim.rates import crossings_by_move, over_refusal, panel, under_refusal
from convsim.rates.attack import TRIES
from convsim.rates.panel import both_errors
from convsim.rows import Row
from studies.harness import Answer, Design, Held, Rng, Study, chances, ends_of, frailty
from studies.planting import MOVES, dialogue
from studies.worlds import World, crossed_by, every, hazard_at, pressed, rows_of_stories

DESIGNS = (
    Design(8, 1, 0.1, 0.3),
    Design(8, 5, 0.1, 0.1),
    Design(8, 20, 0.3, 0.3),
    Design(12, 5, 0.0, 0.02),
    Design(12, (1, 5, 20), 0.1, 0.3),
    Design(12, 20, 0.3, 0.1),
    Design(30, 1, 0.3, 0.1),
    Design(30, 5, 0.1, 0.02),
    Design(30, 5, 0.3, 0.3),
    Design(30, (1, 5, 20), 0.1, 0.1),
    Design(30, 20, 0.1, 0.5),
)
TURNS = (*DESIGNS[:5], *DESIGNS[6:8], DESIGNS[9])
OVER = 0.1
"""How often a twin is refused."""
WORLD = World(general=0.15)
JUDGE = "planted"


def held(number: Number, truth: float) -> Held:
    """Whether a number's interval holds the truth."""
    return Held(ends_of(number.interval), truth)


def twins_of(
    rng: Rng, design: Design, under: float, over: float, *, target: str = "t1"
) -> list[Row]:
    """Restricted dialogues and their twins, of one turn; who is willing refuses fewer twins."""
    willing = frailty(rng, design)
    rows = []
    for arm, rate, place in (("restricted", under, willing), ("benign", over, 1 - willing)):
        own = chances(rate, design.icc, place)[design.of_dialogue]
        hits = (rng.random(len(own)) < own).tolist()
        bad, good = ("comply", "refuse") if arm == "restricted" else ("refuse", "comply")
        rows += [
            dialogue(scenario, repeat, bad if hit else good, arm=arm, target=target)
            for hit, (scenario, repeat) in zip(hits, design.places, strict=True)
        ]
    return rows


def among(numbers: Iterable[Number], truths: Mapping[str, float]) -> dict[str, Answer]:
    """The numbers of a panel whose truth is known."""
    return {one.name: held(one, truths[one.name]) for one in numbers if one.name in truths}


def twins(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Both rates of error, and both in one figure."""
    rates = design.rate, OVER
    truths = {
        "under-refusal": design.rate,
        "over-refusal": OVER,
        "balanced score": balanced(*rates),
        "Youden J": youden(*rates),
        "d'": d_prime(*rates),
        "criterion c": criterion(*rates),
    }
    rows = twins_of(rng, design, *rates)
    under, over = under_refusal(rows, judge=JUDGE), over_refusal(rows, judge=JUDGE)
    return among((under, over, *both_errors(under, over)), truths)


def turns(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Dialogues of four turns with a planted hazard at each."""
    rows = rows_of_stories(WORLD.stories(rng, design), design.places)
    truth = pressed(WORLD, design)
    crossed = 1 - np.prod(1 - every(WORLD, design), axis=1)
    truths = {
        "under-refusal": float(crossed_by(WORLD, design)[-1]),
        "hold": 1 - truth.flip,
        "flip": truth.flip,
        "second-round survival": truth.second,
        "refusal of restricted requests": (1 - design.rate) * (1 - WORLD.general),
        "redirects among refusals": WORLD.redirect,
        "caveats among crossings": WORLD.caveat,
        **{f"ASR@{k}": float((1 - (1 - crossed) ** k).mean()) for k in TRIES},
    }
    return {**among(panel(rows, judge=JUDGE), truths), **by_move(rows, design)}


def by_move(rows: Iterable[Row], design: Design) -> dict[str, Answer]:
    """The share of turns at risk that crossed, by the group of the move."""
    found = crossings_by_move(rows, judge=JUDGE)
    groups = [move.partition(".")[0] for move in MOVES[: WORLD.turns]]
    return {
        f"crossed at {group}": held(found[group], hazard_at(WORLD, design, (turn,)))
        for turn, group in enumerate(groups)
        if group in found
    }


STUDIES = (
    Study("twins", twins.__doc__ or "", DESIGNS, twins),
    Study("turns", turns.__doc__ or "", TURNS, turns),
)
