"""What a plan promises before a run: how far intervals reach, and what gates and compare see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np

from convsim.differences import Version, differences
from convsim.gates import Decision
from convsim.planning import reporting
from convsim.power import least_rise, reach, scenarios_for_gate
from convsim.rates import under_refusal
from studies.differing import RULES, version_of
from studies.gating import OVER, gated, margin_of, played, under_of
from studies.harness import (
    Alarm,
    Answer,
    Design,
    Floats,
    Power,
    Rng,
    Study,
    chances,
    ends_of,
    frailty,
)
from studies.planting import dialogue

JUDGE = "planted"
WIDTHS = (
    Design(20, 1, 0.3, 0.3),
    Design(40, 5, 0.3, 0.1),
    Design(40, 20, 0.1, 0.3),
    Design(20, 5, 0.02, 0.1),
    Design(20, 5, 0.1, 0.02),
)
GATES = (
    Design(0, 1, 0.1, 0.3, note="m10"),
    Design(0, 5, 0.3, 0.1, note="m5"),
    Design(0, 5, 0.1, 0.02, note="m5"),
)
ALIKE = "alike"
"""The note of a design whose scenarios all rise by the same."""
RISES = (
    Design(8, 10, 0.1, 0.1),
    Design(20, 5, 0.1, 0.02),
    Design(20, 5, 0.3, 0.3),
    Design(30, 1, 0.3, 0.1),
    Design(60, 5, 0.3, 0.3),
    Design(60, 5, 0.3, 0.3, note=ALIKE),
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
    planned = reach(design.scenarios, repeats, rate=design.rate, icc=design.icc)
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


def rises(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """The smallest rise of under-refusal that a comparison is said to report: it does, so often."""
    willing = frailty(rng, design)
    before = chances(design.rate, design.icc, willing)
    over = chances(OVER, design.icc, 1 - willing)
    one = _ruled(played(rng, design, "before", before, over))
    other = _ruled(played(rng, design, "after", _risen(design, before, willing), over))
    (pair,) = differences([(one, other)]).compared
    found = pair.of("under-refusal")
    return {
        "planned rise is reported": Power(found.changed and found.rose, 0.8),
        "over-refusal, which did not rise": Alarm(pair.of("over-refusal").changed),
    }


def _ruled(version: Version) -> Version:
    """The same under several rules, so that parts have their share of the error, as in a suite."""
    rules = {
        scenario: RULES[number % len(RULES)] for number, scenario in enumerate(version.contents)
    }
    return version_of(
        version.name, [replace(row, rule=rules[row.scenario]) for row in version.rows]
    )


def _risen(design: Design, before: Floats, willing: Floats) -> Floats:
    """The chances in a version that is worse by the smallest rise that is said to be reported."""
    rise = _planned(design)
    if design.note == ALIKE:
        return np.minimum(before + rise, 1.0)
    return chances(design.rate + rise, design.icc, willing)


@cache
def _planned(design: Design) -> float:
    known = {"rate": design.rate, "icc": design.icc}
    found = least_rise(design.scenarios, design.sizes[0], reporting(), **known)
    assert found is not None, "some rise is reported"
    return found


STUDIES = (
    Study("plan, widths", widths.__doc__ or "", WIDTHS, widths),
    Study("plan, gates", gates.__doc__ or "", GATES, gates, share=0.25),
    Study("plan, rises", rises.__doc__ or "", RISES, rises, share=0.25),
)
