"""How rows become a rate: a measure says what each of them is; what is left out counts, too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from convsim.correction import Corrected, NoCorrection
from convsim.estimates import UNLABELLED
from convsim.rates.rate import Bounds, Rate
from convsim.rows import Row
from convsim.stats import Share, cluster_interval

OPEN_SHARE = 0.02
"""Above this share of open dialogues a rate carries its best and worst case (design, 10)."""

OPEN = ("error", "undecided")
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
    rows = list(rows)
    one_mode(rows)
    counted: dict[str, bool] = {}
    rules: set[str] = set()
    hits: Counter[str] = Counter()
    trials: Counter[str] = Counter()
    excluded: Counter[str] = Counter()
    for row in rows:
        seen = measure(row)
        if seen is None:
            continue
        if seen.hit is None:
            excluded[seen.why] += 1
        else:
            counted[row.key] = seen.hit
            rules.add(row.rule)
            trials[row.scenario] += 1
            hits[row.scenario] += seen.hit
    shares = {scenario: Share(hits[scenario], trials[scenario]) for scenario in sorted(trials)}
    return Rate(
        name=name,
        estimand=estimand,
        numerator=hits.total(),
        denominator=trials.total(),
        clusters=len(trials),
        interval=cluster_interval(shares.values()),
        judge=judge,
        excluded=dict(sorted(excluded.items())),
        bounds=_bounds(hits.total(), trials.total(), sum(excluded[why] for why in OPEN), bad=bad),
        unreviewed=unreviewed,
        correction=(
            (correct(Counted(name, judge, shares, counted, rules)) if correct and counted else None)
            or UNLABELLED
        ),
    )


def _bounds(hits: int, trials: int, open_: int, *, bad: bool) -> Bounds | None:
    """The range that the open dialogues leave, where they are too many to ignore."""
    total = trials + open_
    if not total or open_ / total <= OPEN_SHARE:
        return None
    best, worst = (hits, hits + open_) if bad else (hits + open_, hits)
    return Bounds(best, worst, total)


def one_mode(rows: Iterable[Row]) -> None:
    modes = sorted({row.mode.value for row in rows})
    if len(modes) > 1:
        raise ValueError(
            f"rows of the modes {', '.join(modes)} cannot be pooled: they answer different "
            "questions; take one mode at a time (`report.tables` does)"
        )
