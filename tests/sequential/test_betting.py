"""The interval of a bounded mean: short where values vary little, and right at every look."""

from __future__ import annotations

import pytest

from convsim.sequential import betting_sequence, mixture_sequence


@pytest.mark.parametrize("values", [[0.0], [1.0, 0.0], [0.2, 0.4, 0.3, 0.25], [0.5] * 30])
def test_the_interval_is_about_the_mean(values: list[float]) -> None:
    interval = betting_sequence(values)
    assert 0 <= interval.low <= sum(values) / len(values) <= interval.high <= 1
    assert interval.method == "hedged-betting confidence sequence"


def test_the_two_sides_mirror_each_other() -> None:
    """What is said of failures is said of the rest, turned round."""
    values = [0.1, 0.5, 0.2, 0.0, 0.3] * 8
    one, other = betting_sequence(values), betting_sequence([1 - value for value in values])
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low), abs=1e-9)


def test_values_that_vary_little_are_known_soon() -> None:
    """Sixty thirds: known better than sixty outcomes of which a third are hits."""
    steady = betting_sequence([1 / 3] * 60)
    hit_or_miss = mixture_sequence(20, 60)
    assert steady.high - steady.low < (hit_or_miss.high - hit_or_miss.low) / 2


def test_a_value_out_of_bounds_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"1\.5 is not between 0 and 1"):
        betting_sequence([0.5, 1.5])


@pytest.mark.parametrize("kind", ["spread", "skewed"])
def test_it_misses_seldom_at_any_look(kind: str) -> None:
    """Of 200 studies at most 5% have one of 100 intervals, after 5 values each, that misses."""
    from numpy.random import default_rng

    chance = default_rng(7)
    shape = (200, 500)
    drawn = chance.random(shape) if kind == "spread" else chance.beta(0.3, 2.7, shape)
    truth = 0.5 if kind == "spread" else 0.1
    assert sum(_misses(study, truth) for study in drawn.tolist()) <= 10


def _misses(values: list[float], truth: float) -> bool:
    """Whether the interval ever leaves the truth out; the bets follow from earlier values."""
    from convsim.sequential.betting import _bets, _won

    bets = list(_bets(values, 0.95))
    turned = [1 - value for value in values]
    bar = 3.688879454113936  # the logarithm of 40: each of two gamblers has half the money
    return any(
        _won(values[:n], bets[:n], truth) >= bar or _won(turned[:n], bets[:n], 1 - truth) >= bar
        for n in range(5, len(values) + 1, 5)
    )
