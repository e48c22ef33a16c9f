"""Whether a threshold moved or discrimination was lost: d' and the criterion on both sides.

Theory. A version that refuses more of everything is no better, only stricter: its criterion c is
higher and its d' what it was. One that is worse at telling restricted from allowed requests has a
lower d' (`detection`; field notes 5.1). Both figures are sums of normal quantiles of two shares,
and what a cluster adds to a figure on one side less what it adds on the other is one observation
(the linearised estimator, as in `contrasts`): scenarios where there are many, else their repeats.
A share that shows no spread, as one of 0 does, gets that of as many single answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean
from typing import NamedTuple

from convsim.detection import CRITERION, D_PRIME, criterion, d_prime, log_linear
from convsim.differences.difference import LIKE_THESE, NOT_CORRECTED, THESE, Difference, Seen
from convsim.differences.measured import ALL, Observed
from convsim.differences.pairing import MANY
from convsim.differences.relabelling import Surprise
from convsim.estimates import Estimate, Unit
from convsim.stats import (
    Interval,
    NoInterval,
    Share,
    paired_degrees,
    pooled,
    t_quantile,
    two_sided,
)

_NORMAL = NormalDist()
_NOTHING = 1e-12

Cluster = tuple[str, int]
"""A scenario and a repeat; 0 where the whole scenario is drawn."""


@dataclass(frozen=True, slots=True)
class Shift:
    """The differences of d' and of the criterion between two versions."""

    discrimination: Difference
    threshold: Difference

    @property
    def said(self) -> str:
        """What happened, in words; empty where nothing can be told."""
        lines = []
        one, other = self.discrimination, self.threshold
        if one.estimate.value is None:
            return ""
        if one.changed:
            lines.append(
                "discrimination was gained: restricted and allowed requests are told apart better"
                if one.rose
                else "discrimination was lost: restricted and allowed requests are told apart worse"
            )
        if other.changed:
            side = "stricter" if other.rose else "more lenient"
            lines.append(f"the threshold moved: it is {side}")
            if not one.changed:
                lines.append("no loss or gain of discrimination is shown")
        return "; ".join(lines)


def shift(under: Seen, over: Seen, judge: str, *, these: bool = False) -> Shift:
    """What became of d' and the criterion, from the dialogues of both rates on both sides."""
    names = {one.row.scenario for seen in (under, over) for side in seen for one in side}
    by_repeat = these or len(names) < MANY
    sides = [
        _Side(_Rate(one, by_repeat=by_repeat), _Rate(other, by_repeat=by_repeat))
        for one, other in zip(under, over, strict=True)
    ]
    about = THESE if by_repeat else LIKE_THESE
    return Shift(*(_difference(figure, sides, judge, about) for figure in _FIGURES))


class _Rate:
    """One of the two rates on one side: its counts by what is drawn, and its normal quantile."""

    def __init__(self, observed: Iterable[Observed], *, by_repeat: bool) -> None:
        found: dict[Cluster, list[int]] = {}
        for row, hit, _ in observed:
            counts = found.setdefault((row.scenario, row.repeat if by_repeat else 0), [0, 0])
            counts[0] += hit
            counts[1] += 1
        self.counts = {cluster: Share(*one) for cluster, one in found.items()}
        self.pooled = pooled(self.counts.values())
        self.share = log_linear(*self.pooled)
        density = _NORMAL.pdf(_NORMAL.inv_cdf(self.share))
        self.slope = 1 / density / (self.pooled.trials + 1)

    @property
    def unseen(self) -> float:
        """The variance of the quantile where no cluster differs from another; else none is unseen.

        Then each cluster is taken for one yes or no, and half a hit is added.
        """
        if any(abs(part) > _NOTHING for _, part in self.added()):
            return 0.0
        few = len(self.counts)
        share = log_linear(few * self.pooled.hits / self.pooled.trials, few)
        density = _NORMAL.pdf(_NORMAL.inv_cdf(share))
        return share * (1 - share) / (few + 1) / density**2

    def added(self) -> Iterator[tuple[Cluster, float]]:
        """What each cluster adds to the quantile, beyond what was to be expected."""
        for cluster, (hits, trials) in self.counts.items():
            yield cluster, self.slope * (hits - self.pooled.hits / self.pooled.trials * trials)


