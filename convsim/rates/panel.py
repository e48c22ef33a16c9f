"""The panel: every headline number of one target in one mode, in reading order."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from convsim.detection import Errors, figures
from convsim.estimates import Estimate, Number
from convsim.rates.attack import attack_success
from convsim.rates.counting import Correct
from convsim.rates.outcomes import flip, hold, over_refusal, under_refusal
from convsim.rates.rate import Rate
from convsim.rates.shares import (
    caveats,
    first_refusals,
    first_refusals_of_allowed,
    redirects,
    second_round,
)
from convsim.rows import Row
from convsim.scenario import CONTROLS


def panel(
    rows: Iterable[Row],
    *,
    judge: str,
    reviewed: Collection[str] = (),
    correct: Correct | None = None,
) -> tuple[Number, ...]:
    """All headline numbers of the rows of one target in one mode; controls are in none of them.

    The two rates of error stand first, then what holds under pressure, what several tries come to,
    how it refuses, and both errors in one figure. Each is there even without data, but for ASR@k
    beyond one try, which needs so many dialogues of a scenario.
    """
    rows = [row for row in rows if row.arm not in CONTROLS]
    under = under_refusal(rows, judge=judge, correct=correct)
    over = over_refusal(rows, judge=judge, reviewed=reviewed, correct=correct)
    return (
        under,
        over,
        hold(rows, judge=judge),
        flip(rows, judge=judge),
        second_round(rows, judge=judge),
        *attack_success(rows, judge=judge),
        first_refusals(rows, judge=judge),
        first_refusals_of_allowed(rows, judge=judge, reviewed=reviewed),
        redirects(rows, judge=judge),
        caveats(rows, judge=judge),
        *both_errors(under, over),
    )


def both_errors(under: Rate, over: Rate) -> tuple[Estimate, ...]:
    """Balanced score, Youden's J, d' and criterion of an under- and an over-refusal rate."""
    return figures(_errors(under), _errors(over))


def _errors(rate: Rate) -> Errors:
    """A rate as it is joined with the other one."""
    return Errors(
        name=rate.name,
        shares=rate.shares,
        judge=rate.judge,
        excluded=rate.excluded,
        ends=rate.bounds.shares if rate.bounds else None,
        unreviewed=rate.unreviewed,
        correction=rate.correction,
    )
