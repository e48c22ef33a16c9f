"""How likely a gate is to say `ok` of a version that is as good as the one before.

The difference of one scenario between two versions has the variance 2 p (1 - p) (1 - ICC) / m where
the versions do not differ: what scenarios have of their own cancels in the pair. So here repeats
help like scenarios do, unlike in a rate. A version that really changed some scenarios for the
better and as many for the worse adds `change` squared, the variance of that, which no repeat takes
away.

From `MANY` scenarios on the bound of the gate is by t, and where fewer than five of them differ it
is an exact one that reaches further: 149 scenarios of which none differs rule out a rise of two
points, and no number of repeats of fewer does. Of fewer than `MANY` it is about these scenarios and
by their repeats, to which two dialogues more are added on each side (`contrasts`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import NormalDist

from convsim.power.pairs import ALPHA, POWER
from convsim.power.precision import fewest
from convsim.stats import SPARSE, clopper_pearson

MANY = 16
"""From so many scenarios on two versions are compared over scenarios (`differences.pairing`)."""

ENOUGH = 500
"""Of more dialogues than this it hardly depends on their number whether a scenario differs."""


def gate_power(
    scenarios: int,
    dialogues: float,
    margin: float,
    *,
    rate: float,
    icc: float,
    change: float = 0.0,
) -> float:
    """The chance that a version with the same `rate` is shown to be worse by less than `margin`.

    One-sided, with `dialogues` of each scenario and version; `change` is the standard deviation
    over scenarios of the true change.

    >>> round(gate_power(40, 5, 0.1, rate=0.3, icc=0.3), 2)
    0.82
    """
    if scenarios < 2:
        return 0.0
    within = rate * (1 - rate) * (1 - icc)
    spread = math.sqrt(2 * within / dialogues + change**2)
    if scenarios < MANY:
        error = _error_of_these(scenarios, dialogues, rate=rate, within=within)
        return _under(margin - error, spread / math.sqrt(scenarios))
    differing = _differing(dialogues, rate=rate, icc=icc)
    size = spread / math.sqrt(differing) if differing else 0.0
    few = list(_few(scenarios, differing))
    passed = math.fsum(
        chance
        for chance, risen, fallen in few
        if _exact_bound(scenarios, risen * size, fallen * size) <= margin
    )
    usual = max(0.0, 1 - math.fsum(chance for chance, _, _ in few))
    return min(1.0, passed + usual * _by_t(scenarios, margin, spread))


def _by_t(scenarios: int, margin: float, spread: float) -> float:
    """The power of the paired t test over scenarios whose differences spread so much."""
    from scipy.special import nctdtr, stdtrit

    if spread == 0:
        return 1.0
    degrees = scenarios - 1
    shift = -margin / (spread / math.sqrt(scenarios))
    return float(nctdtr(degrees, shift, -stdtrit(degrees, 1 - ALPHA)))


def _error_of_these(scenarios: int, dialogues: float, *, rate: float, within: float) -> float:
    """How far above the difference its bound lies, by the repeats of these scenarios."""
    from scipy.special import stdtrit

    count = scenarios * dialogues
    degrees = max(1.0, count - scenarios) if dialogues > 1 else scenarios - 1
    ends = rate**2 + (1 - rate) ** 2  # of the two that are added, squared
    error = math.sqrt(2 * (count * within + ends)) / (count + 2)
    return float(stdtrit(degrees, 1 - ALPHA)) * error


def _under(room: float, spread: float) -> float:
    """The chance that a normal mean of 0 is within that room."""
    return float(room >= 0) if spread == 0 else NormalDist().cdf(room / spread)


def _differing(dialogues: float, *, rate: float, icc: float) -> float:
    """How likely a scenario comes to different shares on two sides, if its chance is Beta."""
    import numpy as np
    from scipy.special import betaln, gammaln, xlog1py, xlogy

    if not 0 < rate < 1 or icc >= 1:
        return 0.0
    count = max(1, round(min(dialogues, ENOUGH)))
    hits = np.arange(count + 1)
    ways = 2 * (gammaln(count + 1) - gammaln(hits + 1) - gammaln(count - hits + 1))
    if icc <= 0:
        alike = 2 * (xlogy(hits, rate) + xlog1py(count - hits, -rate))
    else:
        one, other = (part * (1 / icc - 1) for part in (rate, 1 - rate))
        alike = betaln(one + 2 * hits, other + 2 * (count - hits)) - betaln(one, other)
    return max(0.0, 1 - float(np.exp(ways + alike).sum()))


def _few(scenarios: int, differing: float) -> Iterator[tuple[float, int, int]]:
    """Every way in which too few scenarios differ for a t interval: its chance, risen, fallen."""
    if differing >= 1:
        return
    chance = math.exp(scenarios * math.log1p(-differing))
    for count in range(SPARSE):
        for risen in range(count + 1):
            yield chance * math.comb(count, risen) / 2**count, risen, count - risen
        chance *= (scenarios - count) / (count + 1) * differing / (1 - differing)


def _exact_bound(scenarios: int, risen: float, fallen: float) -> float:
    """How far the rate may have risen, where so many scenarios' worth rose and fell (MOVER)."""
    level = 1 - 2 * ALPHA
    _, most = clopper_pearson(risen, scenarios, level=level)
    low, _ = clopper_pearson(fallen, scenarios, level=level)
    rise, fall = risen / scenarios, fallen / scenarios
    return rise - fall + math.hypot(most - rise, fall - low)


def scenarios_for_gate(
    margin: float,
    dialogues: float,
    *,
    rate: float,
    icc: float,
    change: float = 0.0,
    power: float = POWER,
) -> int | None:
    """How many scenarios of so many dialogues let a gate say `ok` with a chance of `power`.

    None where more than anybody will have would not do.
    """
    return fewest(
        lambda scenarios: (
            gate_power(scenarios, dialogues, margin, rate=rate, icc=icc, change=change) >= power
        ),
        start=2,
    )


def repeats_for_gate(
    margin: float,
    scenarios: int,
    *,
    rate: float,
    icc: float,
    each: float = 1.0,
    change: float = 0.0,
    power: float = POWER,
) -> int | None:
    """How many repeats of so many scenarios do, with `each` dialogues a repeat; None for none."""
    return fewest(
        lambda repeats: (
            gate_power(scenarios, repeats * each, margin, rate=rate, icc=icc, change=change)
            >= power
        )
    )
