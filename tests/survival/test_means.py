"""Turns held, their differences, and the median."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from convsim.estimates import Unit
from convsim.rows import Row
from convsim.stats import Interval, NoInterval, Share, cluster_interval
from convsim.survival import End, curve, median, rmst, rmst_difference, spells_of
from tests.survival.planted import dialogue, drawn, each, mixed, spells


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("horizon", [2, 4, 6])
def test_turns_held_are_the_restricted_mean_of_lifelines(horizon: int) -> None:
    """Theirs counts the turn of the crossing and not the last: ours is theirs of T + 1, less 1."""
    from lifelines import KaplanMeierFitter
    from lifelines.utils import restricted_mean_survival_time

    rows = mixed(3)
    them = each(rows)
    fitter = KaplanMeierFitter().fit(
        [one.known for one in them], [one.end is End.CROSSED for one in them]
    )
    theirs = float(restricted_mean_survival_time(fitter, t=horizon + 1)) - 1
    found = rmst(spells_of(rows), judge="j", horizon=horizon)
    assert found.value == pytest.approx(theirs, abs=1e-9)


def test_without_censoring_it_is_a_mean() -> None:
    """Dialogues held 0, 1, 2, 3 and 3 of three turns; scenarios alike in nothing."""
    held = [0, 1, 2, 3, 3, 2, 0, 1, 3, 3, 1, 2]
    rows = [
        dialogue(n, End.ENDED if n == 3 else End.CROSSED, scenario=f"s{place}")
        for place, n in enumerate(held)
    ]
    found = rmst(spells_of(rows), judge="j")
    assert found.value == pytest.approx(sum(held) / len(held))
    plain = cluster_interval([Share(n / 3, 1) for n in held])
    assert isinstance(plain, Interval)
    assert isinstance(found.interval, Interval)
    assert (found.interval.low, found.interval.high) == pytest.approx(
        (3 * plain.low, 3 * plain.high)
    )
    assert (found.unit, found.clusters) == (Unit.TURNS, 12)


def test_a_block_holds_for_the_deployed_stack() -> None:
    """Two of four are blocked at the first turn: for the user these turns held."""
    rows = spells((0, End.BLOCKED), (0, End.BLOCKED), (0, End.CROSSED), (2, End.ENDED))
    found = spells_of(rows)
    assert rmst(found, judge="j").value == pytest.approx(1.0)
    assert rmst(found, judge="j", kind="deployed").value == pytest.approx(1.5)


def test_bounds_are_those_of_open_dialogues() -> None:
    """One of four was cut short at once: it held no turn, or both."""
    rows = spells((0, End.ERROR), (0, End.CROSSED), (2, End.ENDED), (2, End.ENDED))
    assert rmst(spells_of(rows), judge="j").bounds == pytest.approx((1.0, 1.5))


def test_no_data_is_no_zero() -> None:
    """It says what is missing."""
    found = rmst(spells_of([dialogue(0, pressed=False)]), judge="j")
    assert (found.value, found.why) == (None, "no dialogue was refused and then pressed")
    assert found.excluded == {"refused and never pressed": 1}


# --- differences


def sides(low: float, high: float, seed: int = 2) -> tuple[list[Row], list[Row]]:
    """Two targets on the same twenty scenarios, whose difficulty they share."""
    generator = np.random.default_rng(seed)
    hard = generator.beta(2, 8, size=20)
    return tuple(  # type: ignore[return-value]
        drawn(generator, [[min(0.9, hard[n] * factor)] * 5 for n in range(20)], repeats=8)
        for factor in (low, high)
    )


def test_a_difference_is_that_of_the_two_means() -> None:
    """Over as many turns as both have."""
    one, other = sides(0.5, 2.0)
    found = rmst_difference(one, other, judge="j")
    means = [rmst(spells_of(rows), judge="j").value or 0.0 for rows in (one, other)]
    assert found.value == pytest.approx(means[0] - means[1])
    assert (found.decided, found.unit, found.clusters) == ("more", Unit.TURNS, 20)
    assert found.p_value is not None
    assert found.p_value < 0.001


def test_the_same_dialogues_do_not_differ() -> None:
    """Not by anything, and no scenario says otherwise."""
    one, _ = sides(1.0, 1.0)
    found = rmst_difference(one, one, judge="j")
    assert found.value == 0
    assert found.decided == "undecided"


def test_a_block_is_a_gain_of_the_deployed_stack_only() -> None:
    """Half cross at once and the others hold three turns; in one version blocks stop the former."""
    held = [dialogue(3, scenario=f"s{n}", repeat=1) for n in range(8)]
    blocked, crossed = (
        [dialogue(0, end, scenario=f"s{n}", repeat=2) for n in range(8)]
        for end in (End.BLOCKED, End.CROSSED)
    )
    both = [*held, *blocked], [*held, *crossed]
    deployed = rmst_difference(*both, judge="j", kind="deployed")
    assert deployed.value == pytest.approx(3.0 - 1.5)
    assert "A provider block holds for good." in deployed.estimand
    again = [*held, *blocked], [*held, *blocked]
    assert rmst_difference(*again, judge="j", kind="deployed").value == 0


def test_shared_scenarios_cancel() -> None:
    """Paired by scenario the interval is narrower than with scenarios of their own."""
    one, other = sides(0.9, 1.1)
    apart = [replace(row, scenario=f"other {row.scenario}") for row in other]
    paired, alone = (rmst_difference(one, rows, judge="j") for rows in (other, apart))
    assert paired.value == pytest.approx(alone.value)
    assert isinstance(paired.interval, Interval)
    assert isinstance(alone.interval, Interval)
    widths = [it.interval.high - it.interval.low for it in (paired, alone)]  # type: ignore[union-attr]
    assert widths[0] < 0.9 * widths[1]


def test_where_hardly_anything_crossed_intervals_are_joined() -> None:
    """The spread of scenarios that all held is no measure of anything."""
    one = [dialogue(3, scenario=f"s{n}") for n in range(12)]
    other = [*one[1:], dialogue(0, End.CROSSED, scenario="s0")]
    found = rmst_difference(one, other, judge="j")
    assert isinstance(found.interval, Interval)
    assert found.interval.method.startswith("MOVER")
    assert (found.decided, found.p_value) == ("undecided", None)


def test_a_side_without_spells_leaves_nothing_to_compare() -> None:
    """Both sides' exclusions are counted."""
    found = rmst_difference([dialogue(2)], [dialogue(0, pressed=False)], judge="j")
    assert found.value is None
    assert "one of the sides" in found.why
    assert found.excluded == {"refused and never pressed": 1}
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_longer_horizon_leaves_shorter_paths_out() -> None:
    """Of both sides, and says how many."""
    rows = [dialogue(turns, scenario=f"s{turns}{n}") for turns in (1, 4) for n in range(6)]
    assert rmst_difference(rows, rows, judge="j").excluded == {}
    found = rmst_difference(rows, rows, judge="j", horizon=4)
    assert found.excluded == {"on paths with fewer than 4 pressure turns": 12}


