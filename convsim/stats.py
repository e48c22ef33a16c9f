"""Intervals for shares of clustered counts. Pure arithmetic: what is counted is `rates`' business.

Theory. Dialogues of one scenario resemble each other, so 20 repeats of one scenario are far from
20 independent observations: with 30 scenarios of 20 dialogues and an intra-class correlation of
0.3, the binomial interval that ignores this covers the truth 54% of the time instead of 95%. What
is independent is the cluster, the scenario. Its share is one observation; the t distribution with
G - 1 degrees of freedom says what G of them tell (Miller 2024, arXiv 2411.00640).

Where crossings are rare, a symmetric interval around a share near 0 is too short: with 12
scenarios of up to 10 dialogues and a true share of 10% it covers 86%. There the exact interval of
Clopper and Pearson (1934) takes over, at the number of independent dialogues that the spread
between scenarios amounts to (Korn and Graubard 1998, Survey Methodology 24). Where the scenarios
do not differ at all, as when nothing crossed anywhere, no spread can be estimated and each
scenario counts as one observation, which is conservative.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

LEVEL = 0.95
"""The coverage that intervals aim at."""

SPARSE = 5
"""Below so many scenarios' worth of either answer, the exact interval replaces the t interval.

The textbook bar for a normal approximation to a binomial share, applied to clusters.
"""

CLUSTER_T = "cluster-t"
EXACT_SPARSE = "Clopper-Pearson at the effective sample size"
EXACT_CLUSTERS = "Clopper-Pearson over clusters"


class Share(NamedTuple):
    """What one cluster contributes: so many hits of so many trials."""

    hits: int
    trials: int


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a share lies, as fractions of 1, and how that was worked out."""

    low: float
    high: float
    method: str


@dataclass(frozen=True, slots=True)
class NoInterval:
    """Why there is no interval."""

    reason: str


def cluster_interval(clusters: Iterable[Share], *, level: float = LEVEL) -> Interval | NoInterval:
    """The interval of the pooled share of all clusters that have trials.

    The t interval is that of the ratio estimator (Cochran 1977, section 6.8), so it lies around
    the printed fraction; with equally many trials per cluster it is the t interval on the
    clusters' means. It is clipped to [0, 1].

    >>> cluster_interval([Share(1, 4)])
    NoInterval(reason='one scenario: nothing shows how scenarios differ')
    """
    seen = [cluster for cluster in clusters if cluster.trials]
    if not seen:
        return NoInterval("no data")
    if len(seen) < 2:
        return NoInterval("one scenario: nothing shows how scenarios differ")
    hits, trials = sum(share.hits for share in seen), sum(share.trials for share in seen)
    share, count = hits / trials, len(seen)
    # Integers, so that "all the same" is exact.
    if all(hit * trials == hits * n for hit, n in seen):
        return _named(clopper_pearson(share * count, count, level=level), EXACT_CLUSTERS)
    variance = _variance(seen, share)
    if min(share, 1 - share) * count < SPARSE:
        effective = _effective_size(share, variance, trials, count, level)
        return _named(clopper_pearson(share * effective, effective, level=level), EXACT_SPARSE)
    half = _t(count - 1, level) * math.sqrt(variance)
    return Interval(max(0.0, share - half), min(1.0, share + half), CLUSTER_T)


def clopper_pearson(hits: float, trials: float, *, level: float = LEVEL) -> tuple[float, float]:
    """The exact binomial interval; fractions of a trial are fine (Korn and Graubard 1998).

    With no hit in n trials the upper end is 1 - (alpha / 2) ** (1 / n).
    """
    from scipy.special import betaincinv

    tail, misses = (1 - level) / 2, trials - hits
    low = float(betaincinv(hits, misses + 1, tail)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1, misses, 1 - tail)) if misses > 0 else 1.0
    return low, high


def _variance(clusters: list[Share], share: float) -> float:
    """The variance of a pooled share when whole clusters are drawn."""
    trials, count = sum(cluster.trials for cluster in clusters), len(clusters)
    squares = math.fsum((hits - share * n) ** 2 for hits, n in clusters)
    return count / (count - 1) * squares / trials**2


def _effective_size(share: float, variance: float, trials: int, count: int, level: float) -> float:
    """How many independent dialogues the clustered ones are worth.

    The factor of the t quantiles pays for knowing the variance from `count` clusters only.
    """
    few = (_t(trials - 1, level) / _t(count - 1, level)) ** 2
    return min(trials, share * (1 - share) / variance * few)


def _t(degrees: int, level: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 1 - (1 - level) / 2))


def _named(bounds: tuple[float, float], method: str) -> Interval:
    return Interval(*bounds, method)
