"""How large a rise a comparison of two runs reports."""

from __future__ import annotations

from itertools import pairwise

import pytest

from convsim.planning import p_of_change, reporting
from convsim.power import Reporting, least_rise, mcnemar_power, rise_power
from convsim.power.rises import LARGE, STUDIES

HEADLINE = reporting()
USUAL = Reporting(p_of_change, 0.05)
KNOWN = {"rate": 0.1, "icc": 0.3}


def test_the_smallest_rise_is_seen_as_often_as_was_asked() -> None:
    """With a chance of 80%, and a smaller one is seen less often."""
    least = least_rise(20, 5, HEADLINE, **KNOWN)
    assert least is not None
    chances = [rise_power(20, 5, part * least, HEADLINE, **KNOWN) for part in (0.5, 0.9, 1, 1.2)]
    assert chances == sorted(chances)
    assert chances[1] < 0.8 <= chances[2] < 0.87


@pytest.mark.parametrize(("before", "after"), [(0.02, 0.1), (0.02, 0.25)])
def test_single_dialogues_that_resemble_nothing_are_pairs(before: float, after: float) -> None:
    """Then the test is McNemar's, whose power is known."""
    worse, better = after * (1 - before), before * (1 - after)
    known = mcnemar_power(100, worse, better)
    found = rise_power(100, 1, after - before, USUAL, rate=before, icc=0.0)
    assert found == pytest.approx(known, abs=3 * (known * (1 - known) / 300) ** 0.5)


@pytest.mark.parametrize(("scenarios", "dialogues"), [(3, 1), (8, 1), (9, 1), (1, 3)])
def test_what_no_rise_can_show(scenarios: int, dialogues: int) -> None:
    """Nine scenarios, one dialogue each: had all of them turned, that is chance enough."""
    assert least_rise(scenarios, dialogues, HEADLINE, rate=0.05, icc=0.3) is None


def test_few_scenarios_are_compared_by_their_repeats() -> None:
    """Below sixteen scenarios more repeats show what their number does not."""
    rises = [least_rise(6, n, HEADLINE, **KNOWN) or 1.0 for n in (4, 8, 16)]
    assert all(later < earlier for earlier, later in pairwise(rises))


@pytest.mark.parametrize(("rate", "rise"), [(0.3, 0.04), (0.1, 0.03)])
def test_many_scenarios_are_as_good_as_normal(rate: float, rise: float) -> None:
    """Where studies end and the formula begins nothing jumps."""
    drawn, worked_out = (
        rise_power(count, 5, rise, HEADLINE, rate=rate, icc=0.3) for count in (LARGE - 1, LARGE)
    )
    assert drawn == pytest.approx(worked_out, abs=0.08)


@pytest.mark.parametrize(
    ("scenarios", "rise", "icc", "chance"),
    [(20, 0.5, 0.0, 1.0), (20, 0.9, 1.0, 1.0), (LARGE, 0.5, 1.0, 1.0), (LARGE, 0.9, 0.0, 1.0)],
)
def test_the_ends(scenarios: int, rise: float, icc: float, chance: float) -> None:
    """Scenarios that are all alike, or each always one and the same, up to a rate of 100%."""
    assert rise_power(scenarios, 5, rise, HEADLINE, rate=0.1, icc=icc) == pytest.approx(chance)


def test_a_plan_says_the_same_twice() -> None:
    one, other = (rise_power(20, 5, 0.2, HEADLINE, **KNOWN) for _ in range(2))
    assert one == other
    assert one * STUDIES == round(one * STUDIES)
