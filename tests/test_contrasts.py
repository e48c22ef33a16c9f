"""Intervals for contrasts: which clusters, textbook cases, and nothing of zero width."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from convsim.contrasts import (
    BY_REPEAT,
    BY_SCENARIO,
    MANY,
    Cluster,
    Member,
    Side,
    are_scenarios,
    clusters_of,
    contrast,
    seen_variance,
)
from convsim.stats import Interval, NoInterval, t_quantile


def side(
    values: Sequence[float], *, scenarios: int = 1, factor: float = 1.0, low: float = 0.0
) -> Side:
    """One value for each repeat, dealt out to the scenarios in turn."""
    members = [Member(f"s{n % scenarios}", n // scenarios, value) for n, value in enumerate(values)]
    return Side(members, factor, low)


def drawn(scenarios: int, repeats: int) -> list[tuple[str, int]]:
    return [(f"s{n}", repeat) for n in range(scenarios) for repeat in range(repeats)]


# --- clusters


@pytest.mark.parametrize(
    ("scenarios", "repeats", "by_scenario"),
    [(1, 50, False), (2, 50, False), (MANY - 1, 5, False), (MANY, 5, True), (30, 1, True)],
)
def test_few_scenarios_are_taken_as_they_are(
    scenarios: int, repeats: int, by_scenario: bool
) -> None:
    """From eight on they stand for others."""
    assert are_scenarios(clusters_of(drawn(scenarios, repeats))) is by_scenario


def test_the_repeats_of_each_of_few_scenarios_are_a_stratum() -> None:
    """Those of a scenario with one repeat share a stratum, as such strata do in surveys."""
    assert clusters_of([("a", 1), ("a", 2), ("b", 1), ("c", 1)]) == {
        ("a", 1): Cluster("a", "a/1"),
        ("a", 2): Cluster("a", "a/2"),
        ("b", 1): Cluster("", "b/1"),
        ("c", 1): Cluster("", "c/1"),
    }


def test_few_scenarios_with_one_repeat_each_can_only_be_compared_with_each_other() -> None:
    """There is nothing else to see a spread by."""
    assert are_scenarios(clusters_of([("a", 1), ("b", 1), ("c", 1)]))


# --- intervals


def ends(found: Interval | NoInterval) -> tuple[float, float]:
    assert isinstance(found, Interval)
    return found.low, found.high


def test_a_difference_of_independent_shares_is_agresti_and_caffos() -> None:
    """15/20 against 5/25 in one dialogue a repeat: 16/22 - 6/27, with their plain variances.

    Only the factor n / (n - 1) for the clusters seen, and t for z, are ours.
    """
    one = side([1.0] * 15 + [0.0] * 5)
    members = [
        member._replace(repeat=member.repeat + 20)
        for member in side([1.0] * 5 + [0.0] * 20).members
    ]
    other = Side(members, -1.0)
    clusters = clusters_of(("s0", n) for n in range(45))
    low, high = ends(contrast([one, other], clusters, value=0.75 - 0.2))
    p, q = 16 / 22, 6 / 27
    half = 1.959964 * math.sqrt(p * (1 - p) / 22 + q * (1 - q) / 27)
    assert (low, high) == pytest.approx((p - q - half, p - q + half), abs=0.015)


def test_a_paired_difference_is_bonett_and_prices() -> None:
    """Of 100 pairs 20 more and 8 fewer: (20 - 8) / 102, and 21 and 9 discordant ones of 102."""
    one = side([1.0] * 20 + [-1.0] * 8 + [0.0] * 72, low=-1.0)
    clusters = clusters_of(("s0", n) for n in range(100))
    low, high = ends(contrast([one], clusters, value=0.12))
    more, fewer, n = 21 / 102, 9 / 102, 102
    half = 1.959964 * math.sqrt((more + fewer - (more - fewer) ** 2) / n)
    assert (low, high) == pytest.approx((12 / n - half, 12 / n + half), abs=0.003)


def test_scenarios_of_equal_size_give_the_t_interval_of_their_means() -> None:
    """Beside the two members more, which matter little here."""
    means = [0.3, 0.4, 0.4, 0.5, 0.5, 0.5, 0.6, 0.6, 0.7, 0.7]
    values = [
        (f"s{n}", repeat, float(repeat < 100 * mean))
        for n, mean in enumerate(means)
        for repeat in range(100)
    ]
    one = Side([Member(*value) for value in values])
    clusters = clusters_of((scenario, repeat) for scenario, repeat, _ in values)
    found = contrast([one], clusters, value=0.52)
    spread = math.sqrt(sum((mean - 0.52) ** 2 for mean in means) / 9 / 10)
    assert isinstance(found, Interval)
    assert found.method == BY_SCENARIO
    assert ends(found) == pytest.approx(
        (0.52 - t_quantile(9) * spread, 0.52 + t_quantile(9) * spread), abs=0.01
    )


def test_what_both_sides_share_cancels() -> None:
    """Every repeat moves both shares alike: the difference is known much better than either."""
    values = [float(n % 2) for n in range(40)]
    clusters = clusters_of(("s0", n) for n in range(40))
    both = [side(values), side(values, factor=-1.0)]
    assert seen_variance(both, clusters) == pytest.approx(0)
    assert seen_variance(both[:1], clusters) == pytest.approx(0.25 / 39)


def test_what_differs_between_few_scenarios_is_no_error() -> None:
    """One scenario always, one never: of these two, nothing is left to chance."""
    members = [Member(name, n, float(name == "a")) for name in "ab" for n in range(20)]
    clusters = clusters_of((one.scenario, one.repeat) for one in members)
    assert seen_variance([Side(members)], clusters) == pytest.approx(0)
    found = contrast([Side(members)], clusters, value=0.5)
    assert isinstance(found, Interval)
    assert found.method == BY_REPEAT
    assert 0.05 < found.high - found.low < 0.3


def test_what_cancels_in_every_repeat_is_no_proof_either() -> None:
    """Each repeat has one hit and one miss; that is a half, but not exactly so."""
    members = [Member("s0", n // 2, float(n % 2)) for n in range(40)]
    clusters = clusters_of((one.scenario, one.repeat) for one in members)
    assert seen_variance([Side(members)], clusters) == pytest.approx(0)
    found = contrast([Side(members)], clusters, value=0.5)
    assert isinstance(found, Interval)
    assert 0.05 < found.high - found.low < 0.6


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize(("scenarios", "repeats"), [(2, 5), (2, 50), (10, 10), (30, 5)])
def test_no_interval_has_zero_width(value: float, scenarios: int, repeats: int) -> None:
    """All alike is no proof; the value lies within, and the more clusters, the narrower."""
    places = drawn(scenarios, repeats)
    one = Side([Member(scenario, repeat, value) for scenario, repeat in places])
    low, high = ends(contrast([one], clusters_of(places), value=value))
    assert low <= value <= high
    assert 1 / len(places) < high - low


def test_one_cluster_tells_no_spread() -> None:
    """Neither does one scenario that has all members of a side."""
    one = side([1.0])
    assert contrast([one], clusters_of([("s0", 0)]), value=1.0) == NoInterval(
        "only one repeat of each scenario tells: nothing shows how others differ"
    )
    clusters = clusters_of(drawn(MANY, 2))
    assert contrast([one], clusters, value=1.0) == NoInterval(
        "only one scenario tells: nothing shows how others differ"
    )
