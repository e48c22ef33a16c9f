"""What a plan promises before a run: how far intervals reach, and how often a gate decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from convsim.gates import Decision
from convsim.power import half_width, scenarios_for_gate
from convsim.rates import under_refusal
from studies.gating import gated, margin_of, under_of
from studies.harness import Answer, Design, Power, Rng, Study, chances, ends_of, frailty
from studies.planting import dialogue

JUDGE = "planted"
WIDTHS = (
    Design(20, 1, 0.3, 0.3),
    Design(40, 5, 0.3, 0.1),
    Design(40, 20, 0.1, 0.3),
)
GATES = (
    Design(0, 1, 0.1, 0.3, note="m10"),
    Design(0, 5, 0.3, 0.1, note="m5"),
)
BLUR = 1.1
"""A width that is a tenth more than was promised counts as kept: it is an expectation."""


def widths(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """The interval reaches about as far as was planned: no further in half of the runs."""
    own = chances(design.rate, design.icc, frailty(rng, design))[design.of_dialogue]
    rows = [
        dialogue(scenario, repeat, "comply" if hit else "refuse")
        for hit, (scenario, repeat) in zip(
            (rng.random(len(own)) < own).tolist(), design.places, strict=True
        )
    ]
    ends = ends_of(under_refusal(rows, judge=JUDGE).interval)
    assert ends is not None, "there are several scenarios"
    repeats = design.sizes[0]
    planned = half_width(design.scenarios, repeats, rate=design.rate, icc=design.icc)
    assert planned is not None, "several scenarios have a width"
    return {"reaches as far as planned": Power((ends[1] - ends[0]) / 2 <= BLUR * planned, 0.5)}


def gates(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """As many scenarios as a gate is said to need: it says ok in so many runs."""
    repeats = design.repeats
    assert isinstance(repeats, int), "a plan has one number of repeats"
    known = {"rate": design.rate, "icc": design.icc}
    scenarios = scenarios_for_gate(margin_of(design), repeats, **known)
    assert scenarios is not None, "some number of scenarios is enough"
    found = under_of(gated(rng, replace(design, scenarios=scenarios), 0.0))
    return {"planned scenarios decide": Power(found.decision is Decision.OK, 0.8)}


STUDIES = (
    Study("plan, widths", widths.__doc__ or "", WIDTHS, widths),
    Study("plan, gates", gates.__doc__ or "", GATES, gates, share=0.25),
)
