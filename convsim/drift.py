"""A series of runs: how refusal, under- and over-refusal went, and where they changed.

Theory. A series is stratified by scenario: of each scenario only what changes from run to run
counts, never how it differs from others, so that a hard scenario is no drift. What changes steadily
and what changes at once are two questions, and both are asked of every rate: its *trend*, the slope
of each scenario's share over the runs in their order, and its *steps*, from each run to the next.
Steps are tested as two versions are (`differences`). Had nothing changed, a series read backwards
would have been as likely as the one that was seen, so a trend is tested by the signs of the slopes:
those of scenarios, or of their repeats where scenarios are few. Holm's procedure holds the error of
5% over all trends and steps together: a flag is no accident of how many runs there were.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from typing import Any, NamedTuple

from convsim.contrasts import Cluster, Member, Side, contrast
from convsim.differences import Difference, LeftOut, Version, matched
from convsim.differences.difference import (
    LIKE_THESE,
    NOT_CORRECTED,
    THESE,
    Seen,
    adjusted,
    difference,
)
from convsim.differences.measured import OVER, UNDER, Metric, Observed, metrics
from convsim.differences.pairing import MANY, Repeats, over_scenarios, paired
from convsim.differences.relabelling import flipped
from convsim.differences.versions import place
from convsim.errors import InputError
from convsim.estimates import Estimate, Unit
from convsim.rates import (
    Rate,
    first_refusals,
    first_refusals_of_allowed,
    over_refusal,
    under_refusal,
)
from convsim.rates.shares import FIRST_REFUSALS, FIRST_REFUSALS_OF_ALLOWED
from convsim.rows import Row, authored
from convsim.stats import Interval, NoInterval, pooled
from convsim.tabular import Tabular

FEWEST = 3
"""Runs that make a series: two of them are compared."""

TREND, STEP = "trend", "step"

_FOLLOWED = (UNDER, OVER, FIRST_REFUSALS, FIRST_REFUSALS_OF_ALLOWED)


@dataclass(frozen=True)
class Followed:
    """One rate over a series: what it was in each run, its trend, and its steps."""

    metric: str
    rates: tuple[Rate, ...]
    trend: Difference
    steps: tuple[Difference, ...]

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return {
            "metric": self.metric,
            "rates": [rate.to_dict() for rate in self.rates],
            "trend": self.trend.to_dict(),
            "steps": [step.to_dict() for step in self.steps],
        }


@dataclass(frozen=True)
class Series:
    """One target over several runs, in their order."""

    versions: tuple[Version, ...]
    scenarios: int
    followed: tuple[Followed, ...]
    left_out: tuple[LeftOut, ...]
    cautions: tuple[str, ...]

    @property
    def changed(self) -> tuple[Difference, ...]:
        """The trends and steps that are reported."""
        found = chain.from_iterable((one.trend, *one.steps) for one in self.followed)
        return tuple(one for one in found if one.changed)

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return {
            "runs": [one.run for one in self.versions],
            "target": self.versions[-1].target,
            "mode": self.versions[-1].mode.value,
            "judge": self.versions[-1].judge,
            "scenarios": self.scenarios,
            "left_out": [str(one) for one in self.left_out],
            "cautions": list(self.cautions),
            "followed": [one.to_dict() for one in self.followed],
        }


@dataclass(frozen=True)
class Drift(Tabular):
    """What became of each target over a series of runs."""

    series: tuple[Series, ...]

    @property
    def changed(self) -> tuple[Difference, ...]:
        """All trends and steps that are reported."""
        return tuple(chain.from_iterable(one.changed for one in self.series))

    def records(self) -> list[dict[str, Any]]:
        """A row for each rate of each run, each trend and each step."""
        return list(chain.from_iterable(map(_records, self.series)))

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON-able data."""
        return {"series": [one.to_dict() for one in self.series]}


