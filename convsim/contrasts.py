"""Intervals for sums and differences of means that share clusters. Pure arithmetic.

Theory. Dialogues of one (scenario, repeat) share renderings and secrets, and those of one scenario
its text, so means over two kinds of them are neither independent nor paired one to one. What is
independent is the cluster: what one cluster adds to the whole contrast, all sides together, is one
observation (the linearised ratio estimator; Cochran 1977, section 6.8; Binder 1983), so that
whatever the sides share cancels by itself. *Which* cluster depends on what was drawn:

- of many scenarios (`MANY` or more) the scenario, and the interval is about scenarios like these;
- of a few, nobody can say how scenarios differ, and the interval is about *these* scenarios: the
  cluster is the repeat within its scenario, and what differs between scenarios is no error.

Where nearly all members of a side are alike, the spread seen is no measure of the spread there is,
and at worst it is zero. So each side is taken with two members more, one at either end of what is
possible: Agresti and Caffo's (2000) for a difference of shares, and Bonett and Price's (2012) for a
paired one, at the number of independent members that its clusters are worth.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from convsim.stats import LEVEL, Interval, NoInterval, t_quantile

MANY = 8
"""From so many scenarios on they are clusters, as if drawn from many more. With fewer, a t interval
over them is mostly the t distribution's own width (field notes 0.7 try eight)."""

BY_SCENARIO = "linearised, t over scenarios, two members added to each side"
BY_REPEAT = "linearised, t over repeats within these scenarios, two members added to each side"


class Member(NamedTuple):
    """One dialogue of one side: where it was drawn, and its value."""

    scenario: str
    repeat: int
    value: float


@dataclass(frozen=True, slots=True)
class Side:
    """A mean in a contrast: its members, its sign or factor, and between what a value can lie."""

    members: Sequence[Member]
    factor: float = 1.0
    low: float = 0.0
    high: float = 1.0

    @property
    def mean(self) -> float:
        """The mean of its members."""
        return _mean([member.value for member in self.members])


class Cluster(NamedTuple):
    """What is drawn together, and the stratum within which it is drawn."""

    stratum: str
    name: str


Clusters = Mapping[tuple[str, int], Cluster]
"""The cluster of each (scenario, repeat)."""


def clusters_of(drawn: Iterable[tuple[str, int]]) -> Clusters:
    """The cluster of each (scenario, repeat) of a study.

    Of few scenarios each is a stratum with its repeats; those with a single repeat share one.

    >>> clusters_of([("a", 1), ("a", 2)])["a", 2]
    Cluster(stratum='a', name='a/2')
    """
    drawn = sorted(set(drawn))
    repeats = Counter(scenario for scenario, _ in drawn)
    if len(repeats) >= MANY or (len(repeats) > 1 and max(repeats.values()) == 1):
        return {one: Cluster("", one[0]) for one in drawn}
    return {
        (scenario, repeat): Cluster(
            scenario if repeats[scenario] > 1 else "", f"{scenario}/{repeat}"
        )
        for scenario, repeat in drawn
    }


def are_scenarios(clusters: Clusters) -> bool:
    """Whether whole scenarios are the clusters, so that other scenarios are meant, too."""
    return all(cluster.name == scenario for (scenario, _), cluster in clusters.items())


def contrast(
    sides: Sequence[Side],
    clusters: Clusters,
    *,
    value: float,
    low: float = -1.0,
    high: float = 1.0,
    level: float = LEVEL,
) -> Interval | NoInterval:
    """Where `value`, the sum of the sides' means by their factors and a constant, lies.

    It cannot lie outside `low` and `high`. `clusters` are those of the whole study, members or
    not. How scenarios differ is known from those that each side has members of; how repeats of one
    scenario differ, from all of them.
    """
    by_scenario, strata = are_scenarios(clusters), _strata(clusters)
    degrees = strata.total() - len(strata)
    if by_scenario:
        degrees = min(len({member.scenario for member in side.members}) for side in sides) - 1
    if degrees < 1:
        one = "scenario" if by_scenario else "repeat of each scenario"
        return NoInterval(f"only one {one} tells: nothing shows how others differ")
    middle = value
    variance = seen_variance(sides, clusters)
    for side in sides:
        shift, more = _smoothed(side, clusters, strata)
        middle += side.factor * shift
        variance += side.factor**2 * more
    half = t_quantile(degrees, level=level) * math.sqrt(variance)
    low, high = max(low, min(middle - half, value)), min(high, max(middle + half, value))
    return Interval(low, high, BY_SCENARIO if by_scenario else BY_REPEAT)


