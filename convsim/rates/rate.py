"""A rate: a share of what was counted, with everything needed to read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from convsim.correction import Corrected, NoCorrection
from convsim.estimates import UNLABELLED, Unit, record
from convsim.stats import Interval, NoInterval, Share, bootstrap_interval, in_points


@dataclass(frozen=True, slots=True)
class Bounds:
    """The numerators if every open dialogue had ended well, and if every one had not."""

    best: int
    worst: int
    denominator: int

    @property
    def open(self) -> int:
        """How many dialogues are open."""
        return abs(self.worst - self.best)

    @property
    def shares(self) -> tuple[float, float]:
        """The best and the worst case as fractions of 1."""
        return self.best / self.denominator, self.worst / self.denominator

    def __str__(self) -> str:
        """`best case 22.2% (111/500), worst case 62.8% (314/500)`."""
        best, worst = map(percent, self.shares)
        of = self.denominator
        return f"best case {best}% ({self.best}/{of}), worst case {worst}% ({self.worst}/{of})"


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with everything needed to read it.

    `excluded` counts what was left out, by reason. `unreviewed` is the number of scenarios whose
    twin's allowed status nobody reviewed: with any, the rate is provisional. `correction` is what
    it would be without the judge's errors, or why that cannot be told. `shares` are the counts of
    each scenario, where somebody may want to join them with those of another rate.
    """

    name: str
    estimand: str
    numerator: int
    denominator: int
    clusters: int
    interval: Interval | NoInterval
    judge: str
    unit: str = "dialogues"
    excluded: Mapping[str, int] = field(default_factory=dict)
    bounds: Bounds | None = None
    unreviewed: int = 0
    correction: Corrected | NoCorrection = UNLABELLED
    shares: Mapping[str, Share] = field(default_factory=dict, repr=False, compare=False)

    @property
    def corrected(self) -> bool:
        """Whether a figure without the judge's errors stands beside it."""
        return isinstance(self.correction, Corrected)

    @property
    def value(self) -> float | None:
        """The share; None without data, which is not the same as 0."""
        return self.numerator / self.denominator if self.denominator else None

    @property
    def provisional(self) -> bool:
        """Whether it counts twins whose allowed status was not reviewed."""
        return self.unreviewed > 0

    def __str__(self) -> str:
        """`12.5% [3.1, 31.0] 5/40 in 6 scenarios`, or `no data`."""
        if self.value is None:
            return "no data"
        return f"{percent(self.value)}% {self.span} {self.counts}"

    @property
    def counts(self) -> str:
        """`5/40 in 6 scenarios`; turns are named, dialogues go without saying."""
        unit = "" if self.unit == "dialogues" else f" {self.unit}"
        plural = "" if self.clusters == 1 else "s"
        return f"{self.numerator}/{self.denominator}{unit} in {self.clusters} scenario{plural}"

    @property
    def span(self) -> str:
        """`[3.1, 31.0]` in percent, or `[no interval]`."""
        return in_points(self.interval)

    @property
    def shown(self) -> str:
        """`12.5%`, or `no data`."""
        return "no data" if self.value is None else f"{percent(self.value)}%"

    @property
    def fractions(self) -> Mapping[str, Share]:
        """The one fraction that it is, by its unit."""
        return {self.unit: Share(self.numerator, self.denominator)}

    def bootstrapped(self, *, seed: int = 0) -> Rate:
        """The same rate with the interval that drawing whole scenarios gives, to compare."""
        return replace(self, interval=bootstrap_interval(self.shares.values(), seed=seed))

    def record(self) -> dict[str, Any]:
        """The rate as one flat row of a table; the columns are those of every number."""
        return record(self, Unit.SHARE, bounds=self.bounds.shares if self.bounds else None)

    def to_dict(self) -> dict[str, Any]:
        """The rate as JSON-able data, shares as fractions of 1."""
        return {
            "name": self.name,
            "estimand": self.estimand,
            "value": self.value,
            "numerator": self.numerator,
            "denominator": self.denominator,
            "unit": self.unit,
            "clusters": self.clusters,
            "interval": asdict(self.interval),
            "judge": self.judge,
            "corrected": self.corrected,
            "correction": self.correction.to_dict(),
            "excluded": dict(self.excluded),
            "bounds": asdict(self.bounds) if self.bounds else None,
            "unreviewed": self.unreviewed,
        }


def percent(share: float) -> str:
    """A share in percent with one decimal."""
    return f"{100 * share:.1f}"
