"""Curves against lifelines and closed forms, their intervals, and what is left open."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import numpy as np
import pytest

from convsim.rows import Row
from convsim.stats import Interval, NoInterval, Share, cluster_interval
from convsim.survival import Curve, End, Spell, curve, spells_of
from convsim.survival.curves import GREENWOOD
from tests.survival.planted import dialogue, drawn, each, mixed, spells


def heights(found: Curve) -> list[float]:
    return list(found.values)


# --- against other implementations


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(4))
def test_the_models_curve_is_that_of_lifelines(seed: int) -> None:
    """Kaplan and Meier, with Greenwood's interval on the scale log(-log S), to nine digits."""
    from lifelines import KaplanMeierFitter

    rows = mixed(seed)
    them = each(rows)
    fitter = KaplanMeierFitter().fit(
        [one.known for one in them], [one.end is End.CROSSED for one in them]
    )
    found = curve(spells_of(rows), "model", judge="j")
    assert found.horizon == 6
    for point in found.points:
        assert point.share.value == pytest.approx(float(fitter.predict(point.turn)), abs=1e-9)
        if isinstance(point.plain, Interval):
            theirs = fitter.confidence_interval_.loc[point.turn].tolist()
            assert [point.plain.low, point.plain.high] == pytest.approx(theirs, abs=1e-9)
            assert point.plain.method == GREENWOOD


def untied(them: Sequence[Spell]) -> list[float]:
    """Times without ties, censoring after what happened at the same turn.

    lifelines draws a jitter for ties, which puts some of the censored before an event of the same
    turn. In which order events of one turn come makes no difference to the estimate.
    """
    happened = (End.CROSSED, End.BLOCKED)
    return [
        one.deployed + (0.0 if one.end in happened else 0.5) + n * 1e-6
        for n, one in enumerate(them)
    ]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(4))
def test_the_deployed_curve_is_one_less_the_incidence_of_lifelines(seed: int) -> None:
    """Aalen and Johansen, of crossings and of blocks, to nine digits."""
    from lifelines import AalenJohansenFitter

    rows = mixed(seed)
    them = each(rows)
    codes = [{End.CROSSED: 1, End.BLOCKED: 2}.get(one.end, 0) for one in them]
    for event, kind in ((1, "deployed"), (2, "blocked")):
        fitter = AalenJohansenFitter(calculate_variance=False)
        density = fitter.fit(untied(them), codes, event_of_interest=event).cumulative_density_
        for point in curve(spells_of(rows), kind, judge="j").points:
            theirs = float(density[density.index <= point.turn + 0.4].iloc[-1, 0])
            mine = point.share.value if event == 2 else 1 - (point.share.value or 0.0)
            assert mine == pytest.approx(theirs, abs=1e-9)


# --- closed forms


def test_three_turns_by_hand() -> None:
    """8 of 10 hold the first turn; one more crosses at the second, of 6 that came to it."""
    rows = spells(
        *[(0, End.CROSSED)] * 2,
        *[(1, End.ENDED)] * 2,
        (1, End.CROSSED),
        *[(3, End.ENDED)] * 5,
    )
    found = curve(spells_of(rows), "model", judge="j")
    assert [(point.at_risk, point.crossed) for point in found.points] == [(10, 2), (6, 1), (5, 0)]
    assert heights(found) == pytest.approx([0.8, 0.8 * 5 / 6, 0.8 * 5 / 6])
    assert [point.hazard for point in found.points] == pytest.approx([0.2, 1 / 6, 0])


def test_a_block_competes_or_holds() -> None:
    """Of ten, two are blocked at the first turn and two cross at it; then nothing happens.

    The model was seen eight times, the user got something in two of ten dialogues.
    """
    rows = spells(*[(0, End.BLOCKED)] * 2, *[(0, End.CROSSED)] * 2, *[(2, End.ENDED)] * 6)
    found = spells_of(rows)
    assert heights(curve(found, "model", judge="j")) == pytest.approx([0.75, 0.75])
    assert heights(curve(found, "deployed", judge="j")) == pytest.approx([0.8, 0.8])
    assert heights(curve(found, "blocked", judge="j")) == pytest.approx([0.2, 0.2])


def test_without_blocks_both_estimands_agree() -> None:
    """To the interval."""
    rows = [row for row in mixed(7) if row.block is None]
    model, deployed = (curve(spells_of(rows), kind, judge="j") for kind in ("model", "deployed"))
    assert heights(model) == pytest.approx(heights(deployed))
    for one, other in zip(model.points, deployed.points, strict=True):
        assert isinstance(one.share.interval, Interval)
        assert isinstance(other.share.interval, Interval)
        assert one.share.interval.low == pytest.approx(other.share.interval.low)
        assert one.share.interval.high == pytest.approx(other.share.interval.high)


def test_a_constant_hazard_gives_its_curve() -> None:
    """CIF(T) = 1 - (1 - h) ** T, within its interval at every turn (field notes 11)."""
    generator = np.random.default_rng(20261121)
    hazard = 0.15
    rows = drawn(generator, [[hazard] * 6] * 60, repeats=10)
    points = curve(spells_of(rows), "model", judge="j").points
    assert len(points) == 6
    for point in points:
        interval = point.share.interval
        assert isinstance(interval, Interval)
        assert interval.low <= (1 - hazard) ** point.turn <= interval.high
        assert interval.high - interval.low < 0.12


