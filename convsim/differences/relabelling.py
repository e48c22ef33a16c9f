"""How surprising a difference is, had nothing changed: exact, by exchanging the two sides.

Theory. Where a version behaves like the one before it, nothing tells the two sides apart but their
names, so every way of exchanging the names was as likely as the one that was seen (Fisher 1935).
The share of those that show as large a difference is the p-value; it needs no distribution, and
holds for a handful of dialogues as for thousands. What is exchanged depends on what was drawn:

- of many scenarios, whole scenarios: the signs of their differences (`flipped`). With one dialogue
  on either side of each pair this is McNemar's exact test.
- of a few, the repeats of each scenario (`relabelled`): so many of them are of the one side, and
  any of them could be. With one yes or no a repeat this is Fisher's exact test within scenarios.

Both are sums of independent parts, so the distribution is worked out by convolution, without
sampling. Scores are counted in `GRID`ths, which makes the test of rounded scores exact.

`least` is the smallest p-value that could have come, whatever the sides had been called. Tests that
could not have told anything are none of the many that a correction for multiplicity pays for
(Tarone 1990, Biometrics 46): `telling`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Chances = NDArray[np.float64]
    """The chance of 0, 1, 2, ... steps."""

GRID = 60
"""Steps in which scores are counted: what up to six arms, or ten repeats, give is exact."""

MOST_STEPS = 20_000
"""Beyond so many steps of a sum its distribution is as good as normal."""

MOST_APART = 60
"""Beyond so many repeats of a scenario that are no common case the same is taken of them."""


_ROUNDING = 1e-6


class Surprise(NamedTuple):
    """A p-value, and the smallest that the same scores could have given."""

    p: float
    least: float


class Scores(NamedTuple):
    """What the repeats of one scenario came to on either side, each a share of its dialogues."""

    before: Sequence[float]
    after: Sequence[float]


def flipped(differences: Iterable[float]) -> Surprise | None:
    """The two-sided p-value of a mean difference of 0, by the signs of the scenarios' differences.

    None where no scenario shows a difference.

    >>> flipped([0.2, 0.0, 0.4, 0.2, 0.6])
    Surprise(p=0.125, least=0.125)
    """
    import numpy as np

    steps = [n for n in (round(GRID * one) for one in differences) if n]
    if not steps:
        return None
    unit = math.gcd(*steps)
    steps = [n // unit for n in steps]
    seen, total = abs(sum(steps)), sum(map(abs, steps))
    if total > MOST_STEPS:
        squares = math.fsum(n**2 for n in steps)
        return Surprise(_normal(seen, squares), _normal(total, squares))
    chances = np.ones(1)
    for n in sorted(map(abs, steps)):  # of a sign either none or all of 2 n steps
        longer = np.zeros(len(chances) + 2 * n)
        longer[: len(chances)] += chances / 2
        longer[2 * n :] += chances / 2
        chances = longer
    return Surprise(_beyond(chances, total, seen), min(1.0, 2 * float(chances[-1])))


def relabelled(strata: Iterable[Scores]) -> Surprise | None:
    """The two-sided p-value of no difference, by which repeats of each scenario are which side's.

    None where no scenario has repeats on both sides that came to different things.

    >>> relabelled([Scores([0, 0, 0], [1, 1, 1])])
    Surprise(p=0.1, least=0.1)
    """
    told = [one for one in strata if one.before and one.after]
    told = [one for one in told if len({*one.before, *one.after}) > 1]
    if not told:
        return None
    scored = [[round(GRID * one) for one in (*it.before, *it.after)] for it in told]
    unit = math.gcd(*(one - scores[0] for scores in scored for one in scores))
    if not unit:
        return None
    parts = [
        _Part([(one - scores[0]) // unit for one in scores], len(it.after))
        for scores, it in zip(scored, told, strict=True)
    ]
    seen = math.fsum(part.seen - part.mean for part in parts)
    if any(part.large for part in parts) or sum(part.width for part in parts) > MOST_STEPS:
        variance = math.fsum(part.variance for part in parts)
        return Surprise(_normal(abs(seen) - 0.5, variance), 0.0)  # half a step, for continuity
    chances, low = parts[0].chances(), parts[0].lowest
    for part in parts[1:]:
        chances, low = _convolved(chances, part.chances()), low + part.lowest
    middle = math.fsum(part.mean for part in parts) - low
    return Surprise(
        _beyond(chances, middle, abs(seen)), _beyond(chances, middle, _farthest(chances, middle))
    )


class _Part:
    """One scenario's share of the sum: the steps of the repeats that are called `after`.

    The last so many are. What is common is counted as no step, whoever has it.
    """

    def __init__(self, steps: Sequence[int], after: int) -> None:
        common, _ = Counter(steps).most_common(1)[0]
        self.count, self.after = len(steps), after
        self.others = [n - common for n in steps if n != common]
        self.seen = sum(steps[-after:]) - after * common
        self.mean = after * sum(self.others) / self.count
        self.lowest = sum(n for n in self.others if n < 0)
        self.width = sum(map(abs, self.others))

    @property
    def large(self) -> bool:
        """Whether too many repeats are no common case to go through all ways of drawing them."""
        return len(self.others) > MOST_APART

    @property
    def variance(self) -> float:
        """Of a sum of `after` values that are drawn without replacement."""
        mean = sum(self.others) / self.count
        squares = math.fsum(n**2 for n in self.others) - self.count * mean**2
        return self.after * (self.count - self.after) / self.count / (self.count - 1) * squares

    def chances(self) -> Chances:
        """The chance of each sum, from the lowest on: the rest of the draw are common cases."""
        import numpy as np

        ways = np.zeros((len(self.others) + 1, self.width + 1))
        ways[0, -self.lowest] = 1.0
        for n in self.others:
            ways[1:] += np.roll(ways[:-1], n, axis=1)
        common = self.count - len(self.others)
        weights = [
            math.comb(common, self.after - drawn) / math.comb(self.count, self.after)
            if 0 <= self.after - drawn <= common
            else 0.0
            for drawn in range(len(self.others) + 1)
        ]
        return np.asarray(weights) @ ways


def _convolved(one: Chances, other: Chances) -> Chances:
    import numpy as np

    found: Chances = np.convolve(one, other)
    return found


def _beyond(chances: Chances, middle: float, distance: float) -> float:
    """The chance to be at least so far from the middle, rounding forgiven."""
    import numpy as np

    away = np.abs(np.arange(len(chances)) - middle)
    return min(1.0, float(chances[away >= distance - _ROUNDING].sum()))


def _farthest(chances: Chances, middle: float) -> float:
    """How far from the middle a sum can be."""
    import numpy as np

    possible = np.flatnonzero(chances > 0)
    return float(max(abs(possible[0] - middle), abs(possible[-1] - middle)))


def _normal(distance: float, variance: float) -> float:
    """The chance to be so far from 0 on either side, by the normal distribution."""
    return math.erfc(max(0.0, distance) / math.sqrt(2 * variance)) if variance > 0 else 1.0


def telling(tests: Sequence[Surprise | None], *, level: float) -> list[bool]:
    """Which tests could have told something at this level, were all of these corrected for.

    >>> telling([Surprise(0.5, 0.5), Surprise(0.02, 0.001), None], level=0.05)
    [False, True, False]
    """
    least = sorted(one.least for one in tests if one is not None)
    for count in range(1, len(least) + 1):
        if sum(one <= level / count for one in least) <= count:
            return [one is not None and one.least <= level / count for one in tests]
    return [False] * len(tests)
