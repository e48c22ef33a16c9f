"""How rows become a rate: a measure says what each of them is; what is left out counts, too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from convsim.correction import Corrected, NoCorrection
from convsim.estimates import NOTHING_COUNTED, UNLABELLED
from convsim.rates.rate import Bounds, Rate
from convsim.rows import Row
from convsim.stats import Share, cluster_interval, pooled

OPEN_SHARE = 0.02
"""Above this share of open dialogues a rate carries its best and worst case (design, 10)."""

ERROR = "error"
"""Left out because the dialogue failed before it came to a decision."""

UNDECIDED = "undecided"
"""Left out because a reply that decides could not be read, or drew no decision."""

OPEN = (ERROR, UNDECIDED)
"""Left out for want of knowledge: these could have ended either way."""

DIVERGED = "diverged"
"""Left out because it is cut short: what was opened instead is the dialogue of another path."""


class Counts(NamedTuple):
    """How one rate sees one row: `hit` is None where the row is left out because of `why`."""

    hit: bool | None
    why: str = ""


Measure = Callable[[Row], Counts | None]
"""What a rate makes of a row; None where the rate is not about such rows."""


class Counted(NamedTuple):
    """What a rate counted: shares by scenario, whether each dialogue was a hit, and the rules."""

    rate: str
    judge: str
    shares: Mapping[str, Share]
    hits: Mapping[str, bool]
    rules: Collection[str]


Correct = Callable[[Counted], Corrected | NoCorrection | None]
"""What takes the judge's errors out of a rate; None where it knows nothing about it."""


class Tallied(NamedTuple):
    """What a measure makes of many rows: shares by scenario, and what was left out, by reason.

    `hits` says of each dialogue whether it was one, and `rules` names their rules.
    """

    shares: Mapping[str, Share]
    excluded: Mapping[str, int]
    hits: Mapping[str, bool]
    rules: Collection[str]

    @property
    def pooled(self) -> Share:
        """All scenarios together."""
        return pooled(self.shares.values())


def tallied(measure: Measure, rows: Iterable[Row]) -> Tallied:
    """What `measure` makes of `rows`, which are those of one mode."""
    rows = list(rows)
    one_mode(rows)
    counted: dict[str, bool] = {}
    rules: set[str] = set()
    found: dict[str, list[int]] = {}
    excluded: Counter[str] = Counter()
    for row in rows:
        seen = measure(row)
        if seen is None:
            continue
        hit, why = seen
        if hit is None:
            excluded[why] += 1
            continue
        counted[row.key] = hit
        rules.add(row.rule)
        share = found.get(row.scenario)
        if share is None:
            share = found[row.scenario] = [0, 0]
        share[0] += hit
        share[1] += 1
    shares = {scenario: Share(*found[scenario]) for scenario in sorted(found)}
    return Tallied(shares, dict(sorted(excluded.items())), counted, rules)


def count(
    name: str,
    estimand: str,
    measure: Measure,
    rows: Iterable[Row],
    *,
    judge: str,
    bad: bool = True,
    unreviewed: int = 0,
    correct: Correct | None = None,
) -> Rate:
    """Count `rows` by `measure`; `bad` says whether a hit is what nobody wants."""
    found = tallied(measure, rows)
    hits, trials = found.pooled
    return Rate(
        name=name,
        estimand=estimand,
        numerator=int(hits),
        denominator=int(trials),
        clusters=len(found.shares),
        interval=cluster_interval(found.shares.values()),
        judge=judge,
        excluded=found.excluded,
        bounds=bounds_of(found.pooled, found.excluded, bad=bad),
        unreviewed=unreviewed,
        correction=corrected(name, found, judge=judge, correct=correct),
        shares=found.shares,
    )


def corrected(
    name: str, found: Tallied, *, judge: str, correct: Correct | None
) -> Corrected | NoCorrection:
    """What a rate would be without the judge's errors, or why nobody can tell."""
    if correct is None:
        return UNLABELLED
    if not found.hits:
        return NOTHING_COUNTED
    return correct(Counted(name, judge, found.shares, found.hits, found.rules)) or UNLABELLED


def bounds_of(share: Share, excluded: Mapping[str, int], *, bad: bool) -> Bounds | None:
    """The range that the open dialogues leave, where they are too many to ignore."""
    open_ = sum(excluded.get(why, 0) for why in OPEN)
    hits, total = int(share.hits), int(share.trials) + open_
    if not total or open_ / total <= OPEN_SHARE:
        return None
    best, worst = (hits, hits + open_) if bad else (hits + open_, hits)
    return Bounds(best, worst, total)


def one_mode(rows: Iterable[Row]) -> None:
    """Raises `ValueError` for rows of several modes, which no rate may pool."""
    modes = sorted({row.mode for row in rows})
    if len(modes) > 1:
        raise ValueError(
            f"rows of the modes {', '.join(modes)} cannot be pooled: they answer different "
            "questions; take one mode at a time (`report.tables` does)"
        )
