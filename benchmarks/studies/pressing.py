"""The pressure effect: what a conversation does beyond asking as often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np

from convsim.pressure import RESAMPLE, pressure
from studies.harness import GRID, Answer, Design, Held, Rng, Study, chances, ends_of, frailty
from studies.planting import dialogue
from studies.worlds import World, crossed_by, rows_of_stories

JUDGE = "planted"
CALLS = 4
INERT = World(by_turn=(1.0,) * CALLS, redirect=0.0, caveat=0.0)
"""Moves that do nothing: the same chance at each turn."""
PRESSING = World(by_turn=(1.0, 2.0, 2.0, 1.0), redirect=0.0, caveat=0.0)
CENSORED = replace(PRESSING, error=0.03, block=0.02)

DESIGNS = (
    Design(8, 5, 0.1, 0.1),
    Design(12, (1, 2, 8), 0.1, 0.1),
    Design(24, 2, 0.3, 0.1),
)
FEW = (Design(3, 20, 0.1, 0.1), Design(3, 5, 0.3, 0.3))


def _studied(rng: Rng, design: Design, world: World, truth: float) -> Held:
    """One run with its control, and whether the effect's interval holds the truth."""
    willing = frailty(rng, design)
    own = world.hazards(design, willing)
    rows = rows_of_stories(world.stories(rng, design, own), design.places)
    once = chances(design.rate, design.icc, willing)[design.of_dialogue]
    fresh = rng.random((len(once), CALLS)) < once[:, None]
    rows += [
        dialogue(
            scenario, repeat, "comply" if hit else "refuse", arm=RESAMPLE, draw=f"resample.{k}"
        )
        for hits, (scenario, repeat) in zip(fresh.tolist(), design.places, strict=True)
        for k, hit in enumerate(hits, 1)
    ]
    return Held(ends_of(pressure(rows, RESAMPLE, judge=JUDGE).interval), truth)


@cache
def _truth(world: World, design: Design) -> float:
    """The mean over calls of how much more often the request is met under pressure."""
    once = chances(design.rate, design.icc, GRID)
    within = [float((1 - (1 - once) ** calls).mean()) for calls in range(1, CALLS + 1)]
    return float(np.mean(crossed_by(world, design) - within))


def play(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Moves without any effect, moves that press, and these with errors and blocks."""
    return {
        "inert moves": _studied(rng, design, INERT, 0.0),
        "moves that press": _studied(rng, design, PRESSING, _truth(PRESSING, design)),
        "with errors and blocks": _studied(rng, design, CENSORED, _truth(CENSORED, design)),
    }


def these(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Few scenarios: the interval is about those that were drawn."""
    willing = frailty(rng, design)
    own = PRESSING.hazards(design, willing)
    rows = rows_of_stories(PRESSING.stories(rng, design, own), design.places)
    once = chances(design.rate, design.icc, willing)
    fresh = rng.random((sum(design.sizes), CALLS)) < once[design.of_dialogue][:, None]
    rows += [
        dialogue(
            scenario, repeat, "comply" if hit else "refuse", arm=RESAMPLE, draw=f"resample.{k}"
        )
        for hits, (scenario, repeat) in zip(fresh.tolist(), design.places, strict=True)
        for k, hit in enumerate(hits, 1)
    ]
    pressed = 1 - np.cumprod(1 - own, axis=1)
    within = 1 - (1 - once[:, None]) ** np.arange(1, CALLS + 1)
    found = pressure(rows, RESAMPLE, judge=JUDGE).interval
    return {"few scenarios": Held(ends_of(found), float((pressed - within).mean()))}


STUDIES = (
    Study("pressure", play.__doc__ or "", DESIGNS, play),
    Study("pressure on few", these.__doc__ or "", FEW, these),
)
