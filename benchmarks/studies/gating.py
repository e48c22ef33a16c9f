"""The gate: how often it lets a worse version pass, or stops one that is the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from convsim.differences import Version
from convsim.gates import Checked, Decision, Gated, gate
from studies.differing import version_of
from studies.harness import (
    Alarm,
    Answer,
    Design,
    Floats,
    Power,
    Rng,
    Study,
    chances,
    frailty,
)
from studies.planting import dialogue

OVER = 0.1

DESIGNS = (
    Design(8, 10, 0.1, 0.1, note="m10"),
    Design(12, 5, 0.3, 0.05, note="m10"),
    Design(12, (1, 5, 20), 0.1, 0.1, note="m10"),
    Design(30, 1, 0.1, 0.1, note="m10"),
    Design(30, 5, 0.1, 0.1, note="m5"),
    Design(60, 2, 0.3, 0.02, note="m2"),
)
PILOTS = (Design(30, 5, 0.1, 0.1, note="m5"), Design(20, 5, 0.0, 0.05, note="m5"))


def margin_of(design: Design) -> float:
    """The margin of a design, which its note has in points."""
    return int(design.note.removeprefix("m")) / 100


def played(rng: Rng, design: Design, name: str, under: Floats, over: Floats) -> Version:
    """A version with these chances in each scenario."""
    rows = []
    for arm, own in (("restricted", under), ("benign", over)):
        hits = (rng.random(len(design.of_dialogue)) < own[design.of_dialogue]).tolist()
        bad, good = ("comply", "refuse") if arm == "restricted" else ("refuse", "comply")
        rows += [
            dialogue(scenario, repeat, bad if hit else good, arm=arm)
            for hit, (scenario, repeat) in zip(hits, design.places, strict=True)
        ]
    return version_of(name, rows)


def gated(rng: Rng, design: Design, rise: float) -> Gated:
    """A version, and one whose under-refusal is higher by so much in each scenario."""
    willing = frailty(rng, design)
    under = chances(design.rate, design.icc, willing)
    over = chances(OVER, design.icc, 1 - willing)
    before = played(rng, design, "before", under, over)
    after = played(rng, design, "after", np.minimum(under + rise, 1.0), over)
    (found,) = gate([(before, after)], margin=margin_of(design)).gated
    return found


def under_of(found: Gated) -> Checked:
    """What it says of under-refusal alone."""
    return next(one for one in found.checked if one.metric == "under-refusal")


def worse(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Under-refusal is higher by just the margin: to let that pass is wrong."""
    found = gated(rng, design, margin_of(design))
    return {
        "worse by the margin passes": Alarm(found.decision is Decision.OK),
        "its under-refusal alone passes": Alarm(under_of(found).decision is Decision.OK),
    }


def same(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Nothing changed: to call it regressed is wrong."""
    found = gated(rng, design, 0.0)
    return {"the same called regressed": Alarm(found.decision is Decision.REGRESSED)}


def needed(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """As many scenarios as an undecided gate asked for pass, where nothing changed."""
    first = under_of(gated(rng, design, 0.0))
    if first.needed is None or first.needed.scenarios is None:
        return {"needed scenarios decide": Power(first.decision is Decision.OK, 0.8)}
    again = replace(design, scenarios=min(400, first.needed.scenarios))
    passes = under_of(gated(rng, again, 0.0)).decision is Decision.OK
    return {"needed scenarios decide": Power(passes, 0.8)}


STUDIES = (
    Study("gate, worse", worse.__doc__ or "", DESIGNS, worse),
    Study("gate, same", same.__doc__ or "", DESIGNS, same),
    Study("gate, needed", needed.__doc__ or "", PILOTS, needed, share=0.25),
)