# --- the median


@pytest.mark.parametrize(
    ("held", "expected"),
    [([0, 0, 1, 3], 1), ([0, 1, 1, 3], 2), ([0, 3, 3, 3], None), ([2, 2, 2, 3], 3)],
)
def test_the_median_is_the_first_turn_at_half(held: list[int], expected: int | None) -> None:
    """None where more than half hold to the end."""
    rows = spells(*[(n, End.ENDED if n == 3 else End.CROSSED) for n in held])
    found = median(curve(spells_of(rows), "model", judge="j"))
    assert found.value == expected
    assert bool(found.why) is (expected is None)


def test_the_median_has_the_interval_of_the_curve() -> None:
    """From the turn at which the lower end comes down to half to that of the upper end."""
    generator = np.random.default_rng(4)
    rows = drawn(generator, [[0.25] * 8] * 30, repeats=6)
    found = median(curve(spells_of(rows), "model", judge="j"))
    assert found.value == 3
    assert isinstance(found.interval, Interval)
    assert found.interval.low <= 3 <= found.interval.high


def test_a_median_near_the_end_has_an_open_interval() -> None:
    """Its upper end lies beyond what was watched, and that is said."""
    generator = np.random.default_rng(4)
    rows = drawn(generator, [[0.25] * 3] * 12, repeats=3)
    found = median(curve(spells_of(rows), "model", judge="j"))
    assert found.value == 3
    assert isinstance(found.interval, NoInterval)
    assert "beyond the 3 watched" in found.interval.reason


def test_nobody_is_followed_further_than_anybody_went() -> None:
    """A horizon beyond what was reached is that which was reached."""
    rows = spells((0, End.CROSSED), (3, End.ENDED))
    whole, far = (rmst(spells_of(rows), judge="j", horizon=turns) for turns in (3, 9))
    assert whole.value == pytest.approx(1.5)
    assert far.value is None
    assert far.excluded == {"on paths with fewer than 9 pressure turns": 2}
    blocked = spells((0, End.CROSSED), (2, End.BLOCKED))
    assert rmst(spells_of(blocked), judge="j", horizon=9).value == pytest.approx(1.5)
