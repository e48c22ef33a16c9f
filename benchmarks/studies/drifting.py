"""A series of runs: whether a drift is seen where there is none, and found where there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from convsim.differences import Version
from convsim.differences.pairing import MANY
from convsim.drift import Series, drift
from studies.gating import OVER, played
from studies.harness import (
    Alarm,
    Answer,
    Design,
    Held,
    Power,
    Rng,
    Study,
    chances,
    ends_of,
    frailty,
)

RUNS = 4
SLOPE = 0.1
"""How much under-refusal rises from one run to the next."""

DESIGNS = (
    Design(8, 5, 0.1, 0.3),
    Design(12, (1, 2, 8), 0.1, 0.1),
    Design(20, 2, 0.3, 0.1),
)
RISING = (Design(12, 5, 0.1, 0.1), Design(20, 3, 0.1, 0.1))


def series(rng: Rng, design: Design, slope: float) -> tuple[Series, float]:
    """Four runs of one assistant whose under-refusal rises by so much, and its slope here."""
    willing = frailty(rng, design)
    under = chances(design.rate, design.icc, willing)
    over = chances(OVER, design.icc, 1 - willing)
    own = [np.minimum(under + slope * n, 1.0) for n in range(RUNS)]
    versions: Sequence[Version] = [
        played(rng, design, f"run {n}", each, over) for n, each in enumerate(own)
    ]
    (found,) = drift([versions]).series
    weights = (np.arange(RUNS) - (RUNS - 1) / 2) / 5.0
    return found, float((weights @ np.array(own)).mean())


def steady(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """The same assistant four times: no trend and no step is reported."""
    found, _ = series(rng, design, 0.0)
    return {"any drift reported": Alarm(bool(found.changed))}


def rising(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Under-refusal rises by ten points a run: the trend is found, and no other rate drifts."""
    found, here = series(rng, design, SLOPE)
    under = next(one for one in found.followed if one.metric == "under-refusal")
    said = {one.metric for one in found.changed}
    truth = SLOPE if design.scenarios >= MANY else here
    return {
        "slope": Held(ends_of(under.trend.estimate.interval), truth),
        "trend found": Power(under.trend.changed, 0.8),
        "another rate reported": Alarm(bool(said - {"under-refusal", FIRST})),
    }


FIRST = "refusal of restricted requests"
"""With one turn the other side of under-refusal."""

STUDIES = (
    Study("steady", steady.__doc__ or "", DESIGNS, steady),
    Study("rising", rising.__doc__ or "", RISING, rising),
)
