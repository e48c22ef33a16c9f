"""Where a mean lies whose observations are anywhere between 0 and 1, good at every look.

Hedged betting (Waudby-Smith and Ramdas 2024, Journal of the Royal Statistical Society B 86,
section 4.4). Against each possible mean two gamblers bet half the money each, that observations lie
above it and that they lie below. What they bet on the next observation follows from the earlier
ones alone, so that if the mean is true their wealth is a fair game's; a mean against which one of
them has won 20-fold (of all the money) is ruled out. Where observations vary little the interval
is as short as theirs would allow, without anybody telling how much they vary.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from convsim.sequential.halving import end_of
from convsim.stats import LEVEL, Interval

HEDGED_BETTING = "hedged-betting confidence sequence"

_MOST = 0.5
"""What part of the money may be lost in one bet; the default of the paper."""


def betting_sequence(values: Sequence[float], *, level: float = LEVEL) -> Interval:
    """Where the mean of `values`, in their order, lies, by this look and all others together.

    Raises `ValueError` for a value that is not between 0 and 1.

    >>> betting_sequence([])
    Interval(low=0.0, high=1.0, method='hedged-betting confidence sequence')
    """
    if not values:
        return Interval(0.0, 1.0, HEDGED_BETTING)
    if wrong := [value for value in values if not 0 <= value <= 1]:
        raise ValueError(f"{wrong[0]} is not between 0 and 1; betting needs bounded observations")
    bets = list(_bets(values, level))
    bar = math.log(2 / (1 - level))

    def above(mean: float) -> bool:
        """Whether the mean is ruled out as too low."""
        return _won(values, bets, mean) >= bar

    def below(mean: float) -> bool:
        """Whether it is ruled out as too high."""
        return _won([1 - value for value in values], bets, 1 - mean) >= bar

    low, high = end_of(above, out=0.0, kept=1.0), end_of(below, out=1.0, kept=0.0)
    return Interval(low, high, HEDGED_BETTING)


def _bets(values: Sequence[float], level: float) -> Iterator[float]:
    """How much is bet on each observation, from the mean and the variance of those before it."""
    total, squares, variance = 0.5, 0.25, 0.25
    for n, value in enumerate(values, start=1):
        yield math.sqrt(2 * math.log(2 / (1 - level)) / (variance * n * math.log(n + 1)))
        total += value
        squares += (value - total / (n + 1)) ** 2
        variance = squares / (n + 1)


def _won(values: Sequence[float], bets: Sequence[float], mean: float) -> float:
    """The logarithm of what was won by betting that values lie above `mean`."""
    if mean <= 0:
        return math.inf if any(values) else 0.0
    most = _MOST / mean
    return math.fsum(
        math.log1p(min(bet, most) * (value - mean)) for value, bet in zip(values, bets, strict=True)
    )
