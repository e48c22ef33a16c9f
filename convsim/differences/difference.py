"""One difference between two versions, and the family of tests that it is one of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from convsim.correction import NoCorrection
from convsim.differences.measured import ALL, OVER, Metric, Observed
from convsim.differences.pairing import Contrasted, contrasted, paired
from convsim.differences.relabelling import Surprise, telling
from convsim.differences.versions import Matched
from convsim.estimates import Estimate, Unit
from convsim.multiplicity import HOLM, holm
from convsim.rates.outcomes import needs_review
from convsim.stats import LEVEL, NoInterval

NOT_CORRECTED = NoCorrection("the judge's errors may differ between the two sides")

ALPHA = 1 - LEVEL
"""How often anything at all may be reported as changed where nothing is."""

PAIRED = (
    "the mean over scenarios that both sides played alike of the difference between the second and "
    "the first side; of each scenario, arms and planned paths that both have count alike."
)
THESE = "It is about these scenarios, each counting by its repeats, which are what was drawn."
LIKE_THESE = "It is about scenarios like these, each counting alike."


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more often something happens on the second side, and whether that is a change.

    `by` and `value` say of which part: a rule, an arm, a group of moves, or all. `before` and
    `after` are the means over scenarios, and `estimate` their difference with the counts; its
    p-value allows for all that was looked at. `tested` is the p-value by itself.
    """

    metric: str
    by: str
    value: str
    worse: int
    before: float | None
    after: float | None
    estimate: Estimate
    tested: Surprise | None

    @property
    def changed(self) -> bool:
        """Whether it is reported as changed."""
        return self.estimate.p_value is not None and self.estimate.p_value < ALPHA

    @property
    def rose(self) -> bool:
        """Whether there is more of it on the second side."""
        return (self.estimate.value or 0.0) > 0

    @property
    def better(self) -> bool | None:
        """Whether the change is one that everybody wants; None where that depends."""
        if not self.worse:
            return None
        return self.rose is (self.worse < 0)

    def _told(self) -> dict[str, Any]:
        return {
            "metric": self.metric,
            "by": self.by,
            "value": self.value,
            "before": self.before,
            "after": self.after,
            "changed": self.changed,
        }

    def record(self) -> dict[str, Any]:
        """It as one flat row of a table."""
        return {**self._told(), "p_alone": self._p_alone, **self.estimate.record()}

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return {
            **self._told(),
            "better": self.better,
            "p_alone": self._p_alone,
            "estimate": self.estimate.to_dict(),
        }

    @property
    def _p_alone(self) -> float | None:
        return self.tested.p if self.tested else None


class Seen(NamedTuple):
    """What a metric observed on either side."""

    before: list[Observed]
    after: list[Observed]

    @classmethod
    def of(cls, metric: Metric, found: Matched) -> Seen:
        """All observations of what two versions have in common."""
        return cls(*(list(metric.observe(rows)) for rows in found.rows))


def difference(
    metric: Metric,
    seen: Seen,
    judge: str,
    *,
    by: str = ALL,
    value: str = "",
    unreviewed: int = 0,
    these: bool = False,
) -> Difference:
    """The difference of one metric, or of the part that was given of it."""
    pairs = paired(*seen)
    found = contrasted(pairs, these=these) if pairs else None
    where = f" at {value}" if by != ALL else ""
    return Difference(
        metric=metric.name,
        by=by,
        value=value,
        worse=metric.worse,
        before=found.before if found else None,
        after=found.after if found else None,
        estimate=Estimate(
            name=f"{metric.name}{where}, after minus before",
            estimand=f"Of {metric.name}{where}: {PAIRED} {_about(found)} {metric.estimand}",
            value=found.value if found else None,
            interval=found.interval if found else NoInterval("no data"),
            fractions={}
            if found is None
            else {"after": found.counts[1], "before": found.counts[0]},
            clusters=found.scenarios if found else 0,
            judge=judge,
            unit=Unit.POINTS,
            unreviewed=unreviewed,
            correction=NOT_CORRECTED,
            why="" if found else "no scenario tells of it on both sides",
        ),
        tested=found.tested if found else None,
    )


def _about(found: Contrasted | None) -> str:
    return THESE if found is None or found.of_these else LIKE_THESE


def unreviewed_of(metric: Metric, found: Matched, seen: Seen) -> int:
    """Of how many scenarios nobody reviewed that the twin is allowed; of over-refusal alone."""
    if metric.name != OVER:
        return 0
    needing = {one.row.scenario for side in seen for one in side if needs_review(one.row)}
    return len(needing - (found.before.reviewed & found.after.reviewed))


def parts(metric: Metric, seen: Seen, judge: str, *, these: bool = False) -> list[Difference]:
    """The metric by everything that it is told by, where that has more than one value."""
    found = []
    for by, key in metric.splits.items():
        before, after = (_by_value(side, key) for side in seen)
        values = sorted(before.keys() & after.keys())
        if len(values) > 1:
            found += [
                difference(
                    metric,
                    Seen(before[value], after[value]),
                    judge,
                    by=by,
                    value=value,
                    these=these,
                )
                for value in values
            ]
    return found


def _by_value(
    observed: Iterable[Observed], key: Callable[[Observed], str]
) -> dict[str, list[Observed]]:
    found: dict[str, list[Observed]] = {}
    for one in observed:
        found.setdefault(key(one), []).append(one)
    return found


def adjusted(families: Sequence[Sequence[Difference]]) -> list[list[Difference]]:
    """The same differences, with p-values that allow for all of them.

    Each family has its share of the level, and Holm's procedure holds it: nothing at all is
    reported as changed in more than `ALPHA` of all comparisons where nothing changed, and what did
    not change in no more than that where something else did. Tests that could not tell anything,
    whatever had come, cost nothing (`relabelling.telling`).
    """
    present = [family for family in families if any(one.tested for one in family)]
    return [_adjusted(family, max(1, len(present))) for family in families]


def _adjusted(family: Sequence[Difference], shares: int) -> list[Difference]:
    able = telling([one.tested for one in family], level=ALPHA / shares)
    alone = [
        one.tested.p if one.tested and can else None for one, can in zip(family, able, strict=True)
    ]
    count = sum(p is not None for p in alone)
    told = [None if p is None else min(1.0, shares * p) for p in holm(alone)]
    how = f"{HOLM} over {count} test{'' if count == 1 else 's'}"
    how += f", at {ALPHA / shares:.1%}" if shares > 1 else ""
    return [
        replace(
            one, estimate=replace(one.estimate, p_value=p, adjusted=how if p is not None else "")
        )
        for one, p in zip(family, told, strict=True)
    ]
