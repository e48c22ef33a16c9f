"""From observations of two sides to pairs of scenarios, their mean difference, and where it lies.

Theory. The two sides meet the same renderings at best, and a live model's noise is its own on
either, so what is paired is the scenario: its difference is that of the shares of its arms and
planned paths, those that both sides have, each alike. Their mean over scenarios is what is told.

- From `MANY` scenarios on they are what was drawn: the interval is about scenarios like these (t
  over their differences), and the p-value is by the signs of their differences. Where few of them
  differ, their spread is no measure of what others may show; then the exact intervals of how far
  scenarios rose and of how far they fell are joined (MOVER; Zou and Donner 2008). Both are between
  0 and 1, and no such mean spreads wider than that of as many yes and no.
- Of fewer, nobody can say how scenarios differ; the smallest p-value of a sign test over a dozen
  survives no correction for multiplicity. Then both are about *these* scenarios: the repeats are
  what was drawn (`contrasts`, `relabelled`), and a scenario counts by how many it has. Somebody
  may also ask for that where there are many.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import fmean, variance
from typing import NamedTuple

from convsim.contrasts import Cluster, Member, Side, contrast
from convsim.differences.measured import Observed
from convsim.differences.relabelling import Scores, Surprise, flipped, relabelled
from convsim.stats import (
    LEVEL,
    SPARSE,
    Interval,
    NoInterval,
    Share,
    clopper_pearson,
    paired_difference,
    pooled,
)

MANY = 16
"""From so many scenarios on they are what was drawn: the smallest p-value by signs is 0.00003.

