"""What a rate counts in every part of the rows, in one pass: parts may overlap.

A row is looked at once, whatever the number of splits and of their values. A part of a rate is the
same rate over fewer rows, so it has the name, the estimand and the judge of the whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from convsim.correction import Corrected, NoCorrection
from convsim.estimates import NOTHING_COUNTED, UNLABELLED
from convsim.rates import Counted, Measure, Rate
from convsim.rates.counting import bounds_of
from convsim.rates.outcomes import needs_review
from convsim.rows import Exposure, Row
from convsim.stats import Share, cluster_interval

By = Callable[[Row], Sequence[str]]
"""The values that a row has in a split: one rule, several hazards."""

ByTurn = Callable[[Exposure], str]
"""The value that a turn has in a split: its move."""

Fix = Callable[[Counted], Corrected | NoCorrection]
"""What takes the judge's errors out of a cell, or says why it does not."""


@dataclass(slots=True)
class Slice:
    """What was counted in one part of the rows; it is filled while they are gone through.

    `answers` are the hits by dialogue, and `rules` theirs, which is what a correction is about.
    `needing` are the scenarios with a twin that somebody has to review.
    """

    hits: Counter[str] = field(default_factory=Counter)
    trials: Counter[str] = field(default_factory=Counter)
    excluded: Counter[str] = field(default_factory=Counter)
    answers: dict[str, bool] = field(default_factory=dict)
    rules: set[str] = field(default_factory=set)
    needing: set[str] = field(default_factory=set)

    @property
    def shares(self) -> dict[str, Share]:
        """Hits and trials of each scenario."""
        return {name: Share(self.hits[name], self.trials[name]) for name in sorted(self.trials)}

    def rate(
        self, like: Rate, *, reviewed: Collection[str] | None = None, fix: Fix | None = None
    ) -> Rate:
        """It as a rate: as `like`, which has the same name and estimand, with its own counts.

        `reviewed` are the scenarios whose twin was reviewed, None where that does not matter.
        """
        shares, hits, trials = self.shares, self.hits.total(), self.trials.total()
        counted = Counted(like.name, like.judge, shares, self.answers, self.rules)
        return replace(
            like,
            numerator=hits,
            denominator=trials,
            clusters=len(shares),
            interval=cluster_interval(shares.values()),
            excluded=dict(sorted(self.excluded.items())),
            bounds=bounds_of(Share(hits, trials), self.excluded, bad=True),
            unreviewed=0 if reviewed is None else len(self.needing.difference(reviewed)),
            correction=_fixed(counted, fix),
        )


def _fixed(counted: Counted, fix: Fix | None) -> Corrected | NoCorrection:
    if fix is None:
        return UNLABELLED
    return fix(counted) if counted.shares else NOTHING_COUNTED


Slices = dict[str, Slice]
"""What was counted, by the value of what the rows are split by."""


def of_dialogues(
    rows: Iterable[Row], measure: Measure, splits: Mapping[str, By]
) -> dict[str, Slices]:
    """Every split of a rate over dialogues; of each split the values in which it counts any."""
    found: dict[str, Slices] = {name: {} for name in splits}
    for row in rows:
        seen = measure(row)
        if seen is None:
            continue
        hit, why = seen
        twin = hit is not None and needs_review(row)
        for name, by in splits.items():
            for value in by(row):
                part = found[name].get(value) or found[name].setdefault(value, Slice())
                if hit is None:
                    part.excluded[why] += 1
                    continue
                part.trials[row.scenario] += 1
                part.hits[row.scenario] += hit
                part.answers[row.key] = hit
                part.rules.add(row.rule)
                if twin:
                    part.needing.add(row.scenario)
    return found


def of_turns(
    rows: Iterable[Row],
    turns: Callable[[Row], Iterable[Exposure]],
    splits: Mapping[str, ByTurn],
) -> dict[str, Slices]:
    """Every split of a rate over turns; a reply that dialogues share is one observation."""
    found: dict[str, Slices] = {name: {} for name in splits}
    seen: set[int] = set()
    for row in rows:
        twin = needs_review(row)
        for exposure in turns(row):
            if exposure.reply in seen:
                continue
            seen.add(exposure.reply)
            for name, by in splits.items():
                value = by(exposure)
                part = found[name].get(value) or found[name].setdefault(value, Slice())
                part.trials[row.scenario] += 1
                part.hits[row.scenario] += exposure.hit
                if twin:
                    part.needing.add(row.scenario)
    return found