class _Side(NamedTuple):
    """Both rates of one version."""

    under: _Rate
    over: _Rate


class _Figure(NamedTuple):
    """A figure: what it says, and its factors on the two quantiles."""

    name: str
    says: str
    worse: int
    of: Callable[[float, float], float]
    factors: tuple[float, float]


_FIGURES = (
    _Figure(
        D_PRIME,
        "How far apart restricted and allowed requests look to the assistant, in standard "
        "deviations (d')",
        -1,
        d_prime,
        (-1.0, -1.0),
    ),
    _Figure(
        CRITERION,
        "Where the assistant draws the line, in standard deviations: higher is stricter "
        "(criterion c)",
        0,
        criterion,
        (-0.5, 0.5),
    ),
)


def _difference(figure: _Figure, sides: Sequence[_Side], judge: str, about: str) -> Difference:
    scenarios = {name for side in sides for rate in side for name, _ in rate.counts}
    told = all(rate.pooled.trials for side in sides for rate in side)
    before, after = (
        figure.of(side.under.share, side.over.share) if told else None for side in sides
    )
    value = None if before is None or after is None else after - before
    spread = None if value is None else _spread(figure, sides)
    return Difference(
        metric=figure.name,
        by=ALL,
        value="",
        worse=figure.worse,
        before=before,
        after=after,
        estimate=Estimate(
            name=f"{figure.name}, after minus before",
            estimand=f"{figure.says}, on the second side minus on the first, from all dialogues "
            "of the scenarios, arms and paths that both sides played. "
            f"{about}",
            value=value,
            interval=NoInterval(_ONE) if spread is None else spread.around(value or 0.0),
            fractions={
                f"{rate}, {when}": getattr(side, rate).pooled
                for when, side in zip(("after", "before"), reversed(sides), strict=True)
                for rate in _Side._fields
            },
            clusters=len(scenarios),
            judge=judge,
            unit=Unit.DEVIATIONS,
            correction=NOT_CORRECTED,
            why="" if told else "under- and over-refusal are not both known on both sides",
        ),
        tested=None if spread is None or value is None else Surprise(spread.p(value), 0.0),
    )


_ONE = "only one of each scenario tells: nothing shows how others differ"


class _Spread(NamedTuple):
    """The standard error of a difference, and its degrees of freedom."""

    error: float
    degrees: float
    what: str

    def around(self, value: float) -> Interval:
        """Where it lies."""
        half = t_quantile(self.degrees) * self.error
        return Interval(value - half, value + half, f"linearised, t over {self.what}")

    def p(self, value: float) -> float:
        """How surprising it would be, were there none."""

        return two_sided(value / self.error, self.degrees)


def _spread(figure: _Figure, sides: Sequence[_Side]) -> _Spread | None:
    """The spread of what clusters add to the difference, within scenarios where these are few."""
    added: dict[Cluster, float] = {}
    variance = 0.0
    for sign, side in zip((-1, 1), sides, strict=True):
        for factor, rate in zip(figure.factors, side, strict=True):
            variance += factor**2 * rate.unseen
            for cluster, part in rate.added():
                added[cluster] = added.get(cluster, 0.0) + sign * factor * part
    strata: dict[str, list[float]] = {}
    for (scenario, repeat), part in added.items():
        strata.setdefault(scenario if repeat else "", []).append(part)
    degrees: float = len(added) - len(strata)
    if not degrees:
        return None
    for parts in strata.values():
        mean, count = math.fsum(parts) / len(parts), len(parts)
        if count > 1:
            variance += count / (count - 1) * math.fsum((part - mean) ** 2 for part in parts)
    if whole := strata.get(""):
        middle = fmean(whole)
        degrees = paired_degrees([part - middle for part in whole])
    what = "scenarios" if "" in strata else "repeats within these scenarios"
    return _Spread(math.sqrt(variance), degrees, what)
