"""How far the interval of a rate will reach, and what it takes to make it shorter.

Theory. Dialogues of one scenario resemble each other: their intra-class correlation (ICC) is the
share of all variance that lies between scenarios. With G scenarios of m dialogues each, the
variance of a rate p is p (1 - p) (1 + (m - 1) ICC) / (G m) (Kish 1965), and the interval reaches a
t quantile with G - 1 degrees of freedom to either side (`stats`). However many dialogues a
scenario has, the part p (1 - p) ICC / G stays: more scenarios shorten any interval, more repeats
only so far.

Below five scenarios' worth of either answer the interval of a rate is an exact one (`stats`), which
reaches further: at 2%, 20 scenarios and 5 repeats nearly three times as far. `reach` foresees that.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from convsim.stats import SPARSE, clopper_pearson, t_quantile

MOST = 1_000_000
"""Nobody will have more scenarios, or more repeats, than this."""


def design_effect(dialogues: float, icc: float) -> float:
    """How many times the variance is that of independent dialogues, with so many a scenario.

    >>> design_effect(5, 0.3)
    2.2
    """
    return 1 + (dialogues - 1) * icc


def half_width(scenarios: int, dialogues: float, *, rate: float, icc: float) -> float | None:
    """How far a t interval reaches to either side; `dialogues` are those of a scenario.

    None where a single scenario tells nothing about others.

    >>> round(half_width(40, 5, rate=0.3, icc=0.3), 3)
    0.097
    """
    if scenarios < 2:
        return None
    variance = rate * (1 - rate) * design_effect(dialogues, icc) / (scenarios * dialogues)
    return t_quantile(scenarios - 1) * math.sqrt(variance)


def reach(scenarios: int, dialogues: float, *, rate: float, icc: float) -> float | None:
    """How far the interval of a rate will reach to either side; half its width where it is exact.

    Scenarios of equal size are taken, whose chances differ as a Beta distribution does.

    >>> round(reach(20, 5, rate=0.02, icc=0.1), 3), round(half_width(20, 5, rate=0.02, icc=0.1), 3)
    (0.101, 0.035)
    """
    rare = min(rate, 1 - rate)
    if scenarios < 2 or rare * scenarios >= SPARSE:
        return half_width(scenarios, dialogues, rate=rate, icc=icc)
    trials = scenarios * dialogues
    telling = scenarios * _some(rare, icc, dialogues)
    degrees = max(1.0, min(scenarios - 1, 2 * telling - 1))
    few = (t_quantile(max(1.0, trials - 1)) / t_quantile(degrees)) ** 2
    size = max(scenarios, min(trials, few * trials / design_effect(dialogues, icc)))
    low, high = clopper_pearson(rare * size, size)
    return (high - low) / 2


def _some(rate: float, icc: float, dialogues: float) -> float:
    """How likely one of so many dialogues of a scenario is a hit, if its chance is Beta."""
    if icc <= 0:
        return -math.expm1(dialogues * math.log1p(-rate))
    if icc >= 1:
        return rate
    spread = 1 / icc - 1
    other = (1 - rate) * spread
    gone = math.lgamma(other + dialogues) - math.lgamma(other)
    gone -= math.lgamma(spread + dialogues) - math.lgamma(spread)
    return -math.expm1(gone)


def least_half_width(scenarios: int, *, rate: float, icc: float) -> float | None:
    """How far it reaches with more dialogues of each scenario than anybody could pay for."""
    return reach(scenarios, MOST, rate=rate, icc=icc)


def scenarios_for(width: float, dialogues: float, *, rate: float, icc: float) -> int | None:
    """How many scenarios of so many dialogues let an interval reach at most `width`."""

    def short(scenarios: int) -> bool:
        reached = reach(scenarios, dialogues, rate=rate, icc=icc)
        return reached is not None and reached <= width

    return fewest(short, start=2)


def repeats_for(
    width: float, scenarios: int, *, rate: float, icc: float, each: float = 1.0
) -> int | None:
    """How many repeats of so many scenarios do, with `each` dialogues a repeat.

    None where no number of them does.
    """
    floor = least_half_width(scenarios, rate=rate, icc=icc)
    if floor is None or floor >= width:
        return None

    def short(repeats: int) -> bool:
        reached = reach(scenarios, repeats * each, rate=rate, icc=icc)
        return reached is not None and reached <= width

    return fewest(short)


def best_repeats(icc: float, scenario_cost: float) -> int:
    """How many dialogues of a scenario are worth their money, where one more scenario costs as much
    as `scenario_cost` dialogues do.

    At the optimum of a fixed budget it is the root of the cost times (1 - ICC) / ICC (Cochran 1977,
    section 10.6): at an ICC of 0.3 and scenarios that cost nothing to write, one.

    >>> best_repeats(0.3, 0), best_repeats(0.3, 10), best_repeats(0.3, 100)
    (1, 5, 15)
    """
    if icc <= 0:
        return MOST
    return max(1, round(math.sqrt(scenario_cost * (1 - icc) / icc)))


def fewest(enough: Callable[[int], bool], *, start: int = 1, most: int = MOST) -> int | None:
    """The smallest number from `start` on that is enough, where more always is; None beyond `most`.

    >>> fewest(lambda n: n * n >= 50)
    8
    """
    low, high = start - 1, start
    while not enough(high):
        if high >= most:
            return None
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