def seen_variance(sides: Iterable[Side], clusters: Clusters) -> float:
    """The variance of a contrast just as it was seen, which may be none at all."""
    return _variance([_added(side, clusters) for side in sides], _strata(clusters))


def _strata(clusters: Clusters) -> Counter[str]:
    """How many clusters each stratum has."""
    return Counter(cluster.stratum for cluster in set(clusters.values()))


Added = Mapping[Cluster, float]
"""How far each cluster moves a mean."""


def _added(side: Side, clusters: Clusters) -> Added:
    """What each cluster adds to the side's term of the contrast, less what was to be expected."""
    mean, count = side.mean, len(side.members)
    found: dict[Cluster, float] = {}
    for scenario, repeat, value in side.members:
        cluster = clusters[scenario, repeat]
        found[cluster] = found.get(cluster, 0.0) + side.factor * (value - mean) / count
    return found


def _variance(sides: Iterable[Added], strata: Mapping[str, int]) -> float:
    """The variance of a sum to which whole clusters add, drawn within their strata."""
    sums: dict[Cluster, float] = {}
    for added in sides:
        for cluster, part in added.items():
            sums[cluster] = sums.get(cluster, 0.0) + part
    by_stratum: dict[str, list[float]] = {stratum: [] for stratum in strata}
    for cluster, part in sums.items():
        by_stratum[cluster.stratum].append(part)
    return math.fsum(_spread(parts, strata[name]) for name, parts in by_stratum.items())


def _spread(parts: Sequence[float], count: int) -> float:
    """The variance of the sum of what `count` clusters add; those without a part add nothing."""
    if count == 1:  # nothing to compare it with: its own distance from the whole stands in
        return math.fsum(part**2 for part in parts)
    mean = math.fsum(parts) / count
    squares = math.fsum(part**2 for part in parts) - count * mean**2
    return count / (count - 1) * max(0.0, squares)


def _smoothed(side: Side, clusters: Clusters, strata: Mapping[str, int]) -> tuple[float, float]:
    """How far two members more move a side's mean, and what they add to its variance.

    Both members, and the spread that was seen, are those within strata. Where every repeat holds
    the same mix, as with assistants that hardly vary, members are worth more than their number.
    """
    values: dict[str, list[float]] = {}
    for scenario, repeat, value in side.members:
        values.setdefault(clusters[scenario, repeat].stratum, []).append(value)
    count, mean = len(side.members), side.mean
    plain = math.fsum(map(_squares, values.values())) / count
    clustered = _variance([_added(replace(side, factor=1.0), clusters)], strata)
    seen = len({clusters[scenario, repeat] for scenario, repeat, _ in side.members})
    tells = min(plain, clustered) > _NOTHING
    size = plain / clustered if tells else float(seen)
    moved = (size * mean + side.low + side.high) / (size + 2)
    ends = math.fsum(len(them) * _ends(side, _mean(them)) for them in values.values()) / count
    spread = (size * (plain + (mean - moved) ** 2) + ends) / (size + 2)
    known = plain / size if tells else 0.0
    return moved - mean, max(0.0, spread / (size + 2) - known)


_NOTHING = 1e-12


def _ends(side: Side, mean: float) -> float:
    """How far the two ends of what is possible are from a mean, squared."""
    return (side.low - mean) ** 2 + (side.high - mean) ** 2


def _squares(values: Sequence[float]) -> float:
    mean = _mean(values)
    return math.fsum((value - mean) ** 2 for value in values)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