A t interval alone needs fewer (`contrasts.MANY`).
"""


class Repeats(NamedTuple):
    """What one side of a scenario came to: its share, its counts, and each repeat's share.

    The share is the mean over arms and paths.
    """

    share: float
    counts: Share
    scores: Mapping[int, float]


class Pair(NamedTuple):
    """One scenario on both sides."""

    scenario: str
    before: Repeats
    after: Repeats

    @property
    def difference(self) -> float:
        """How much more often it happens after."""
        return self.after.share - self.before.share


_Cell = tuple[str, str]
"""An arm and a planned path."""

_Counted = dict[str, dict[_Cell, dict[int, list[int]]]]
"""By scenario, cell and repeat: hits and trials."""


def paired(before: Iterable[Observed], after: Iterable[Observed]) -> list[Pair]:
    """The scenarios of which both sides tell something in an arm and path that both have."""
    one, other = _counted(before), _counted(after)
    found = []
    for scenario in sorted(one.keys() & other.keys()):
        cells = one[scenario].keys() & other[scenario].keys()
        if cells:
            sides = (_repeats(side[scenario], sorted(cells)) for side in (one, other))
            found.append(Pair(scenario, *sides))
    return found


def _counted(observed: Iterable[Observed]) -> _Counted:
    counts: dict[tuple[str, _Cell, int], list[int]] = {}
    for row, hit, group in observed:
        cell = ("", "") if group else (row.arm, row.path)  # a reply may be of several arms
        place = row.scenario, cell, row.repeat
        counted = counts.get(place)
        if counted is None:
            counts[place] = [int(hit), 1]
        else:
            counted[0] += hit
            counted[1] += 1
    found: _Counted = {}
    for (scenario, cell, repeat), counted in counts.items():
        found.setdefault(scenario, {}).setdefault(cell, {})[repeat] = counted
    return found


def _repeats(
    counted: Mapping[_Cell, Mapping[int, Sequence[int]]], cells: Sequence[_Cell]
) -> Repeats:
    shares: list[float] = []
    by_repeat: dict[int, list[float]] = {}
    whole = [0, 0]
    for cell in cells:
        hits = sum(one for one, _ in counted[cell].values())
        trials = sum(one for _, one in counted[cell].values())
        shares.append(hits / trials)
        whole[0] += hits
        whole[1] += trials
        for repeat, (some, of) in counted[cell].items():
            by_repeat.setdefault(repeat, []).append(some / of)
    scores = {repeat: fmean(them) for repeat, them in sorted(by_repeat.items())}
    return Repeats(fmean(shares), Share(*whole), scores)


class Contrasted(NamedTuple):
    """The mean difference of pairs: before and after, where it lies, and how surprising it is.

    `of_these` says that it is about these very scenarios, whose repeats were drawn.
    """

    before: float
    after: float
    interval: Interval | NoInterval
    tested: Surprise | None
    counts: tuple[Share, Share]
    scenarios: int
    of_these: bool

    @property
    def value(self) -> float:
        """How much more often it happens after."""
        return self.after - self.before


def contrasted(pairs: Sequence[Pair], *, these: bool = False) -> Contrasted:
    """What these pairs, at least one, come to; with `these` of these very scenarios."""
    of_these = these or len(pairs) < MANY
    weights = _weights(pairs, of_these=of_these)
    tested = (
        relabelled(Scores(*_scores(pair)) for pair in pairs)
        if of_these
        else flipped(pair.difference for pair in pairs)
    )
    return Contrasted(
        before=_sum_of(weights, (pair.before.share for pair in pairs)),
        after=_sum_of(weights, (pair.after.share for pair in pairs)),
        interval=interval(pairs, these=these),
        tested=tested or Surprise(1.0, 1.0),
        counts=(
            pooled(pair.before.counts for pair in pairs),
            pooled(pair.after.counts for pair in pairs),
        ),
        scenarios=len(pairs),
        of_these=of_these,
    )


def _weights(pairs: Sequence[Pair], *, of_these: bool) -> list[float]:
    """How much each scenario counts: alike where they were drawn, else by what its repeats tell.

    What a scenario tells of a difference is known to the harmonic mean of its repeats on the two
    sides (Mantel and Haenszel 1959), and by these the p-value goes, too.
    """
    if not of_these:
        return [1 / len(pairs)] * len(pairs)
    counts = [(len(pair.before.scores), len(pair.after.scores)) for pair in pairs]
    told = [one * other / (one + other) for one, other in counts]
    return [one / math.fsum(told) for one in told]


def _sum_of(weights: Iterable[float], values: Iterable[float]) -> float:
    return math.fsum(weight * value for weight, value in zip(weights, values, strict=True))


def interval(
    pairs: Sequence[Pair], *, these: bool = False, level: float = LEVEL
) -> Interval | NoInterval:
    """Where the mean difference lies; with `these` that of these very scenarios."""
    if not these and len(pairs) >= MANY:
        return over_scenarios([pair.difference for pair in pairs], level=level)
    return contrast(
        [
            Side([member for pair in pairs for member in _members(pair, pair.before)], -1.0),
            Side([member for pair in pairs for member in _members(pair, pair.after)]),
        ],
        _clusters(pairs),
        value=_sum_of(_weights(pairs, of_these=True), [pair.difference for pair in pairs]),
        level=level,
    )


SIGNED = "MOVER of how far scenarios rose and fell, each exact"


def over_scenarios(differences: Sequence[float], *, level: float = LEVEL) -> Interval | NoInterval:
    """Where the mean of one difference a scenario lies, each between -1 and 1."""
    count, mean = len(differences), fmean(differences)
    if _is_sparse(differences):
        rise, fall = (fmean([max(0.0, sign * one) for one in differences]) for sign in (1, -1))
        (least, most), (low, high) = (
            clopper_pearson(part * count, count, level=level) for part in (rise, fall)
        )
        below, above = math.hypot(rise - least, high - fall), math.hypot(most - rise, fall - low)
        return Interval(max(-1.0, mean - below), min(1.0, mean + above), SIGNED)
    return paired_difference([(one, 0.0) for one in differences], level=level)


def _is_sparse(differences: Sequence[float]) -> bool:
    """Whether the spread of these differences says nothing about others."""
    return tells_little(differences) or variance(differences) < _NOTHING


def tells_little(differences: Iterable[float]) -> bool:
    """Whether hardly any scenario differs, rounding forgiven."""
    return sum(abs(one) > _NOTHING for one in differences) < SPARSE


_NOTHING = 1e-12


def _members(pair: Pair, side: Repeats) -> Iterator[Member]:
    for repeat, score in side.scores.items():
        yield Member(pair.scenario, repeat, score)


def _clusters(pairs: Sequence[Pair]) -> dict[tuple[str, int], Cluster]:
    """Each repeat within its scenario; single ones are a stratum together."""
    found = {}
    for pair in pairs:
        repeats = sorted(pair.before.scores.keys() | pair.after.scores.keys())
        many = len(repeats) > 1
        for repeat in repeats:
            name = f"{pair.scenario}/{repeat}" if many else pair.scenario
            found[pair.scenario, repeat] = Cluster(pair.scenario if many else "", name)
    return found


def _scores(pair: Pair) -> tuple[list[float], list[float]]:
    return list(pair.before.scores.values()), list(pair.after.scores.values())
