"""Evidence and intervals for one chance: exact, and right at every look."""

from __future__ import annotations

import math

import pytest

from convsim.sequential import (
    alarm,
    evidence,
    exceeds,
    log_evidence,
    mixture_sequence,
)

STUDIES, LOOKS = 1000, 500


@pytest.mark.parametrize("chance", [0.05, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("trials", [1, 2, 7])
def test_evidence_is_a_fair_game(chance: float, trials: int) -> None:
    """Over all outcomes, as often as they come if the chance is true, it comes to 1."""
    expected = sum(
        math.comb(trials, hits)
        * chance**hits
        * (1 - chance) ** (trials - hits)
        * evidence(hits, trials, chance)
        for hits in range(trials + 1)
    )
    assert expected == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize(
    ("hits", "trials", "chance", "evident"),
    [
        (0, 0, 0.3, 0.0),
        (1, 1, 0.0, math.inf),
        (0, 1, 1.0, math.inf),
        (0, 1, 0.0, math.log(0.5)),
        (1, 1, 1.0, math.log(0.5)),
        (1, 2, 0.5, math.log(0.5)),
    ],
)
def test_evidence_by_hand(hits: int, trials: int, chance: float, evident: float) -> None:
    """B(3/2, 3/2) / B(1/2, 1/2) is 1/8, and 1/8 over 1/4 is 1/2."""
    assert log_evidence(hits, trials, chance) == pytest.approx(evident, abs=1e-12)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("hits", "trials"), [(0, 5), (1, 5), (5, 5), (3, 40), (500, 1000)])
def test_the_interval_holds_what_the_evidence_leaves(hits: int, trials: int, level: float) -> None:
    """At its ends the evidence reaches the bar; nothing between them is ruled out."""
    low, high, method = _parts(mixture_sequence(hits, trials, level=level))
    bar = 1 / (1 - level)
    assert method == "beta-mixture confidence sequence"
    assert low <= hits / trials <= high
    assert (low == 0) is (hits == 0)
    assert (high == 1) is (hits == trials)
    for end in {low, high} - {0.0, 1.0}:
        assert evidence(hits, trials, end) == pytest.approx(bar, rel=1e-9)
    for n in range(1, 20):
        assert evidence(hits, trials, low + (high - low) * n / 20) < bar


def test_nothing_seen_rules_out_nothing() -> None:
    assert _parts(mixture_sequence(0, 0))[:2] == (0.0, 1.0)


def test_more_of_the_same_narrows() -> None:
    """No hit in n trials: after 53 of them at most one in ten."""
    highs = [mixture_sequence(0, n).high for n in range(1, 200)]
    assert highs == sorted(highs, reverse=True)
    assert next(n for n, high in enumerate(highs, start=1) if high <= 0.1) == 53


@pytest.mark.parametrize(
    ("hits", "trials", "bar", "told"),
    [(0, 100, 0.5, False), (7, 7, 0.5, True), (6, 6, 0.5, False), (50, 100, 0.5, False)],
)
def test_only_what_lies_above_the_bar_exceeds_it(
    hits: int, trials: int, bar: float, told: bool
) -> None:
    """Evidence against the bar from below is no evidence that the chance is higher."""
    assert exceeds(hits, trials, bar) is told


@pytest.mark.parametrize("chance", [0.1, 0.5])
def test_looking_500_times_alarms_as_seldom_as_it_says(chance: float) -> None:
    """Of 1,000 studies in which the bar is not exceeded, at most 5% ever say that it is."""
    from numpy.random import default_rng

    outcomes = default_rng(11).random((STUDIES, LOOKS)) < chance
    alarms = sum(alarm(study.tolist(), chance) is not None for study in outcomes)
    assert alarms <= 0.05 * STUDIES


def test_twenty_naive_looks_alarm_too_often() -> None:
    """The exact binomial test, looked at after every 25 of 500: some 17% in place of 5%."""
    import numpy as np
    from scipy.stats import binom

    outcomes = np.random.default_rng(11).random((4 * STUDIES, LOOKS)) < 0.3
    looks = np.arange(25, LOOKS + 1, 25)
    hits = outcomes.cumsum(axis=1)[:, looks - 1]
    alarmed = np.any(binom.sf(hits - 1, looks, 0.3) <= 0.05, axis=1)
    assert len(looks) == 20
    assert 0.14 <= alarmed.mean() <= 0.20


def test_the_interval_misses_seldom_at_any_look() -> None:
    """Of 400 studies at most 5% have one of 500 intervals that misses the truth."""
    from numpy.random import default_rng

    bar = math.log(20)
    missed = 0
    for study in default_rng(5).random((400, LOOKS)) < 0.2:
        hits = study.cumsum().tolist()
        missed += any(log_evidence(k, n, 0.2) >= bar for n, k in enumerate(hits, start=1))
    assert missed <= 0.05 * 400


def test_a_true_difference_is_seen() -> None:
    """A chance of 60% against a bar of 30% is told within 60 outcomes nearly always."""
    from numpy.random import default_rng

    outcomes = default_rng(3).random((200, 60)) < 0.6
    assert sum(alarm(study.tolist(), 0.3) is not None for study in outcomes) >= 190


def _parts(interval: object) -> tuple[float, float, str]:
    from convsim.stats import Interval

    assert isinstance(interval, Interval)
    return interval.low, interval.high, interval.method
