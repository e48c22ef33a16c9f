"""Intervals for shares of clustered counts. Pure arithmetic: what is counted is `rates`' business.

Theory. Dialogues of one scenario resemble each other, so 20 repeats of one scenario are far from
20 independent observations: with 30 scenarios of 20 dialogues and an intra-class correlation of
0.3, the binomial interval that ignores this covers the truth 54% of the time instead of 95%. What
is independent is the cluster, the scenario. Its share is one observation; the t distribution with
G - 1 degrees of freedom says what G of them tell (Miller 2024, arXiv 2411.00640). Where each
scenario gives one answer (one dialogue, or all alike) these are plain independent trials, for which
the t interval is known to fall short here and there and the exact one is hardly wider (Brown, Cai
and DasGupta 2001, Statistical Science 16).

Where crossings are rare, a symmetric interval around a share near 0 is too short: with 12
scenarios of up to 10 dialogues and a true share of 10% it covers 86%. There the exact interval of
Clopper and Pearson (1934) takes over, at the number of independent dialogues that the spread
between scenarios amounts to (Korn and Graubard 1998, Survey Methodology 24), though never fewer
than there are scenarios. Where the scenarios do not differ at all, as when nothing crossed
anywhere, no spread can be estimated and each scenario counts as one observation, which is
conservative.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean
from typing import NamedTuple

LEVEL = 0.95
"""The coverage that intervals aim at."""

SPARSE = 5
"""Below so many scenarios' worth of either answer, the exact interval replaces the t interval.