def _records(series: Series) -> Iterable[dict[str, Any]]:
    last = series.versions[-1]
    place = {"target": last.target, "mode": last.mode.value}
    for one in series.followed:
        for version, rate in zip(series.versions, one.rates, strict=True):
            yield {**place, "by": "run", "value": version.run, "changed": False, **rate.record()}
        for told in (one.trend, *one.steps):
            at = {"by": told.by, "value": told.value, "changed": told.changed}
            yield {**place, **at, **told.estimate.record()}


def drift(series: Sequence[Sequence[Version]], *, these: bool = False) -> Drift:
    """How each of these series of versions went; p-values allow for all of them together.

    With `these` it is about these very scenarios, whose repeats were drawn. Raises `InputError`
    where runs cannot be compared, or fewer than three are given.
    """
    found = [_followed(versions, these=these) for versions in series]
    told = [it for one in found for item in one.followed for it in (item.trend, *item.steps)]
    (flagged,) = adjusted([told])
    rest = iter(flagged)
    return Drift(
        tuple(
            replace(
                one,
                followed=tuple(
                    replace(item, trend=next(rest), steps=tuple(next(rest) for _ in item.steps))
                    for item in one.followed
                ),
            )
            for one in found
        )
    )


def _followed(versions: Sequence[Version], *, these: bool) -> Series:
    """One series, its p-values each by itself."""
    if len(versions) < FEWEST:
        raise InputError(f"{len(versions)} runs make no series; compare two of them instead")
    first, *later = versions
    pairs = [matched(first, other) for other in later]
    rows = _common(versions)
    looked = [one for one in metrics() if one.name in _FOLLOWED]
    return Series(
        versions=tuple(versions),
        scenarios=len({row.scenario for row in rows[0]}),
        followed=tuple(_metric(one, versions, rows, these=these) for one in looked),
        left_out=tuple(dict.fromkeys(item for pair in pairs for item in pair.left_out)),
        cautions=tuple(dict.fromkeys(item for pair in pairs for item in pair.cautions)),
    )


def _common(versions: Sequence[Version]) -> list[list[Row]]:
    """The rows of scenarios, arms and paths that every run played alike."""
    played = [
        [((*place(row), version.contents[row.scenario]), row) for row in authored(version.rows)]
        for version in versions
    ]
    everywhere = set.intersection(*({alike for alike, _ in rows} for rows in played))
    if not everywhere:
        raise InputError(
            "the runs have no scenario, arm and path that all of them played alike; "
            "compare them two by two"
        )
    return [[row for alike, row in rows if alike in everywhere] for rows in played]


def _metric(
    metric: Metric, versions: Sequence[Version], rows: Sequence[Sequence[Row]], *, these: bool
) -> Followed:
    judge = versions[-1].judge
    seen = [list(metric.observe(them)) for them in rows]
    names = [version.run for version in versions]
    steps = (
        difference(
            metric, Seen(one, other), judge, by=STEP, value=f"{name} -> {next_name}", these=these
        )
        for (one, other), (name, next_name) in zip(pairwise(seen), pairwise(names), strict=True)
    )
    return Followed(
        metric=metric.name,
        rates=tuple(
            _rate(metric.name, them, version) for them, version in zip(rows, versions, strict=True)
        ),
        trend=_trend(metric, seen, judge, these=these),
        steps=tuple(steps),
    )


def _rate(metric: str, rows: Iterable[Row], version: Version) -> Rate:
    """What a rate was in one run; the judge's errors are taken out where they are known there."""
    judge, reviewed = version.judge, version.reviewed
    if metric == UNDER:
        return under_refusal(rows, judge=judge, correct=version.correct)
    if metric == OVER:
        return over_refusal(rows, judge=judge, reviewed=reviewed, correct=version.correct)
    if metric == FIRST_REFUSALS_OF_ALLOWED:
        return first_refusals_of_allowed(rows, judge=judge, reviewed=reviewed)
    return first_refusals(rows, judge=judge)


# --- trends


