"""How far intervals will reach: the planning table, and what shortens them."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from convsim.power import (
    best_repeats,
    design_effect,
    half_width,
    least_half_width,
    reach,
    repeats_for,
    scenarios_for,
)
from convsim.power.precision import MOST, fewest

KNOWN = {"rate": 0.3, "icc": 0.3}


@pytest.mark.parametrize(
    ("scenarios", "printed"),
    [
        (10, "32.8 (21.5) 21.7 (14.2) 19.0 (12.4)"),
        (20, "21.4 (14.0) 14.2 (9.3) 12.4 (8.1)"),
        (40, "14.7 (9.6) 9.7 (6.4) 8.5 (5.6)"),
        (80, "10.2 (6.7) 6.8 (4.4) 5.9 (3.9)"),
        (160, "7.2 (4.7) 4.7 (3.1) 4.1 (2.7)"),
    ],
)
def test_the_planning_table(scenarios: int, printed: str) -> None:
    """95% half-widths in points at an ICC of 0.3, of a rate of 30% (10%), by 1, 5, 20 repeats."""
    cells = []
    for dialogues in (1, 5, 20):
        common, rare = (
            half_width(scenarios, dialogues, rate=rate, icc=0.3) or 0.0 for rate in (0.3, 0.1)
        )
        cells.append(f"{100 * common:.1f} ({100 * rare:.1f})")
    assert " ".join(cells) == printed


@pytest.mark.parametrize(
    ("dialogues", "icc", "effect"), [(1, 0.3, 1), (5, 0.3, 2.2), (20, 0.3, 6.7), (20, 0, 1)]
)
def test_the_design_effect(dialogues: int, icc: float, effect: float) -> None:
    assert design_effect(dialogues, icc) == pytest.approx(effect)


def test_a_planned_half_width_is_what_a_study_has() -> None:
    """Of 400 studies of 40 scenarios by 5, the intervals of `stats` are on average as wide."""
    from numpy.random import default_rng

    from convsim.stats import Interval, Share, cluster_interval

    chance, planned = default_rng(4), half_width(40, 5, **KNOWN)
    spread = 1 / 0.3 - 1  # of Beta-distributed chances with an ICC of 0.3
    widths = []
    for shares in chance.beta(0.3 * spread, 0.7 * spread, (400, 40)):
        hits = chance.binomial(5, shares).tolist()
        interval = cluster_interval([Share(hit, 5) for hit in hits])
        assert isinstance(interval, Interval)
        widths.append((interval.high - interval.low) / 2)
    assert planned is not None
    assert sum(widths) / len(widths) == pytest.approx(planned, rel=0.03)


@pytest.mark.parametrize(
    ("scenarios", "dialogues", "rate", "icc"),
    [
        (10, 1, 0.3, 0.3),
        (20, 5, 0.1, 0.3),
        (10, 20, 0.9, 0.3),
        (20, 20, 0.05, 0.3),
        (40, 5, 0.02, 0.1),
    ],
)
def test_rare_events_reach_as_far_as_the_exact_interval_does(
    scenarios: int, dialogues: int, rate: float, icc: float
) -> None:
    """Where `stats` leaves the t interval, a plan by the t formula would promise too much."""
    from numpy.random import default_rng

    from convsim.stats import Interval, Share, cluster_interval

    chance, spread = default_rng(7), 1 / icc - 1
    widths = []
    for shares in chance.beta(rate * spread, (1 - rate) * spread, (150, scenarios)):
        hits = chance.binomial(dialogues, shares).tolist()
        interval = cluster_interval([Share(hit, dialogues) for hit in hits])
        assert isinstance(interval, Interval)
        widths.append((interval.high - interval.low) / 2)
    known = {"rate": rate, "icc": icc}
    assert sum(widths) / len(widths) == pytest.approx(
        reach(scenarios, dialogues, **known) or 0.0, rel=0.12
    )


@pytest.mark.parametrize("rate", [0.3, 0.1, 0.02, 0.95])
@pytest.mark.parametrize("icc", [0.0, 0.1, 0.5, 1.0])
def test_more_of_either_never_reaches_further(rate: float, icc: float) -> None:
    """A search for the fewest scenarios or repeats rests on that."""
    by_scenarios = [reach(n, 5, rate=rate, icc=icc) or 0.0 for n in range(2, 400)]
    by_repeats = [reach(20, n, rate=rate, icc=icc) or 0.0 for n in range(1, 200)]
    for widths in (by_scenarios, by_repeats):
        assert all(later <= earlier + 1e-9 for earlier, later in pairwise(widths))


def test_what_one_scenario_tells_about_others() -> None:
    """Nothing, however often it is repeated."""
    assert half_width(1, 100, **KNOWN) is None
    assert least_half_width(1, **KNOWN) is None
    assert repeats_for(0.05, 1, **KNOWN) is None


def test_repeats_help_only_so_far() -> None:
    """With ever more of them a half-width comes near its least, and never below it."""
    least = least_half_width(40, **KNOWN)
    assert least is not None
    widths = [half_width(40, 10**n, **KNOWN) or 0.0 for n in range(6)]
    assert widths == sorted(widths, reverse=True)
    assert all(width > least for width in widths)
    assert widths[-1] == pytest.approx(least, rel=1e-4)


@pytest.mark.parametrize(
    ("width", "dialogues", "scenarios"), [(0.05, 1, 326), (0.05, 5, 145), (0.1, 20, 30)]
)
def test_how_many_scenarios(width: float, dialogues: int, scenarios: int) -> None:
    """So many do, and one fewer does not."""
    assert scenarios_for(width, dialogues, **KNOWN) == scenarios
    enough = [half_width(count, dialogues, **KNOWN) for count in (scenarios - 1, scenarios)]
    assert [reached is not None and reached <= width for reached in enough] == [False, True]


@pytest.mark.parametrize(
    ("width", "scenarios", "repeats"),
    [(0.1, 40, 5), (0.09, 40, 10), (0.05, 40, None), (0.05, 1000, 1)],
)
def test_how_many_repeats(width: float, scenarios: int, repeats: int | None) -> None:
    """The fewest that do; none where the scenarios are too few for any number of them."""
    assert repeats_for(width, scenarios, **KNOWN) == repeats


def test_several_dialogues_a_repeat_need_fewer_repeats() -> None:
    assert repeats_for(0.09, 40, each=5, **KNOWN) == 2


@pytest.mark.parametrize(
    ("icc", "cost", "repeats"), [(0.3, 0, 1), (0.3, 10, 5), (0.05, 100, 44), (0, 10, MOST)]
)
def test_the_best_number_of_repeats(icc: float, cost: float, repeats: int) -> None:
    """Where scenarios cost nothing to write, one of each; where they are all alike, any number."""
    assert best_repeats(icc, cost) == repeats


def test_the_best_number_is_the_best() -> None:
    """Of all ways to spend one budget it leaves the least variance."""
    cost, icc = 50.0, 0.2

    def variance(dialogues: int) -> float:
        scenarios = 10_000 / (cost + dialogues)
        return design_effect(dialogues, icc) / (scenarios * dialogues)

    best = min(range(1, 200), key=variance)
    assert abs(best - best_repeats(icc, cost)) <= 1


@pytest.mark.parametrize("least", [1, 2, 7, 1000, MOST])
def test_the_fewest_that_are_enough(least: int) -> None:
    assert fewest(lambda n: n >= least) == least
    assert fewest(lambda n: n >= least, start=5) == max(least, 5)


def test_nothing_is_enough() -> None:
    assert fewest(lambda n: math.isinf(n)) is None