The textbook bar for a normal approximation to a binomial share, applied to clusters.
"""

DRAWS = 10_000
"""How many samples a bootstrap draws: ends are then known to some tenths of a point."""

ROUNDING = 1e-9
"""Below it a difference of products of counts or shares is rounding and nothing else."""

CLUSTER_T = "cluster-t"
EXACT_SPARSE = "Clopper-Pearson at the effective sample size"
EXACT_CLUSTERS = "Clopper-Pearson over clusters"
BOOTSTRAP = "BCa bootstrap of scenarios"
WILSON = "Wilson at the effective sample size"

ONE_SCENARIO = "one scenario: nothing shows how scenarios differ"
ALL_ALIKE = "all scenarios are alike: nothing shows how scenarios differ"
"""Why there is no interval over scenarios."""


class Share(NamedTuple):
    """What one cluster contributes: so many hits of so many trials; weighted ones are fractions."""

    hits: float
    trials: float


def pooled(shares: Iterable[Share]) -> Share:
    """All of them together; counts stay whole numbers.

    >>> pooled([Share(1, 4), Share(2, 3)])
    Share(hits=3, trials=7)
    """
    shares = list(shares)
    return Share(sum(share.hits for share in shares), sum(share.trials for share in shares))


class Observation(NamedTuple):
    """One member of a sample: what it is clustered with, its weight, and how far it is a hit.

    The weight is 1 over the probability with which it was drawn (Horvitz and Thompson 1952).
    """

    cluster: str
    weight: float
    hit: float


@dataclass(frozen=True, slots=True)
class Estimated:
    """A share known from a sample, which is worth `size` independent observations.

    `count` is how many there really were, in so many `clusters`.
    """

    share: float
    size: float
    count: int
    clusters: int

    def interval(self, *, level: float = LEVEL) -> Interval:
        """Where the share lies."""
        return _named(wilson(self.share, self.size, level=level), WILSON)


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


def in_points(interval: Interval | NoInterval) -> str:
    """An interval as reports print it, in percent or points, or `[no interval]`.

    >>> in_points(Interval(-0.0004, 0.31, "t"))
    '[0.0, 31.0]'
    """
    if isinstance(interval, NoInterval):
        return "[no interval]"
    return f"[{100 * interval.low:z.1f}, {100 * interval.high:z.1f}]"


def cluster_interval(
    clusters: Iterable[Share], *, level: float = LEVEL, sparse: float = SPARSE
) -> Interval | NoInterval:
    """The interval of the pooled share of all clusters that have trials.

    The t interval is that of the ratio estimator (Cochran 1977, section 6.8), so it lies around
    the printed fraction; with equally many trials per cluster it is the t interval on the
    clusters' means, else that of `spread_of`. It is clipped to [0, 1]. Below `sparse` clusters'
    worth of either answer, and where each cluster gives one answer, it is the exact one.

    >>> cluster_interval([Share(1, 4)])
    NoInterval(reason='one scenario: nothing shows how scenarios differ')
    """
    seen = [cluster for cluster in clusters if cluster.trials]
    if not seen:
        return NoInterval("no data")
    if len(seen) < 2:
        return NoInterval(ONE_SCENARIO)
    hits, trials = pooled(seen)
    share, count = hits / trials, len(seen)
    # Counts are integers, and "all the same" is exact; means of several shares round.
    if all(abs(hit * trials - hits * n) < ROUNDING for hit, n in seen):
        return _named(clopper_pearson(share * count, count, level=level), EXACT_CLUSTERS)
    if all(n == seen[0].trials and hit in (0, n) for hit, n in seen):
        return _named(clopper_pearson(share * count, count, level=level), EXACT_CLUSTERS)
    spread = spread_of(seen, share)
    if min(share, 1 - share) * count < sparse:
        effective = effective_size(seen, share, spread, level)
        return _named(clopper_pearson(share * effective, effective, level=level), EXACT_SPARSE)
    half = t_quantile(spread.degrees, level=level) * math.sqrt(spread.variance)
    return Interval(max(0.0, share - half), min(1.0, share + half), CLUSTER_T)


def bootstrap_interval(
    clusters: Iterable[Share], *, level: float = LEVEL, seed: int = 0, draws: int = DRAWS
) -> Interval | NoInterval:
    """The interval of the pooled share by drawing whole clusters (BCa; Efron 1987), to compare.

    It makes no use of any distribution, and wants many clusters for that: below some 20, or where
    few hold any hit, it is too short (`cluster_interval` is not).

    >>> bootstrap_interval([Share(1, 4)] * 3)
    NoInterval(reason='all scenarios are alike: nothing shows how scenarios differ')
    """
    import numpy as np
    from scipy.special import ndtr, ndtri

    seen = [cluster for cluster in clusters if cluster.trials]
    if len(seen) < 2:
        return NoInterval(ONE_SCENARIO if seen else "no data")
    hits, trials = np.array(seen, dtype=float).T
    share = hits.sum() / trials.sum()
    if np.ptp(hits / trials) < ROUNDING:
        return NoInterval(ALL_ALIKE)
    drawn = np.random.default_rng(seed).multinomial(
        len(seen), np.full(len(seen), 1 / len(seen)), size=draws
    )
    found = np.sort(drawn @ hits / (drawn @ trials))
    without = (hits.sum() - hits) / (trials.sum() - trials)  # the jackknife
    away = without.mean() - without
    skew = (away**3).sum() / (6 * (away**2).sum() ** 1.5)
    below = ((found < share - ROUNDING).sum() + (abs(found - share) <= ROUNDING).sum() / 2) / draws
    bias = ndtri(min(max(below, 1 / draws), 1 - 1 / draws))
    ends = bias + ndtri(np.array([(1 - level) / 2, (1 + level) / 2]))
    low, high = np.quantile(found, ndtr(bias + ends / (1 - skew * ends)))
    return Interval(float(low), float(high), BOOTSTRAP)


def clopper_pearson(hits: float, trials: float, *, level: float = LEVEL) -> tuple[float, float]:
    """The exact binomial interval; fractions of a trial are fine (Korn and Graubard 1998).

    With no hit in n trials the upper end is 1 - (alpha / 2) ** (1 / n).
    """
    from scipy.special import betaincinv

    tail, misses = (1 - level) / 2, trials - hits
    low = float(betaincinv(hits, misses + 1, tail)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1, misses, 1 - tail)) if misses > 0 else 1.0
    return low, high


class Spread(NamedTuple):
    """The variance of a pooled share when whole clusters are drawn, and how well it is known.

    `equal` is the number of clusters of equal size that these are worth.
    """

    variance: float
    degrees: float
    equal: float


def spread_of(clusters: Sequence[Share], share: float) -> Spread:
    """The spread of clusters around their pooled share.

    Large clusters pull that share to themselves, and few of them tell most. So what each shows is
    scaled up by its own pull (CR2 of Bell and McCaffrey 2002, Survey Methodology 28), and the
    degrees of freedom are Satterthwaite's; both as if cluster means had one variance. Of G
    clusters of equal size it is the plain variance, with G - 1.
    """
    trials = math.fsum(n for _, n in clusters)
    weights = [n / trials for _, n in clusters]
    own = math.fsum(weight**2 for weight in weights)
    scaled = [weight**2 / (1 - 2 * weight + own) for weight in weights]
    variance = math.fsum(
        scale * (hits / n - share) ** 2 for scale, (hits, n) in zip(scaled, clusters, strict=True)
    )
    # `own` is the trace of the quadratic form that the variance is, and this that of its square.
    flat, once, twice = (
        math.fsum(scale * weight**power for scale, weight in zip(scaled, weights, strict=True))
        for power in range(3)
    )
    square = own**2 * flat**2 + 2 * flat * twice + 2 * once**2 - 4 * own * flat * once
    square += math.fsum(
        weight**4 - (scale * (own - 2 * weight)) ** 2
        for scale, weight in zip(scaled, weights, strict=True)
    )
    return Spread(variance, own**2 / square, 1 / own)


def effective_size(clusters: Sequence[Share], share: float, spread: Spread, level: float) -> float:
    """How many independent dialogues the clustered ones are worth; never fewer than clusters.

    The factor of the t quantiles pays for knowing the variance from few clusters only, and where
    hits are rare only those that hold any tell much of it: one of them shows no spread at all.
    """
    trials = math.fsum(n for _, n in clusters)
    rare = 1 if share < 0.5 else -1
    telling = sum(rare * (hits / n - share) > 0 for hits, n in clusters)
    degrees = min((spread.degrees + len(clusters) - 1) / 2, max(1, 2 * telling - 1))
    few = (t_quantile(trials - 1, level=level) / t_quantile(degrees, level=level)) ** 2
    size = min(trials, share * (1 - share) / spread.variance * few)
    return max(min(spread.equal, trials), size)


def t_quantile(degrees: float, *, level: float = LEVEL) -> float:
    """How many standard errors an interval reaches to either side, by the t distribution."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 1 - (1 - level) / 2))


