"""How far the interval of a rate will reach, and what it takes to make it shorter.

Theory. Dialogues of one scenario resemble each other: their intra-class correlation (ICC) is the
share of all variance that lies between scenarios. With G scenarios of m dialogues each, the
variance of a rate p is p (1 - p) (1 + (m - 1) ICC) / (G m) (Kish 1965), and the interval reaches a
t quantile with G - 1 degrees of freedom to either side (`stats`). However many dialogues a
scenario has, the part p (1 - p) ICC / G stays: more scenarios shorten any interval, more repeats
only so far.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from convsim.stats import LEVEL, t_quantile

MOST = 1_000_000
"""Nobody will have more scenarios, or more repeats, than this."""


def design_effect(dialogues: float, icc: float) -> float:
    """How many times the variance is that of independent dialogues, with so many a scenario.

    >>> design_effect(5, 0.3)
    2.2
    """
    return 1 + (dialogues - 1) * icc


def half_width(
    scenarios: int, dialogues: float, *, rate: float, icc: float, level: float = LEVEL
) -> float | None:
    """How far the interval of a rate reaches to either side; `dialogues` are those of a scenario.

    None where a single scenario tells nothing about others.

    >>> round(half_width(40, 5, rate=0.3, icc=0.3), 3)
    0.097
    """
    if scenarios < 2:
        return None
    variance = rate * (1 - rate) * design_effect(dialogues, icc) / (scenarios * dialogues)
    return t_quantile(scenarios - 1, level=level) * math.sqrt(variance)


def least_half_width(
    scenarios: int, *, rate: float, icc: float, level: float = LEVEL
) -> float | None:
    """The same with more dialogues of each scenario than anybody could pay for."""
    if scenarios < 2:
        return None
    return t_quantile(scenarios - 1, level=level) * math.sqrt(rate * (1 - rate) * icc / scenarios)


def scenarios_for(width: float, dialogues: float, *, rate: float, icc: float) -> int | None:
    """How many scenarios of so many dialogues let an interval reach at most `width`."""

    def short(scenarios: int) -> bool:
        reached = half_width(scenarios, dialogues, rate=rate, icc=icc)
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
        reached = half_width(scenarios, repeats * each, rate=rate, icc=icc)
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


def fewest(enough: Callable[[int], bool], *, start: int = 1) -> int | None:
    """The smallest number from `start` on that is enough, where more always is; None beyond `MOST`.

    >>> fewest(lambda n: n * n >= 50)
    8
    """
    low, high = start - 1, start
    while not enough(high):
        if high >= MOST:
            return None
        low, high = high, min(2 * high, MOST)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
