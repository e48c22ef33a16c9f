"""What moves do: at identical prefixes, in a model of the hazard; and the log-rank test."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from convsim.rows import Row
from convsim.survival.hazards import move_effects
from convsim.survival.logrank import logrank
from convsim.survival.moves import paired_moves
from studies.harness import (
    Alarm,
    Answer,
    Design,
    Floats,
    Held,
    Rng,
    Study,
    chances,
    ends_of,
    frailty,
)
from studies.planting import dialogue
from studies.worlds import World, rows_of_stories

JUDGE = "planted"
PUSH, CLAIM = "push_back.repeat", "claim_authority.org_approval"
EFFECT = 0.15
"""How much more often a claim is met than a push-back at the same point."""

ODDS = 0.8
"""The same as a coefficient of a logistic hazard."""

DESIGNS = (
    Design(8, 5, 0.1, 0.1),
    Design(12, 1, 0.1, 0.3),
    Design(12, (1, 5, 20), 0.1, 0.3),
    Design(30, 5, 0.3, 0.1),
)
RANDOM = (
    Design(12, 10, 0.0, 0.15),
    Design(30, 5, 0.0, 0.15),
    Design(30, (1, 5, 20), 0.0, 0.15),
)
TURNS = 4


def branching(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """After one refusal every dialogue goes on in two ways, and again after the next."""
    willing = frailty(rng, design)
    sides = [chances(design.rate + more, design.icc, willing) for more in (0.0, EFFECT)]
    own = np.stack(sides, axis=1)[design.of_dialogue]
    drawn = rng.random((*own.shape, 2)) < own[:, :, None]
    rows: list[Row] = []
    for hits, (scenario, repeat) in zip(drawn.tolist(), design.places, strict=True):
        for path, (move, (hit, later)) in enumerate(zip((PUSH, CLAIM), hits, strict=True)):
            words = "refuse comply" if hit else f"refuse refuse {'comply' if later else 'refuse'}"
            moves = ("ask.direct", move, PUSH)
            rows.append(dialogue(scenario, repeat, words, moves=moves, path=str(path)))
    pair = ("claim_authority", "push_back")
    found = paired_moves(rows, judge=JUDGE).pairs[pair]
    return {"paired moves": Held(ends_of(found.interval), EFFECT)}


def modelled(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Moves in random order, one of which does more: its coefficient."""
    return {"move in a logit model": _effect(rng, design, ODDS)}


def inert(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Moves in random order that all do the same, in scenarios that differ."""
    return {"inert move in a model": _effect(rng, design, 0.0)}


def _effect(rng: Rng, design: Design, odds: float) -> Held:
    base = np.clip(chances(design.rate, design.icc, frailty(rng, design)), 1e-9, 1 - 1e-9)
    claims = rng.random((len(design.of_dialogue), TURNS)) < 0.5
    logit = np.log(base / (1 - base))[design.of_dialogue][:, None] + odds * claims
    rows = _random_order(rng, design, claims, 1 / (1 + np.exp(-logit)))
    found = move_effects(rows, judge=JUDGE, reference="push_back", adjust=("turn",))
    for effect in found.effects:
        if effect.move == "claim_authority":
            return Held(ends_of(effect.coefficient.interval), odds)
    return Held(None, math.nan)


def _random_order(rng: Rng, design: Design, claims: Floats, own: Floats) -> list[Row]:
    """A refusal, then moves in the order that was drawn until one is met."""
    hits = rng.random(own.shape) < own
    rows = []
    for claimed, met, (scenario, repeat) in zip(
        claims.tolist(), hits.tolist(), design.places, strict=True
    ):
        until = met.index(True) if True in met else TURNS
        words = " ".join(["refuse"] * (until + 1) + ["comply"] * (until < TURNS))
        moves = ("ask.direct", *(CLAIM if one else PUSH for one in claimed))
        rows.append(dialogue(scenario, repeat, words, moves=moves))
    return rows


SAME = World(by_turn=(1.0, 2.0, 1.5, 1.0), redirect=0.0, caveat=0.0)


def ranks(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Two groups of dialogues of one assistant: the log-rank test finds no difference."""
    own = SAME.hazards(design, frailty(rng, design))
    groups = {
        name: rows_of_stories(SAME.stories(rng, design, own), design.places)
        for name in ("one", "other")
    }
    p = logrank(groups, judge=JUDGE).p_value
    return {"log-rank, no difference": Alarm(p is not None and p < 0.05)}


STUDIES = (
    Study("paired moves", branching.__doc__ or "", DESIGNS, branching),
    Study("modelled moves", modelled.__doc__ or "", RANDOM, modelled),
    Study("inert moves", inert.__doc__ or "", DESIGNS[:1] + DESIGNS[2:], inert),
    Study("log-rank", ranks.__doc__ or "", DESIGNS, ranks),
)
