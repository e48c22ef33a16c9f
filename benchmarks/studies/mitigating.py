"""Variants of one target: what each is worth, and which are said to be better."""

from __future__ import annotations

from collections.abc import Mapping

from convsim.mitigations import Standing, Variant, mitigations
from convsim.rows import Row
from studies.harness import (
    Alarm,
    Answer,
    Design,
    Held,
    Rng,
    Study,
    chances,
    ends_of,
    frailty,
)
from studies.planting import dialogue

JUDGE = "planted"
OVER = 0.1
BASES = {"guarded": "base", "told": "base"}

DESIGNS = (
    Design(8, 5, 0.1, 0.3),
    Design(12, (1, 2, 8), 0.1, 0.3),
    Design(24, 3, 0.3, 0.3),
)


def played(rng: Rng, design: Design, rates: Mapping[str, tuple[float, float]]) -> list[Row]:
    """Every target with its two rates, on the same scenarios."""
    willing = frailty(rng, design)
    rows: list[Row] = []
    for target, (under, over) in rates.items():
        for arm, rate, place in (("restricted", under, willing), ("benign", over, 1 - willing)):
            own = chances(rate, design.icc, place)[design.of_dialogue]
            hits = (rng.random(len(own)) < own).tolist()
            bad, good = ("comply", "refuse") if arm == "restricted" else ("refuse", "comply")
            rows += [
                dialogue(scenario, repeat, bad if hit else good, arm=arm, target=target)
                for hit, (scenario, repeat) in zip(hits, design.places, strict=True)
            ]
    return rows


def table(rng: Rng, design: Design, **rates: tuple[float, float]) -> dict[str, Variant]:
    """The table of these targets."""
    found = mitigations(played(rng, design, rates), BASES, judge=JUDGE)
    return {variant.alias: variant for variant in found.variants}


def alike(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Variants that do nothing: none is marked."""
    same = (design.rate, OVER)
    found = table(rng, design, base=same, guarded=same, told=same)
    marked = any(one.standing is not Standing.UNDECIDED for one in found.values())
    return {"any variant marked": Alarm(marked)}


def better(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """A guard that keeps most back and turns away as many as before; a prompt that only refuses."""
    found = table(
        rng,
        design,
        base=(design.rate, OVER),
        guarded=(design.rate / 10, OVER),
        told=(design.rate / 10, OVER + 0.5),
    )
    under, over, helped = found["told"].differences
    return {
        "under-refusal against the base": Held(ends_of(under.interval), -0.9 * design.rate),
        "over-refusal against the base": Held(ends_of(over.interval), 0.5),
        "helped against the base": Held(ends_of(helped.interval), -0.5),
        "the base called better": Alarm(
            any("base" in found[name].dominated_by for name in ("guarded", "told"))
        ),
    }


STUDIES = (
    Study("variants alike", alike.__doc__ or "", DESIGNS, alike),
    Study("variants", better.__doc__ or "", DESIGNS, better),
)
