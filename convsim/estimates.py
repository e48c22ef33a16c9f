"""An estimate: any number that is no plain share, with everything needed to read it.

A difference of two shares, a mean survival time, a d', a score: each has the fractions behind it,
the clusters that its interval takes as drawn, the method, the judge, and whether it is free of the
judge's errors. A plain share is a `rates.Rate`; both are a `Number`, and `record` lays any of them
out as one flat row, the same columns for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from convsim.correction import Corrected, NoCorrection
from convsim.stats import Interval, NoInterval, Share

UNLABELLED = NoCorrection("the judge was not calibrated on what it counts")
NOTHING_COUNTED = NoCorrection("there is nothing to correct: no dialogue counts")


class Unit(StrEnum):
    """What a value is measured in, which is how it is printed."""

    SHARE = "share"
    """A fraction of 1, printed in percent."""
    POINTS = "points"
    """A difference of fractions of 1, printed in points with its sign."""
    TURNS = "turns"
    """A number of turns."""
    FLIPS = "flips"
    """How often a stance was reversed."""
    DEVIATIONS = "standard deviations"
    """Of a normal distribution: d' and the criterion."""
    LOG_ODDS = "log odds"
    CALLS = "calls"
    TOKENS = "tokens"
    SECONDS = "seconds"
    DOLLARS = "US dollars"


