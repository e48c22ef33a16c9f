"""A series of runs: trends and steps, each scenario held against itself."""

from __future__ import annotations

import pytest

from convsim.differences import Version
from convsim.drift import STEP, TREND, Drift, drift
from convsim.errors import InputError
from tests.differences.sides import many, rows, version

FLAT = many("x....", 20)


def series(*runs: dict[str, str], these: bool = False) -> Drift:
    versions = [version(rows(one), run=f"run{n}") for n, one in enumerate(runs, 1)]
    return drift([versions], these=these)


def flags(found: Drift) -> set[tuple[str, str, str]]:
    return {(one.metric, one.by, one.value) for one in found.changed}


def test_runs_that_came_to_the_same_show_nothing() -> None:
    assert not series(FLAT, FLAT, FLAT).changed


def test_a_steady_rise_is_a_trend_in_points_a_run() -> None:
    found = series(*(many(letters, 20) for letters in ("....", "x...", "xx..", "xxx.")))
    (one,) = found.series
    under = one.followed[0]
    assert under.trend.changed
    assert under.trend.better is False
    assert under.trend.estimate.value == pytest.approx(0.25)
    assert [rate.numerator for rate in under.rates] == [0, 20, 40, 60]


def test_a_change_at_once_is_a_step_and_says_where() -> None:
    rose = many("xxxx.", 20)
    found = series(FLAT, FLAT, rose, rose)
    steps = {flag for flag in flags(found) if flag[1] == STEP and flag[0] == "under-refusal"}
    assert steps == {("under-refusal", STEP, "run2 -> run3")}


def test_scenarios_that_differ_are_no_drift() -> None:
    """Hard scenarios are hard in every run."""
    mixed = {**many(".....", 20), **dict.fromkeys(list(FLAT)[:10], "xxxxx")}
    assert not series(mixed, mixed, mixed).changed


def test_few_scenarios_are_told_by_their_repeats() -> None:
    found = series(
        *({"a.one": letters, "a.two": letters} for letters in ("........", "xxxx....", "xxxxxxxx"))
    )
    trend = found.series[0].followed[0].trend
    assert trend.changed
    assert "It is about these scenarios" in trend.estimate.estimand


def test_only_what_every_run_played_alike_is_followed() -> None:
    found = series(FLAT, {**FLAT, "new.one": "."}, FLAT)
    (one,) = found.series
    assert one.scenarios == 20
    assert [str(item) for item in one.left_out] == ["1 scenario only in run2 t1: new.one"]


def test_rows_are_flat_and_alike() -> None:
    records = series(FLAT, FLAT, FLAT).records()
    kinds = [record["by"] for record in records if record["name"].startswith("under-refusal")]
    assert kinds == ["run", "run", "run", TREND, STEP, STEP]
    assert len({tuple(sorted(record)) for record in records}) == 1


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_runs_are_no_series(count: int) -> None:
    versions: list[Version] = [version(rows(FLAT))] * count
    with pytest.raises(InputError, match="make no series"):
        drift([versions])


def test_runs_with_nothing_in_common_are_refused() -> None:
    with pytest.raises(InputError, match="no scenario, arm and path"):
        series({"a.one": ".", "b.two": "."}, {"a.one": "."}, {"b.two": "."}, {"a.one": "."})