def two_sided(statistic: float, degrees: float) -> float:
    """The p-value of a t statistic."""
    from scipy.special import stdtr

    return float(2 * stdtr(degrees, -abs(statistic)))


def _named(bounds: tuple[float, float], method: str) -> Interval:
    return Interval(*bounds, method)


# --- shares of samples


class _Sum(NamedTuple):
    """One cluster of a sample: the weights of its hits and of all its members, and how many."""

    hits: float
    trials: float
    members: int


def estimated_share(clusters: Iterable[Share]) -> Estimated | NoInterval:
    """What the pooled share of whole clusters is worth, as a sample size."""
    sums = [_Sum(*share, int(share.trials)) for share in clusters if share.trials]
    if len(sums) == 1:
        return NoInterval(ONE_SCENARIO)
    return _estimated(sums, 1.0)


_NOTHING = _Sum(0.0, 0.0, 0)


def estimated(
    observations: Iterable[Observation], *, heaviest: float | None = None
) -> Estimated | NoInterval:
    """The weighted share of hits among the observations, and what it is worth.

    The weighted sum of hits over that of all members is a ratio (Hajek 1971), with the variance of
    its linear form over clusters. Where every member is a hit, or none is, the sample shows no
    variance at all; then it counts in units of the `heaviest` weight that an unseen one could have
    had (by default the heaviest seen), and no cluster counts more than once. Of a single cluster
    all members together are one observation.

    >>> estimated(Observation(str(n), 1.0, n < 8) for n in range(10))
    Estimated(share=0.8, size=10.0, count=10, clusters=10)
    """
    sums: dict[str, _Sum] = {}
    most = heaviest or 0.0
    for cluster, weight, hit in observations:
        hits, trials, members = sums.get(cluster, _NOTHING)
        sums[cluster] = _Sum(hits + weight * hit, trials + weight, members + 1)
        most = max(most, weight)
    return _estimated(list(sums.values()), most)


