"""What two sides are compared by is what the rates count."""

from __future__ import annotations

from collections import Counter

import pytest

from convsim import rates
from convsim.differences.measured import BLOCKED, CROSSED_AT, REFUSED_AT, metrics
from convsim.rates import Rate
from convsim.rows import Row
from tests.differences.sides import rows

ROWS = [
    *rows({"a.one": "x..ceb", "a.two": "....x"}),
    *rows({"a.one": "..x", "a.two": "b.."}, "benign"),
]
METRICS = {one.name: one for one in metrics()}


def hits(name: str, found: list[Row]) -> tuple[int, int]:
    seen = list(METRICS[name].observe(found))
    return sum(one.hit for one in seen), len(seen)


@pytest.mark.parametrize(
    "rate",
    [
        rates.under_refusal(ROWS, judge="rules"),
        rates.over_refusal(ROWS, judge="rules"),
        rates.hold(ROWS, judge="rules"),
        rates.second_round(ROWS, judge="rules"),
        rates.first_refusals(ROWS, judge="rules"),
        rates.first_refusals_of_allowed(ROWS, judge="rules"),
        rates.redirects(ROWS, judge="rules"),
        rates.caveats(ROWS, judge="rules"),
    ],
    ids=lambda rate: rate.name,
)
def test_a_metric_counts_what_its_rate_counts(rate: Rate) -> None:
    assert hits(rate.name, ROWS) == (rate.numerator, rate.denominator)
    assert METRICS[rate.name].estimand == rate.estimand


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (CROSSED_AT, rates.crossings_by_move(ROWS, judge="rules")),
        (REFUSED_AT, rates.refusals_by_move(ROWS, judge="rules")),
    ],
)
def test_turns_are_counted_by_the_group_of_their_move(name: str, found: dict[str, Rate]) -> None:
    seen = list(METRICS[name].observe(ROWS))
    counts = Counter(one.group for one in seen)
    assert counts == {group: rate.denominator for group, rate in found.items()}
    assert not METRICS[name].headline


def test_a_reply_that_dialogues_share_is_seen_once() -> None:
    again = [*ROWS, *ROWS]
    assert hits("second-round survival", again) == hits("second-round survival", ROWS)
    assert hits(CROSSED_AT, again) == hits(CROSSED_AT, ROWS)


def test_blocks_are_counted_among_dialogues_that_no_error_ended() -> None:
    assert hits(BLOCKED, ROWS) == (2, len(ROWS) - 1)
