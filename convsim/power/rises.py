"""How large a rise `convsim compare` would report: studies of two runs, each put to its own test.

Theory. The test that compares two runs is exact (signs of scenarios, or their repeats exchanged),
and where few dialogues fail it is far from any formula: nine scenarios that rose, and none that
fell, are not reported at a level of 0.2%, however far they rose. So both runs are drawn, as
Beta-binomial counts, and the test is asked, which a caller gives. A rise keeps the order of the
scenarios and their ICC: the rate alone is another one, and they rise by more and less.

The draws are always the same, so a plan says the same twice. From `LARGE` scenarios on the test is
as good as normal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING

from convsim.power.pairs import POWER

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SEED = 20261121
LARGE = 400
STUDIES = 500
FEWEST_STUDIES = 250
SCENARIOS = 30_000
"""How many scenarios are drawn in all; more of them in a study leave fewer studies."""

PLACES = 400
"""Of how many kinds scenarios are, from the one that fails least to the one that fails most."""

NEAR = 0.98
"""How near to the smallest rise one may stop: so many studies know no more."""

Test = Callable[[Sequence[int], Sequence[int], int], float]
"""The p-value of the hits of each scenario on either side, of so many dialogues each."""


@dataclass(frozen=True, slots=True)
class Reporting:
    """By what a rise is reported: the test, and the level below which its p-value has to be."""

    test: Test
    level: float


def rise_power(
    scenarios: int,
    dialogues: float,
    rise: float,
    reporting: Reporting,
    *,
    rate: float,
    icc: float,
) -> float:
    """The chance that a version whose rate is higher by `rise` is reported to be so.

    With `dialogues` of each scenario and version. In studies: known to some two points.
    """
    import numpy as np

    count = max(1, round(dialogues))
    before, after = (_chances(one, icc) for one in (rate, min(1.0, rate + rise)))
    if scenarios >= LARGE:
        return _normal(scenarios, count, before, after, reporting.level)
    chance = np.random.default_rng(SEED)
    studies = max(FEWEST_STUDIES, min(STUDIES, SCENARIOS // scenarios))
    places = chance.integers(PLACES, size=(studies, scenarios))
    earlier = chance.binomial(count, before[places])
    later = chance.binomial(count, after[places])
    risen = later.sum(axis=1) > earlier.sum(axis=1)
    seen = sum(
        reporting.test(one, other, count) < reporting.level
        for one, other in zip(earlier[risen].tolist(), later[risen].tolist(), strict=True)
    )
    return seen / studies


def least_rise(
    scenarios: int,
    dialogues: float,
    reporting: Reporting,
    *,
    rate: float,
    icc: float,
    power: float = POWER,
) -> float | None:
    """The smallest rise that is reported with a chance of `power`; None where not even 100% is."""

    def seen(rise: float) -> bool:
        found = rise_power(scenarios, dialogues, rise, reporting, rate=rate, icc=icc)
        return found >= power

    low, high = 0.0, 1 - rate
    if not seen(high):
        return None
    while low < NEAR * high:
        middle = (low + high) / 2
        low, high = (low, middle) if seen(middle) else (middle, high)
    return high


def exchanged(before: Sequence[int], after: Sequence[int], dialogues: int) -> float:
    """The p-value by exchanging the repeats of each scenario (`differences.relabelling`), quickly.

    Every scenario has so many `dialogues` on either side, each a hit or none.

    >>> round(exchanged([0], [3], 3), 3)
    0.1
    """
    import numpy as np

    found, middle, seen = np.ones(1), 0.0, 0.0
    for earlier, later in zip(before, after, strict=True):
        least = max(0, earlier + later - dialogues)
        mean = (earlier + later) / 2
        middle += mean - least
        seen += later - mean
        found = np.convolve(found, _ways(earlier + later, dialogues))
    away = np.abs(np.arange(len(found)) - middle)
    return min(1.0, float(found[away >= abs(seen) - _ROUNDING].sum()))


_ROUNDING = 1e-6


@lru_cache(maxsize=4096)
def _ways(hits: int, dialogues: int) -> Sequence[float]:
    """The chance that so many of the hits are of the one side, from the fewest on."""
    every = math.comb(2 * dialogues, hits)
    return [
        math.comb(dialogues, one) * math.comb(dialogues, hits - one) / every
        for one in range(max(0, hits - dialogues), min(hits, dialogues) + 1)
    ]


def _chances(rate: float, icc: float) -> Floats:
    """The chance of each kind of scenario: Beta with this mean and intra-class correlation."""
    import numpy as np
    from scipy.special import betaincinv

    if not 0 < rate < 1 or icc <= 0:
        return np.full(PLACES, rate)
    places = (np.arange(PLACES) + 0.5) / PLACES
    if icc >= 1:
        return np.asarray(places > 1 - rate, dtype=float)
    spread = 1 / icc - 1
    return np.asarray(betaincinv(rate * spread, (1 - rate) * spread, places))


def _normal(scenarios: int, count: int, before: Floats, after: Floats, level: float) -> float:
    """The power of so many scenarios that the sum of their differences is normal."""
    moved = after - before
    rise = float(moved.mean())
    noise = float((before * (1 - before) + after * (1 - after)).mean()) / count
    squared = noise + float((moved**2).mean())  # which is all that exchanging the sides knows
    if squared <= rise**2:
        return float(rise > 0)
    reached = rise * math.sqrt(scenarios) - NormalDist().inv_cdf(1 - level / 2) * squared**0.5
    return NormalDist().cdf(reached / math.sqrt(squared - rise**2))