def _estimated(sums: Sequence[_Sum], heaviest: float) -> Estimated | NoInterval:
    if not sums:
        return NoInterval("no data")
    hits, trials = math.fsum(one.hits for one in sums), math.fsum(one.trials for one in sums)
    count = sum(one.members for one in sums)
    share = min(1.0, hits / trials)
    size = _worth(sums, share, trials, count, heaviest)
    return Estimated(share, size, count, len(sums))


def _worth(sums: Sequence[_Sum], share: float, trials: float, count: int, heaviest: float) -> float:
    """How many independent observations the clustered and weighted ones are worth."""
    clusters = len(sums)
    if clusters == 1 or share in (0.0, 1.0):
        return min(float(clusters), trials / heaviest)
    if clusters == count and all(one.trials == sums[0].trials for one in sums):
        return float(count)
    squares = math.fsum((one.hits - share * one.trials) ** 2 for one in sums)
    variance = clusters / (clusters - 1) * squares / trials**2
    if variance <= 1e-15:
        return float(clusters)
    few = (t_quantile(count - 1) / t_quantile(clusters - 1)) ** 2
    return min(float(count), share * (1 - share) / variance * few)


def wilson(share: float, size: float, *, level: float = LEVEL) -> tuple[float, float]:
    """The score interval (Wilson 1927); a fraction of an observation is fine."""
    z2 = normal_quantile(level) ** 2
    middle = (share + z2 / (2 * size)) / (1 + z2 / size)
    half = math.sqrt(z2 * (share * (1 - share) / size + z2 / (4 * size**2))) / (1 + z2 / size)
    return max(0.0, middle - half), min(1.0, middle + half)


def normal_quantile(level: float = LEVEL) -> float:
    """How many standard deviations on either side hold this share of a normal distribution."""
    return NormalDist().inv_cdf(1 - (1 - level) / 2)


# --- differences of shares

NEWCOMBE = "Newcombe hybrid score"
PAIRED_T = "t over the scenarios' differences"
MOVER = "MOVER of the two clustered intervals"


def difference(treated: Share, reference: Share, *, level: float = LEVEL) -> Interval | NoInterval:
    """Where the difference of two independent shares lies (Newcombe 1998, method 10).

    >>> difference(Share(5, 10), Share(0, 0))
    NoInterval(reason='no data')
    """
    if not (treated.trials and reference.trials):
        return NoInterval("no data")
    shares = [one.hits / one.trials for one in (treated, reference)]
    sides = [wilson(one.hits / one.trials, one.trials, level=level) for one in (treated, reference)]
    return _named(mover(shares, sides), NEWCOMBE)


def paired_difference(
    pairs: Sequence[tuple[float, float]], *, level: float = LEVEL
) -> Interval | NoInterval:
    """Where the mean difference lies; of each cluster come the two shares, which are paired.

    Clusters that differ in size differ in the variance of their differences, and a few of them tell
    most of the spread: so the degrees of freedom are Satterthwaite's, from the fourth moment, and
    at most those of equal clusters. Where few clusters show any difference, their spread is no
    measure of what others may show: then the ends of the two shares' own intervals are joined, as
    if they were independent, which is conservative (MOVER; Zou and Donner 2008).

    >>> paired_difference([(0.5, 0.0)])
    NoInterval(reason='one scenario: nothing shows how scenarios differ')
    """
    if not pairs:
        return NoInterval("no data")
    if len(pairs) < 2:
        return NoInterval(ONE_SCENARIO)
    if (paired := _paired(pairs)) is not None:
        half = t_quantile(paired.degrees, level=level) * paired.error
        return Interval(max(-1.0, paired.mean - half), min(1.0, paired.mean + half), PAIRED_T)
    sides = [
        cluster_interval([Share(share, 1.0) for share in side], level=level)
        for side in zip(*pairs, strict=True)
    ]
    means = [fmean(side) for side in zip(*pairs, strict=True)]
    ends = [(side.low, side.high) for side in sides if isinstance(side, Interval)]
    return _named(mover(means, ends), MOVER)


