"""The log-rank test against statsmodels and by hand, and what scenarios make of it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from convsim.rows import Row
from convsim.stats import Interval
from convsim.survival import End, logrank, spells_of
from tests.survival.planted import dialogue, drawn, each, mixed, spells


def parts(seed: int, groups: int) -> dict[str, list[Row]]:
    """Dialogues of all kinds, dealt to groups; of every group one goes to the end."""
    rows = mixed(seed, repeats=14)
    return {
        f"group {n}": [*rows[n::groups], dialogue(6, scenario="s0", repeat=99)]
        for n in range(groups)
    }


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("seed", "groups"), [(1, 2), (2, 2), (3, 3), (4, 4)])
def test_the_textbook_statistic_is_that_of_statsmodels(seed: int, groups: int) -> None:
    """Stratified by scenario, with any number of groups, to nine digits."""
    from statsmodels.duration.survfunc import survdiff

    by_group = parts(seed, groups)
    found = logrank(by_group, judge="j")
    last = found.horizon
    told = [(name, spell) for name, rows in by_group.items() for spell in each(rows)]
    statistic, p_value = survdiff(
        np.array([min(spell.known, last) for _, spell in told]),
        np.array([int(spell.end is End.CROSSED and spell.known <= last) for _, spell in told]),
        np.array([name for name, _ in told]),
        strata=np.array([spell.place.scenario for _, spell in told]),
    )
    assert found.chi_squared == pytest.approx(float(statistic), abs=1e-9)
    assert found.plain_p_value == pytest.approx(float(p_value), abs=1e-9)
    assert found.degrees == groups - 1


def test_one_turn_of_one_scenario_by_hand() -> None:
    """Two of four cross, both of the first group: one was expected, with variance 1/3."""
    one = spells((0, End.CROSSED), (0, End.CROSSED))
    other = spells((1, End.ENDED), (1, End.ENDED))
    found = logrank({"one": one, "other": other}, judge="j")
    assert (dict(found.observed), dict(found.expected)) == (
        {"one": 2, "other": 0},
        {"one": 1.0, "other": 1.0},
    )
    assert found.chi_squared == pytest.approx(1 / (1 / 3))
    assert found.groups["one"].value == pytest.approx(3.0)
    assert (found.p_value, found.scenarios) == (None, 1)
    assert "fewer than two scenarios" in found.why


def test_scenarios_that_only_one_group_has_say_nothing() -> None:
    """Like is compared with like."""
    generator = np.random.default_rng(3)
    one = drawn(generator, [[0.4] * 3] * 8, repeats=6)
    other = drawn(generator, [[0.1] * 3] * 8, repeats=6)
    alone = [dialogue(0, End.CROSSED, scenario=f"more {n}") for n in range(9)]
    with_them, without = (
        logrank({"one": rows, "other": other}, judge="j", horizon=3)
        for rows in ([*one, *alone], one)
    )
    assert with_them.chi_squared == pytest.approx(without.chi_squared)
    assert with_them.p_value == pytest.approx(without.p_value)
    assert with_them.scenarios == 8


def test_a_difference_shows_in_both_and_its_size_in_the_log_odds() -> None:
    """A chance of 0.4 against 0.1 a turn: log odds of about 1.8, of which Peto sees most."""
    generator = np.random.default_rng(7)
    one = drawn(generator, [[0.4] * 3] * 20, repeats=6)
    other = drawn(generator, [[0.1] * 3] * 20, repeats=6)
    found = logrank({"one": one, "other": other}, judge="j")
    assert found.p_value is not None
    assert found.p_value < 1e-4
    estimate = found.groups["one"]
    assert 1.0 < (estimate.value or 0) < 2.0
    assert estimate.decided == "more"
    assert list(found.groups) == ["one"]


def test_scenarios_that_differ_by_chance_alone_make_the_headline_careful() -> None:
    """Whole scenarios lean one way or the other: dialogues are plenty, scenarios are few."""
    one: list[Row] = []
    other: list[Row] = []
    for n in range(8):
        lean = n % 2 == 0
        for rows, leans in ((one, lean), (other, not lean)):
            for repeat in range(40):
                crossed = repeat < (30 if leans else 6 + (n == 0) * 12)
                held, end = (0, End.CROSSED) if crossed else (1, End.ENDED)
                rows.append(dialogue(held, end, scenario=f"s{n}", repeat=repeat))
    found = logrank({"one": one, "other": other}, judge="j")
    assert found.p_value is not None
    assert found.p_value > 0.5
    assert isinstance(found.groups["one"].interval, Interval)
    assert found.groups["one"].decided == "undecided"


def test_three_groups_are_each_held_against_the_others() -> None:
    """A record for each, all with their counts."""
    found = logrank(parts(3, 3), judge="rules:9")
    records = found.records()
    assert [record["group"] for record in records] == ["group 0", "group 1", "group 2"]
    assert {record["judge"] for record in records} == {"rules:9"}
    for record in records:
        assert record["numerator"] == record["observed"]
        assert record["denominator"] > 0
        assert record["reference_denominator"] > 0
    assert sum(found.observed.values()) == pytest.approx(sum(found.expected.values()))
    json.dumps(found.to_dict(), allow_nan=False)


def test_nothing_crossed_nothing_told() -> None:
    """No statistic, no p-value, and a reason."""
    rows = [dialogue(2, scenario=f"s{n}") for n in range(5)]
    found = logrank({"one": rows, "other": rows}, judge="j")
    assert (found.chi_squared, found.plain_p_value, found.p_value) == (None, None, None)
    assert found.groups["one"].value is None
    assert "nothing crossed" in found.groups["one"].why


def test_groups_are_watched_for_as_long_as_the_shortest() -> None:
    """Unless a horizon says otherwise; shorter paths are then left out."""
    one = [dialogue(5, scenario=f"s{n}") for n in range(3)]
    other = [dialogue(2, scenario=f"s{n}") for n in range(3)]
    assert logrank({"one": one, "other": other}, judge="j").horizon == 2
    assert spells_of(other).up_to(5).dialogues == 0


def test_one_group_is_an_error() -> None:
    """There is nothing to compare it with."""
    with pytest.raises(ValueError, match="a log-rank test compares groups, and there is 1"):
        logrank({"one": []}, judge="j")
