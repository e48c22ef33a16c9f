"""Everything that two versions differ in, or that several differ in from the first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from convsim.detection import CRITERION, D_PRIME
from convsim.differences.difference import (
    Difference,
    Seen,
    adjusted,
    difference,
    parts,
    unreviewed_of,
)
from convsim.differences.measured import OVER, UNDER, metrics
from convsim.differences.shift import Shift, shift
from convsim.differences.turned import Turned, turned
from convsim.differences.versions import Matched, Version, matched
from convsim.tabular import Tabular


@dataclass(frozen=True)
class Compared:
    """Two versions, and what they differ in: headline numbers, d' and c, and the same by part."""

    matched: Matched
    headline: tuple[Difference, ...]
    parts: tuple[Difference, ...]
    turned: tuple[Turned, ...]

    @property
    def before(self) -> Version:
        """The first of the two."""
        return self.matched.before

    @property
    def after(self) -> Version:
        """The second."""
        return self.matched.after

    @property
    def shift(self) -> Shift:
        """Whether a threshold moved or discrimination was lost."""
        return Shift(self.of(D_PRIME), self.of(CRITERION))

    @property
    def all(self) -> tuple[Difference, ...]:
        """Every difference that was looked at."""
        return (*self.headline, *self.parts)

    @property
    def changed(self) -> tuple[Difference, ...]:
        """Those that are reported as changed."""
        return tuple(one for one in self.all if one.changed)

    def of(self, metric: str) -> Difference:
        """The headline difference of a metric."""
        return next(one for one in self.headline if one.metric == metric)

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON-able data."""
        return {
            "before": _version(self.before),
            "after": _version(self.after),
            "scenarios": self.matched.scenarios,
            "left_out": [
                {"what": one.what, "names": list(one.names), "why": one.why}
                for one in self.matched.left_out
            ],
            "cautions": list(self.matched.cautions),
            "changed": [one.to_dict() for one in self.changed],
            "shift": self.shift.said,
            "differences": [one.to_dict() for one in self.all],
            "turned": [one.to_dict() for one in self.turned],
        }


def _version(side: Version) -> dict[str, Any]:
    return {
        "run": side.run,
        "target": side.target,
        "mode": side.mode.value,
        "judge": side.judge,
        "dialogues": len(side.rows),
    }


@dataclass(frozen=True)
class Differences(Tabular):
    """Pairs of versions compared, and one account of what changed in any of them."""

    compared: tuple[Compared, ...]

    @property
    def changed(self) -> tuple[Difference, ...]:
        """All that is reported as changed, of every pair."""
        return tuple(one for pair in self.compared for one in pair.changed)

    def records(self) -> list[dict[str, Any]]:
        """A row for each difference that was looked at."""
        return [
            {
                "run": pair.after.run,
                "reference_run": pair.before.run,
                "target": pair.after.target,
                "reference_target": pair.before.target,
                "mode": pair.after.mode.value,
                **one.record(),
            }
            for pair in self.compared
            for one in pair.all
        ]

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON-able data."""
        return {"compared": [pair.to_dict() for pair in self.compared]}


def differences(pairs: Iterable[tuple[Version, Version]], *, these: bool = False) -> Differences:
    """What each of these pairs of versions differs in; p-values allow for all of them together.

    With `these` all of it is about these very scenarios, whose repeats were drawn. Raises
    `InputError` where two of them cannot be compared.
    """
    found = [matched(before, after) for before, after in pairs]
    looked = [_looked_at(one, these=these) for one in found]
    families = adjusted(
        [
            [one for headline, _ in looked for one in headline],
            [one for _, by_part in looked for one in by_part],
        ]
    )
    return Differences(tuple(_dealt(found, looked, families)))


_Looked = tuple[Sequence[Difference], Sequence[Difference]]
"""The headline differences of a pair, and those by part."""


def _looked_at(found: Matched, *, these: bool) -> _Looked:
    """Every difference of a pair, its p-value by itself."""
    judge = found.after.judge
    headline: list[Difference] = []
    by_part: list[Difference] = []
    seen: dict[str, Seen] = {}
    for metric in metrics():
        both = seen[metric.name] = Seen.of(metric, found)
        unreviewed = unreviewed_of(metric, found, both)
        if metric.headline:
            headline.append(difference(metric, both, judge, unreviewed=unreviewed, these=these))
        by_part += parts(metric, both, judge, these=these)
    moved = shift(seen[UNDER], seen[OVER], judge, these=these)
    return [*headline, moved.discrimination, moved.threshold], by_part


def _dealt(
    found: Sequence[Matched], looked: Sequence[_Looked], families: Sequence[Sequence[Difference]]
) -> Iterable[Compared]:
    """The adjusted differences back to the pairs that they are of."""
    headline, by_part = (iter(family) for family in families)
    for one, (mine, rest) in zip(found, looked, strict=True):
        yield Compared(
            matched=one,
            headline=tuple(next(headline) for _ in mine),
            parts=tuple(next(by_part) for _ in rest),
            turned=turned(*one.rows),
        )