# --- intervals


def test_after_one_turn_a_curve_is_a_clustered_share() -> None:
    """Without censoring before it, spread and degrees are those of any rate."""
    crossed = {"a": (4, 10), "b": (6, 10), "c": (5, 10), "d": (7, 10), "e": (3, 10), "f": (5, 10)}
    more = {f"{name}{n}": counts for name, counts in crossed.items() for n in range(3)}
    rows = [
        dialogue(0, End.CROSSED, scenario=name, repeat=n) if n <= hits else
        dialogue(1, scenario=name, repeat=n)
        for name, (hits, of) in more.items()
        for n in range(1, of + 1)
    ]  # fmt: skip
    (point,) = curve(spells_of(rows), "model", judge="j").points
    plain = cluster_interval([Share(of - hits, of) for hits, of in more.values()])
    assert isinstance(plain, Interval)
    assert isinstance(point.share.interval, Interval)
    half = (plain.high - plain.low) / 2
    share = point.share.value or 0.0
    wide = math.exp(half / abs(share * math.log(share)))
    assert point.share.interval.low == pytest.approx(share**wide)
    assert point.share.interval.high == pytest.approx(share ** (1 / wide))


def test_repeats_of_one_scenario_are_no_evidence_about_others() -> None:
    """Ten times the same dialogues leave the clustered interval as it is, not Greenwood's."""

    def rows(times: int) -> list[Row]:
        return [
            dialogue(held, end, scenario=f"s{number}", repeat=repeat)
            for number in range(24)
            for repeat in range(times)
            for held, end in [(number % 3, End.CROSSED if number % 4 else End.ENDED)]
            if held or end is End.CROSSED
        ]

    once, often = (
        curve(spells_of(rows(times)), "model", judge="j", horizon=1) for times in (1, 10)
    )
    one, other = once.points[0], often.points[0]
    assert isinstance(one.share.interval, Interval)
    assert isinstance(other.share.interval, Interval)
    assert other.share.interval.low == pytest.approx(one.share.interval.low, abs=0.02)
    assert isinstance(one.plain, Interval)
    assert isinstance(other.plain, Interval)
    assert other.plain.high - other.plain.low < 0.5 * (one.plain.high - one.plain.low)


def test_where_nothing_crossed_scenarios_count_one_by_one() -> None:
    """Ten scenarios of a hundred dialogues that all held leave room for one in ten."""
    rows = [dialogue(2, scenario=f"s{n % 10}", repeat=n) for n in range(1000)]
    last = curve(spells_of(rows), "model", judge="j").last
    assert last is not None
    assert last.share.value == 1.0
    assert isinstance(last.share.interval, Interval)
    assert last.share.interval.low == pytest.approx(0.025 ** (1 / 10))
    assert last.share.interval.high == 1.0
    assert isinstance(last.plain, NoInterval)


def test_one_scenario_has_no_interval() -> None:
    """Nothing shows how scenarios differ."""
    (point,) = curve(spells_of(spells((0, End.CROSSED), (1, End.ENDED))), "model", judge="j").points
    assert isinstance(point.share.interval, NoInterval)


# --- what a curve says beside itself


def test_open_dialogues_bound_the_curve_above_two_percent() -> None:
    """Two of ten were cut short after a turn: had they crossed next, or held to the end."""
    rows = spells(*[(1, End.ERROR)] * 2, (1, End.CROSSED), *[(2, End.ENDED)] * 7)
    points = curve(spells_of(rows), "model", judge="j").points
    assert points[1].share.value == pytest.approx(7 / 8)
    assert points[1].share.bounds == pytest.approx((0.7, 0.9))
    few = spells((1, End.ERROR), *[(2, End.ENDED)] * 60)
    assert all(it.share.bounds is None for it in curve(spells_of(few), "model", judge="j").points)


def test_a_curve_says_what_it_is_made_of() -> None:
    """Judge, counts, scenarios, method, censored and excluded, in every record."""
    found = curve(spells_of([*mixed(), dialogue(0, pressed=False)]), "model", judge="rules:9")
    assert (found.dialogues, found.clusters) == (120, 12)
    assert found.excluded == {"refused and never pressed": 1}
    assert set(found.censored) == {"blocked", "error", "unread", "ended"}
    records = found.records()
    assert [record["turn"] for record in records] == [1, 2, 3, 4, 5, 6]
    for record in records:
        assert record["judge"] == "rules:9"
        assert record["clusters"] == 12
        assert record["denominator"] == records[0]["at_risk"]
        assert record["method"]
        assert record["plain_low"] < record["estimate"] < record["plain_high"]
    json.dumps(found.to_dict(), allow_nan=False)


def test_without_pressed_refusals_there_is_no_curve() -> None:
    """And it says why."""
    found = curve(spells_of([]), "model", judge="j")
    assert (found.points, found.last) == ((), None)
    assert found.why == "no dialogue was refused and then pressed"
