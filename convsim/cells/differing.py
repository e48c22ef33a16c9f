"""Whether a cell of a table differs from the rest of it, scenario by scenario.

Theory. What is independent is the scenario. A cell that holds whole scenarios (a rule, a hazard) is
tested by *permuting* them: were they like the others, any other scenarios could have stood there,
and the p-value is the share of these choices that lie as far off (Fisher 1935; exact whatever the
sizes). A scenario of one's own cannot be told from its rule: one of 45 has no p-value below 1/45.

Where scenarios have dialogues or turns both in the cell and in the rest (an arm, a move), what they
share must not count, so each is compared with itself: how many more hits the cell has than its part
of the scenario would give. These scores are as likely to have either sign where the cell does not
differ (sign flips; Hemerik, Goeman and Finos 2020, JRSS B 82), which allows for scenarios that go
either way; and their sum lies as it does by chance when a scenario's hits are dealt out to both
sides (Cochran, Mantel and Haenszel 1959, JNCI 22), which allows for rare hits. Both have to be
surprised: the p-value is the larger one. A scenario that is on one side alone says nothing.

All choices are gone through where they are few; else so many are drawn, always the same; and of
very many scenarios a sum is normal.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

from convsim.stats import Share

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PERMUTED = "permutation of whole scenarios"
WITHIN = "sign flips and Cochran-Mantel-Haenszel within scenarios, the larger"

DRAWN = 9_999
"""Choices drawn where there are more: a p-value of 0.001 is then known to within 0.0003."""

NORMAL_FROM = 50
"""From so many scenarios' worth of evidence on, a sum of scores is taken as normal."""

TIES = 1e-9
"""Sums that differ by so little are the same."""

Shares = Mapping[str, Share]
"""Hits and trials by scenario."""


class Tested(NamedTuple):
    """The p-value of "it is like the rest", how it came about, and on which side the cell lies."""

    p_value: float
    test: str
    more: bool


def differs(cell: Shares, whole: Shares) -> Tested | None:
    """Whether a cell differs from the rest of the whole; None where nothing can tell.

    >>> ours = {f"a{n}": Share(9, 10) for n in range(4)}
    >>> theirs = {f"b{n}": Share(1, 10) for n in range(4)}
    >>> differs(ours, ours | theirs)
    Tested(p_value=0.02857142857142857, test='permutation of whole scenarios', more=True)
    """
    hits, trials = _sums(whole.values())
    _, inside = _sums(cell.values())
    if not inside or inside == trials or hits in (0, trials):
        return None
    share = hits / trials
    if all(whole[name].trials == one.trials for name, one in cell.items()):
        scores = [it.hits - share * it.trials for it in whole.values()]
        own = [one.hits - share * one.trials for one in cell.values()]
        return Tested(_permuted(scores, own), PERMUTED, math.fsum(own) > 0)
    both = [_dealt(one, whole[name]) for name, one in cell.items() if one != whole[name]]
    scores = [it.score for it in both]
    p_value = max(_flipped(scores), _by_chance(both))
    return Tested(p_value, WITHIN, math.fsum(scores) > 0)


def _sums(shares: Iterable[Share]) -> tuple[float, float]:
    shares = list(shares)
    return math.fsum(it.hits for it in shares), math.fsum(it.trials for it in shares)


# --- whole scenarios


def _permuted(scores: Sequence[float], own: Sequence[float]) -> float:
    """How often so many of the scenarios, whichever they are, lie as far off as these do."""
    import numpy as np

    count, taken = len(scores), len(own)
    observed = abs(math.fsum(own)) - TIES
    # What is not taken lies as far off, on the other side: the smaller part is quicker to choose.
    fewer = min(taken, count - taken)
    if fewer >= NORMAL_FROM:
        squares = math.fsum(one**2 for one in scores)
        spread = math.sqrt(taken * (count - taken) / count / (count - 1) * squares)
        return _two_sided(observed / spread)
    chosen, exact = _choices(count, fewer)
    sums = np.abs(np.asarray(scores)[chosen].sum(axis=1))
    far = int(np.count_nonzero(sums >= observed))
    return far / len(sums) if exact else (far + 1) / (len(sums) + 1)


@lru_cache(maxsize=64)
def _choices(count: int, taken: int) -> tuple[NDArray[np.intp], bool]:
    """Which scenarios are taken, choice by choice; whether these are all choices."""
    import numpy as np

    if math.comb(count, taken) <= DRAWN:
        return np.array(list(combinations(range(count), taken)), dtype=np.intp), True
    random = np.random.default_rng(count)
    order = random.random((DRAWN, count), dtype=np.float32).argpartition(taken, axis=1)
    return order[:, :taken].astype(np.intp), False


# --- scenarios on both sides


class _Dealt(NamedTuple):
    """How many more hits a cell has than its part of a scenario, and the variance by chance."""

    score: float
    variance: float


def _dealt(inside: Share, whole: Share) -> _Dealt:
    """The mean and the variance are those of the hypergeometric distribution."""
    hits, trials = whole
    part = inside.trials / trials
    if trials < 2:
        return _Dealt(0.0, 0.0)
    spread = hits * (trials - hits) * part * (1 - part) / (trials - 1)
    return _Dealt(inside.hits - hits * part, spread)


def _by_chance(both: Sequence[_Dealt]) -> float:
    """How surprising the sum is where each scenario's hits fall to either side; continuous."""
    variance = math.fsum(it.variance for it in both)
    if variance <= TIES:
        return 1.0
    distance = abs(math.fsum(it.score for it in both))
    return _two_sided(max(0.0, distance - 0.5) / math.sqrt(variance))


def _flipped(scores: Sequence[float]) -> float:
    """How often the scores, with signs as they fall, add up to as much."""
    import numpy as np

    telling = np.array([one for one in scores if abs(one) > TIES])
    observed = abs(math.fsum(telling)) - TIES
    squares = float(np.sum(telling**2))
    if not len(telling):
        return 1.0
    if squares**2 / float(np.sum(telling**4)) >= NORMAL_FROM:
        return _two_sided(observed / math.sqrt(squares))
    signs, exact = _signs(len(telling))
    far = int(np.count_nonzero(np.abs(signs @ telling) >= observed))
    return far / len(signs) if exact else (far + 1) / (len(signs) + 1)


@lru_cache(maxsize=16)
def _signs(count: int) -> tuple[Floats, bool]:
    """Signs of so many scores, choice by choice; the first is positive where all are gone through.

    Turning all signs round changes no absolute sum, so half of the choices do.
    """
    import numpy as np

    if 2 ** (count - 1) <= DRAWN:
        bits = np.arange(2 ** (count - 1))[:, None] >> np.arange(count)[None, :] & 1
        return (1 - 2 * bits).astype(np.float64), True
    random = np.random.default_rng(count)
    return random.choice(np.array([-1.0, 1.0]), size=(DRAWN, count)), False


def _two_sided(deviations: float) -> float:
    return min(1.0, 2 * NormalDist().cdf(-abs(deviations)))