def paired_p_value(pairs: Sequence[tuple[float, float]]) -> float | None:
    """How surprising the mean difference would be if there were none.

    None where the interval of `paired_difference` is no t interval either.

    >>> paired_p_value([(0.5, 0.0)])
    """
    paired = _paired(pairs)
    return None if paired is None else two_sided(paired.mean / paired.error, paired.degrees)


class _Paired(NamedTuple):
    """A mean difference of pairs, its standard error and the degrees of freedom of that."""

    mean: float
    error: float
    degrees: float


def _paired(pairs: Sequence[tuple[float, float]]) -> _Paired | None:
    """What the clusters' differences show; None where too few of them show any."""
    differences = [treated - reference for treated, reference in pairs]
    if sum(abs(one) > 1e-12 for one in differences) < SPARSE:
        return None
    mean, count = fmean(differences), len(differences)
    squares = math.fsum((one - mean) ** 2 for one in differences)
    if squares <= 1e-12:
        return None
    degrees = paired_degrees([one - mean for one in differences])
    return _Paired(mean, math.sqrt(squares / (count - 1) / count), degrees)


def paired_degrees(centred: Sequence[float]) -> float:
    """Satterthwaite's degrees of freedom of a spread to which clusters add unequally.

    From the fourth moment of the clusters' distances from their mean; at most those of equal
    clusters, at least 2.
    """
    squares, fourth = math.fsum(it**2 for it in centred), math.fsum(it**4 for it in centred)
    most = len(centred) - 1
    return max(2.0, min(most, 3 * squares**2 / fourth - 2)) if fourth else float(most)


def mover(
    values: Sequence[float], sides: Sequence[tuple[float, float]], *, most: float = 1.0
) -> tuple[float, float]:
    """The interval of a difference from those of its two sides, which lie within 0 and `most`.

    Zou and Donner 2008; the sides are taken as independent.
    """
    (one, other), ((low, high), (other_low, other_high)) = values, sides
    below = math.hypot(one - low, other_high - other)
    above = math.hypot(high - one, other - other_low)
    return max(-most, one - other - below), min(most, one - other + above)


def mean_interval(values: Sequence[float], *, level: float = LEVEL) -> Interval | NoInterval:
    """Where the mean of one value a cluster lies, by the t distribution."""
    if not values:
        return NoInterval("no data")
    if len(values) < 2:
        return NoInterval(ONE_SCENARIO)
    mean, count = fmean(values), len(values)
    squares = math.fsum((one - mean) ** 2 for one in values)
    if squares <= 1e-12:
        return NoInterval(ALL_ALIKE)
    half = t_quantile(count - 1, level=level) * math.sqrt(squares / (count - 1) / count)
    return Interval(mean - half, mean + half, CLUSTER_T)


def homogeneity(shares: Iterable[Share]) -> float | None:
    """How surprising the spread of these shares would be, had all of them one chance (p-value).

    Cochran's chi-squared with the factor (N - 1) / N, which keeps its level where trials are few.
    None where there is nothing to compare: fewer than two shares, or all hits, or none.

    >>> homogeneity([Share(5, 5), Share(0, 5)]) < 0.01
    True
    """
    from scipy.special import chdtrc

    seen = [share for share in shares if share.trials]
    hits, trials = math.fsum(one.hits for one in seen), math.fsum(one.trials for one in seen)
    if len(seen) < 2 or hits in (0, trials):
        return None
    pooled = hits / trials
    spread = math.fsum((one.hits - pooled * one.trials) ** 2 / one.trials for one in seen)
    statistic = spread / (pooled * (1 - pooled)) * (trials - 1) / trials
    return float(chdtrc(len(seen) - 1, statistic))
