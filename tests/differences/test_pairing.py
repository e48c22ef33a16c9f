"""Pairs of scenarios: what is paired, how scenarios count, where the difference lies."""

from __future__ import annotations

import pytest

from convsim.differences.measured import UNDER, Observed, metrics
from convsim.differences.pairing import MANY, SIGNED, Pair, contrasted, interval, paired
from convsim.rows import Row
from convsim.stats import PAIRED_T, Interval, NoInterval, Share, clopper_pearson
from tests.differences.sides import many, rows

METRICS = {one.name: one for one in metrics()}


def seen(found: list[Row], metric: str = UNDER) -> list[Observed]:
    return list(METRICS[metric].observe(found))


def pairs(before: dict[str, str], after: dict[str, str]) -> list[Pair]:
    return paired(seen(rows(before)), seen(rows(after)))


def test_scenarios_that_one_side_tells_nothing_of_are_no_pair() -> None:
    found = pairs({"a": "x.", "b": "e", "c": "."}, {"a": "xx", "b": "."})
    assert [(one.scenario, one.difference) for one in found] == [("a", 0.5)]


def test_arms_of_a_scenario_count_alike_however_many_dialogues_they_have() -> None:
    before = [*rows({"a": "...."}), *rows({"a": "x"}, "forged")]
    after = [*rows({"a": "...."}), *rows({"a": "."}, "forged")]
    (one,) = paired(seen(before), seen(after))
    assert (one.before.share, one.after.share) == (0.5, 0.0)
    assert one.before.counts == Share(1, 5)


def test_an_arm_or_a_path_that_only_one_side_has_is_left_out() -> None:
    before = [*rows({"a": ".."}), *rows({"a": "xx"}, path="p1")]
    after = [*rows({"a": "x."}), *rows({"a": "xx"}, "forged")]
    (one,) = paired(seen(before), seen(after))
    assert (one.before.share, one.after.share) == (0.0, 0.5)


def test_each_of_many_scenarios_counts_alike() -> None:
    before = many("....", MANY)
    after = {**before, "rule0.s00": "x"}
    found = contrasted(pairs(before, after))
    assert found.value == pytest.approx(1 / MANY)
    assert not found.of_these


def test_few_scenarios_count_by_what_their_repeats_tell() -> None:
    """By the harmonic mean of the repeats on either side, as the p-value weighs them."""
    found = contrasted(pairs({"a": "........", "b": "."}, {"a": "xxxxxxxx", "b": "."}))
    assert found.of_these
    assert found.value == pytest.approx(4 / 4.5)


def test_differences_of_many_scenarios_have_a_t_interval() -> None:
    before = many("..", MANY)
    after = {**before, **dict.fromkeys(list(before)[:8], "x.")}
    found = interval(pairs(before, after))
    assert isinstance(found, Interval)
    assert found.method == PAIRED_T
    assert 0 < found.low < 0.25 < found.high


@pytest.mark.parametrize("letters", ["..", "xx", "x."])
def test_where_nothing_differs_the_interval_is_that_of_rises_and_of_falls(letters: str) -> None:
    """What no scenario did may be done by some: as many as an exact interval of none allows."""
    same = many(letters, 40)
    found = interval(pairs(same, same))
    most = clopper_pearson(0, 40)[1]
    assert found == Interval(-most, most, SIGNED)


def test_where_every_scenario_differs_alike_the_interval_is_not_of_no_width() -> None:
    found = interval(pairs(many("...."), many("xxxx")))
    assert isinstance(found, Interval)
    assert found.method == SIGNED
    assert found.low < 0.9 < found.high == 1.0


def test_of_these_very_scenarios_repeats_decide() -> None:
    same = many("x....", 40)
    these = interval(pairs(same, same), these=True)
    others = interval(pairs(same, same))
    assert isinstance(these, Interval)
    assert isinstance(others, Interval)
    assert these.high < others.high / 4


def test_one_repeat_of_one_scenario_tells_no_interval() -> None:
    found = contrasted(pairs({"a": "."}, {"a": "x"}))
    assert isinstance(found.interval, NoInterval)
    assert found.tested is not None
    assert found.tested.p == 1.0