class Number(Protocol):
    """What every printed number can tell: a `Rate` or an `Estimate`."""

    @property
    def name(self) -> str: ...
    @property
    def estimand(self) -> str: ...
    @property
    def value(self) -> float | None: ...
    @property
    def interval(self) -> Interval | NoInterval: ...
    @property
    def fractions(self) -> Mapping[str, Share]: ...
    @property
    def clusters(self) -> int: ...
    @property
    def judge(self) -> str: ...
    @property
    def corrected(self) -> bool: ...
    @property
    def correction(self) -> Corrected | NoCorrection: ...
    @property
    def excluded(self) -> Mapping[str, int]: ...
    @property
    def unreviewed(self) -> int: ...
    @property
    def provisional(self) -> bool: ...
    @property
    def counts(self) -> str: ...
    @property
    def span(self) -> str: ...
    @property
    def shown(self) -> str: ...
    def record(self) -> dict[str, Any]: ...
    def to_dict(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Estimate:
    """One number that is no plain share, with everything needed to read it.

    `value` is None where nothing tells, and `why` says so; it and the ends of the interval are
    fractions of 1 where the unit is `SHARE` or `POINTS`. `fractions` are what it is made of, by
    what they are fractions of, the first one first. `clusters` counts the scenarios (or what
    `cluster` names) that the interval takes as drawn. `correction` is what it would be without the
    judge's errors, or why that cannot be told. `bounds` are its least and largest value, whatever
    open dialogues had come to. `p_value` is of "there is no difference", after a correction for
    multiplicity where `adjusted` says so.
    """

    name: str
    estimand: str
    value: float | None
    interval: Interval | NoInterval
    fractions: Mapping[str, Share]
    clusters: int
    judge: str
    unit: Unit = Unit.SHARE
    cluster: str = "scenario"
    excluded: Mapping[str, int] = field(default_factory=dict)
    bounds: tuple[float, float] | None = None
    unreviewed: int = 0
    correction: Corrected | NoCorrection = UNLABELLED
    p_value: float | None = None
    adjusted: str = ""
    why: str = ""

    @property
    def corrected(self) -> bool:
        """Whether a figure without the judge's errors stands beside it."""
        return isinstance(self.correction, Corrected)

    @property
    def provisional(self) -> bool:
        """Whether it counts twins whose allowed status was not reviewed."""
        return self.unreviewed > 0

    @property
    def decided(self) -> str:
        """Of a difference, what its interval allows to say: `more`, `less` or `undecided`.

        `none` without data.
        """
        if self.value is None:
            return "none"
        if isinstance(self.interval, NoInterval) or self.interval.low <= 0 <= self.interval.high:
            return "undecided"
        return "more" if self.interval.low > 0 else "less"

    @property
    def shown(self) -> str:
        """The value as it is printed: `12.5%`, `+3.1`, `2.46`; `no data` without one."""
        return "no data" if self.value is None else in_unit(self.value, self.unit)

    @property
    def span(self) -> str:
        """The interval in the unit of the value, or `[no interval]`."""
        if isinstance(self.interval, NoInterval):
            return "[no interval]"
        low, high = (bare(end, self.unit) for end in (self.interval.low, self.interval.high))
        return f"[{low}, {high}]"

    @property
    def counts(self) -> str:
        """`15/20 against 3/20 in 6 scenarios`."""
        sides = " against ".join(f"{hits:g}/{of:g}" for hits, of in self.fractions.values())
        plural = "" if self.clusters == 1 else "s"
        return f"{sides} in {self.clusters} {self.cluster}{plural}".strip()

    def __str__(self) -> str:
        """`+12.5 [3.1, 21.9] 15/20 against 3/20 in 6 scenarios`, or why there is none."""
        if self.value is None:
            return f"no data: {self.why}" if self.why else "no data"
        return f"{self.shown} {self.span} {self.counts}"

    def record(self) -> dict[str, Any]:
        """It as one flat row of a table; the columns are those of every number."""
        return record(
            self,
            self.unit,
            cluster=self.cluster,
            bounds=self.bounds,
            p_value=self.p_value,
            why=self.why,
        )

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data, shares and differences as fractions of 1."""
        return {
            "name": self.name,
            "estimand": self.estimand,
            "value": self.value,
            "unit": self.unit.value,
            "interval": asdict(self.interval),
            "fractions": {name: share._asdict() for name, share in self.fractions.items()},
            "clusters": self.clusters,
            "cluster": self.cluster,
            "judge": self.judge,
            "corrected": self.corrected,
            "correction": self.correction.to_dict(),
            "excluded": dict(self.excluded),
            "bounds": list(self.bounds) if self.bounds else None,
            "unreviewed": self.unreviewed,
            "p_value": self.p_value,
            "adjusted": self.adjusted,
            "why": self.why,
        }


def record(
    number: Number,
    unit: Unit,
    *,
    cluster: str = "scenario",
    bounds: tuple[float, float] | None = None,
    p_value: float | None = None,
    why: str = "",
) -> dict[str, Any]:
    """What any number tells, as one flat row; a second fraction is the `reference`."""
    interval, sides = number.interval, list(number.fractions.items())
    known = interval if isinstance(interval, Interval) else None
    fixed = number.correction if isinstance(number.correction, Corrected) else None
    refused = number.correction.reason if isinstance(number.correction, NoCorrection) else ""
    (of, first), (other, second) = (*sides, _NOTHING, _NOTHING)[:2]
    best, worst = bounds or (None, None)
    return {
        "name": number.name,
        "estimate": number.value,
        "unit": unit.value,
        "low": known.low if known else None,
        "high": known.high if known else None,
        "numerator": first.hits if first else None,
        "denominator": first.trials if first else None,
        "of": of,
        "reference_numerator": second.hits if second else None,
        "reference_denominator": second.trials if second else None,
        "reference_of": other,
        "clusters": number.clusters,
        "cluster": cluster,
        "method": interval.method if isinstance(interval, Interval) else f"none: {interval.reason}",
        "judge": number.judge,
        "corrected": number.corrected,
        "corrected_estimate": fixed.value if fixed else None,
        "corrected_low": fixed.interval.low if fixed else None,
        "corrected_high": fixed.interval.high if fixed else None,
        "uncorrected_because": refused,
        "p_value": p_value,
        "best": best,
        "worst": worst,
        "excluded": ", ".join(f"{count} {why}" for why, count in number.excluded.items()),
        "provisional": number.provisional,
        "why": why,
        "estimand": number.estimand,
    }


_NOTHING: tuple[str, None] = ("", None)


def in_unit(value: float, unit: Unit, *, digits: int = 1) -> str:
    """A value as it is printed, `digits` of them behind the point of a percentage.

    >>> in_unit(0.125, Unit.SHARE), in_unit(0.031, Unit.POINTS), in_unit(2.4567, Unit.TURNS)
    ('12.5%', '+3.1', '2.46')
    """
    plain = bare(value, unit, digits=digits)
    if unit is Unit.SHARE:
        return f"{plain}%"
    return f"+{plain}" if unit is Unit.POINTS and value > 0 and not plain.startswith("-") else plain


def bare(value: float, unit: Unit, *, digits: int = 1) -> str:
    """The same without a sign or `%`, as the ends of an interval are printed."""
    if unit in (Unit.SHARE, Unit.POINTS):
        return f"{100 * value:z.{digits}f}"
    return f"{value:z.{digits + (3 if unit is Unit.DOLLARS else 1)}f}"