class _Slopes(NamedTuple):
    """How each scenario's share goes over the runs, and what its repeats came to in each."""

    scenarios: Mapping[str, Sequence[Repeats]]
    weights: Sequence[float]

    def of(self, values: Iterable[float]) -> float:
        """The slope of one value a run, per run."""
        return math.fsum(weight * one for weight, one in zip(self.weights, values, strict=True))

    def of_scenarios(self) -> list[float]:
        """The slope of each scenario's share."""
        return [self.of(one.share for one in runs) for runs in self.scenarios.values()]

    def mean(self, values: Iterable[float], *, of_these: bool) -> float:
        """The mean of one value a scenario: each alike, or by what its repeats tell of a slope."""
        told = [
            1 / math.fsum(1 / len(one.scores) for one in runs) if of_these else 1.0
            for runs in self.scenarios.values()
        ]
        weighted = (weight * one for weight, one in zip(told, values, strict=True))
        return math.fsum(weighted) / math.fsum(told)

    def of_repeats(self) -> list[float]:
        """The slope of each repeat that every run has."""
        return [
            self.of(one.scores[repeat] for one in runs)
            for runs in self.scenarios.values()
            for repeat in sorted(set.intersection(*(set(one.scores) for one in runs)))
        ]


def _slopes(seen: Sequence[Sequence[Observed]]) -> _Slopes:
    """The slopes of the scenarios of which every run tells, each against the first run."""
    first, *later = seen
    found: dict[str, list[Repeats]] = {}
    for n, other in enumerate(later):
        for pair in paired(first, other):
            if n == 0:
                found[pair.scenario] = [pair.before]
            if len(found.get(pair.scenario, ())) == n + 1:
                found[pair.scenario].append(pair.after)
    middle = (len(seen) - 1) / 2
    squares = math.fsum((n - middle) ** 2 for n in range(len(seen)))
    told = {name: runs for name, runs in found.items() if len(runs) == len(seen)}
    return _Slopes(told, [(n - middle) / squares for n in range(len(seen))])


def _trend(
    metric: Metric, seen: Sequence[Sequence[Observed]], judge: str, *, these: bool
) -> Difference:
    slopes = _slopes(seen)
    each = slopes.of_scenarios()
    of_these = these or len(each) < MANY
    runs = list(zip(*slopes.scenarios.values(), strict=True)) if each else []
    levels = [slopes.mean((one.share for one in run), of_these=of_these) for run in runs]
    return Difference(
        metric=metric.name,
        by=TREND,
        value="",
        worse=metric.worse,
        before=levels[0] if levels else None,
        after=levels[-1] if levels else None,
        estimate=Estimate(
            name=f"{metric.name}, trend",
            estimand=f"How much {metric.name} rises from one run to the next: the mean over "
            "scenarios that every run played alike of the slope of their shares, runs in their "
            f"order. {THESE if of_these else LIKE_THESE} {metric.estimand}",
            value=slopes.mean(each, of_these=of_these) if each else None,
            interval=_interval(slopes, each, of_these=of_these),
            fractions={
                f"run {n}": pooled(one.counts for one in run)
                for n, run in reversed([*enumerate(runs, 1)])
            },
            clusters=len(each),
            judge=judge,
            unit=Unit.POINTS,
            correction=NOT_CORRECTED,
            why="" if each else "no scenario tells of it in every run",
        ),
        tested=flipped(slopes.of_repeats() if of_these else each) if each else None,
    )


def _interval(slopes: _Slopes, each: Sequence[float], *, of_these: bool) -> Interval | NoInterval:
    if not each:
        return NoInterval("no data")
    if not of_these:
        return over_scenarios(each)
    sides = [
        Side(
            [
                Member(scenario, repeat, score)
                for scenario, runs in slopes.scenarios.items()
                for repeat, score in runs[n].scores.items()
            ],
            weight,
        )
        for n, weight in enumerate(slopes.weights)
        if weight
    ]
    clusters = {
        (member.scenario, member.repeat): Cluster(
            member.scenario, f"{member.scenario}/{member.repeat}"
        )
        for side in sides
        for member in side.members
    }
    return contrast(sides, clusters, value=slopes.mean(each, of_these=True))
