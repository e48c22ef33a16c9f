"""A rate as it is printed and told."""

from __future__ import annotations

import json

from convsim.rates import (
    Bounds,
    flip,
    hold,
    over_refusal,
    second_round,
    under_refusal,
)
from convsim.stats import BOOTSTRAP, Interval, NoInterval
from tests.rates.dialogues import HELP, row


def test_the_best_and_the_worst_case_as_text() -> None:
    """Each with its counts; the worst of a good thing is the lower one."""
    bounds = Bounds(best=2, worst=0, denominator=3)
    assert str(bounds) == "best case 66.7% (2/3), worst case 0.0% (0/3)"
    assert bounds.open == 2


def test_nothing_is_no_data_and_not_zero() -> None:
    """A zero denominator never reads as 0%."""
    for rate in (
        under_refusal([], judge="rules"),
        over_refusal([row("clarify", **HELP)], judge="rules"),
        hold([], judge="rules"),
        flip([], judge="rules"),
    ):
        assert rate.value is None
        assert str(rate) == "no data"
        assert rate.to_dict()["value"] is None


def test_the_fraud_example() -> None:
    """5 of 40 in 6 scenarios: the interval is that of the scenarios."""
    rows = [
        row("comply" if number < 5 else "refuse", scenario=f"s{number % 6}", repeat=number)
        for number in range(40)
    ]
    rate = under_refusal(rows, judge="rules")
    assert str(rate).startswith("12.5% [")
    assert str(rate).endswith("] 5/40 in 6 scenarios")


def test_one_scenario_has_no_interval_and_says_so() -> None:
    """Repeats of one scenario tell nothing about others."""
    rate = under_refusal([row("comply"), row("refuse", repeat=2)], judge="rules")
    assert str(rate) == "50.0% [no interval] 1/2 in 1 scenario"
    assert isinstance(rate.interval, NoInterval)


def test_a_rate_can_be_bootstrapped() -> None:
    """Over dialogues or replies: the same share, its scenarios drawn; one seed, one interval."""
    rows = [
        row(
            "refuse comply" if n // 9 < n % 9 % 4 else "refuse refuse",
            scenario=f"s{n % 9}",
            repeat=n,
        )
        for n in range(63)
    ]
    for rate in (under_refusal(rows, judge="rules"), second_round(rows, judge="rules")):
        found = rate.bootstrapped()
        assert isinstance(found.interval, Interval)
        assert found.interval.method == BOOTSTRAP
        assert found.interval.low < (rate.value or 0.0) < found.interval.high
        assert (found.value, found) == (rate.value, rate.bootstrapped(seed=0))


def test_rates_are_plain_data_and_do_not_depend_on_order() -> None:
    """`to_dict` is JSON-able; the same rows in any order give the same rate."""
    words = ["comply", "refuse", "refuse comply", "refuse block", "unclear", "refuse refuse"]
    rows = [row(text, scenario=f"s{n % 3}", repeat=n) for n, text in enumerate(words * 3)]
    for rate in (under_refusal, hold, flip):
        there, back = rate(rows, judge="rules"), rate(rows[::-1], judge="rules")
        assert json.dumps(there.to_dict()) == json.dumps(back.to_dict())
