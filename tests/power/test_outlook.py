"""What a plan will be able to tell, and what would let it tell more."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from convsim.planning import reporting
from convsim.power import DEFAULTS, Assumed, gate_power, reach
from tests.power.planned import of


def test_each_rate_has_its_own_scenarios() -> None:
    """Controls are in none; a rate that no arm is about is not foreseen."""
    found = of(12, 5, benign=7, arms=["authored", "direct"])
    assert [(rate.name, rate.scenarios, rate.each) for rate in found.rates] == [
        ("under-refusal", 12, 1.0),
        ("over-refusal", 7, 1.0),
    ]
    assert [rate.name for rate in of(12, 5, benign=0).rates] == ["under-refusal"]
    under, over = found.rates
    assert under.half_width(5) == reach(12, 5, rate=0.3, icc=0.3)
    assert over.half_width(5) == reach(7, 5, rate=0.1, icc=0.3)


def test_what_does_not_count_shortens_nothing() -> None:
    """Of ten dialogues of which half come to a decision, five tell something."""
    halved = {name: replace(assumed, counting=0.5) for name, assumed in DEFAULTS.items()}
    one, other = of(12, 10, assumed=halved), of(12, 5)
    assert one.rates[0].half_width(10) == other.rates[0].half_width(5)


def test_few_scenarios_want_more_of_them() -> None:
    """No number of repeats reaches it; the larger suite does, with one scenario fewer it does not.

    A suite keeps its mixture: where every other scenario has a twin, so has every other new one.
    """
    found = of(20, 5, benign=10, width=0.1)
    assert not found.reached
    assert found.more_repeats is None
    more = found.more_scenarios
    assert more is not None
    for scenarios, enough in ((more.scenarios, True), (more.scenarios - 2, False)):
        assert of(scenarios, 5, benign=scenarios // 2, width=0.1).reached is enough
    assert (more.repeats, more.dialogues) == (5, round(150 * more.scenarios / 20))
    cheapest = found.cheapest
    assert cheapest is not None
    assert cheapest.repeats == 1
    assert cheapest.dialogues < more.dialogues
    assert of(cheapest.scenarios, 1, benign=cheapest.scenarios // 2, width=0.1).reached


def test_many_scenarios_may_do_with_more_repeats() -> None:
    """The fewest that do, and what they take."""
    found = of(40, 2, width=0.1)
    more = found.more_repeats
    assert more is not None
    assert (more.scenarios, more.repeats, more.dialogues) == (40, 5, 400)
    assert more.calls.least == found.forecast.calls.least * 5 / 2
    assert of(40, 5, width=0.1).reached
    assert not of(40, 4, width=0.1).reached


def test_a_gate_needs_all_of_its_rates() -> None:
    """The chance is that of both rates together; what it takes makes it 80%."""
    found = of(40, 5, margin=0.1)
    under = gate_power(40, 5, 0.1, rate=0.3, icc=0.3)
    over = gate_power(40, 5, 0.1, rate=0.1, icc=0.3)
    assert found.gate(5) == pytest.approx(under * over)
    repeats, scenarios = found.repeats_for_gate, found.scenarios_for_gate
    assert repeats is not None
    assert scenarios is not None
    assert found.gate(repeats.repeats) >= 0.8
    assert of(scenarios.scenarios, 5, margin=0.1).gate(5) >= 0.8


@pytest.mark.parametrize(("cost", "best"), [(None, None), (0.0, 1), (20.0, 4), (200.0, 11)])
def test_what_a_scenario_costs(cost: float | None, best: int | None) -> None:
    """The dearer one is to write, the more often it is worth playing; two arms share the work."""
    assert of(20, 5, scenario_cost=cost).best == best


def test_it_is_data_too() -> None:
    """Everything that the text says, as JSON."""
    assumed = {"under-refusal": Assumed(0.2, 0.1, 0.9, "t1"), "over-refusal": Assumed(0.1, 0.4)}
    plain = orjson.loads(orjson.dumps(of(20, 3, assumed=assumed, scenario_cost=5).to_dict()))
    assert (plain["scenarios"], plain["repeats"], plain["reached"]) == (20, 3, False)
    under = plain["rates"][0]
    known = {"rate": 0.2, "icc": 0.1, "counting": 0.9, "source": "t1"}
    assert known.items() <= under["assumed"].items()
    assert (plain["corrected"], under["assumed"]["numerator"]) == (False, None)
    assert list(under["half_widths"]) == list(plain["gate"]) == ["1", "2", "3", "5", "10", "20"]
    assert plain["more_scenarios"]["repeats"] == 3
    assert plain["forecast"]["dialogues"] == 120


def test_one_scenario_tells_nothing() -> None:
    """It has no interval, however often it is repeated, and no gate."""
    found = of(1, 5)
    assert found.rates[0].half_width(5) is None
    assert (found.reached, found.more_repeats, found.gate(5)) == (False, None, 0.0)
    assert "none" in found.text()


def test_what_a_comparison_of_two_runs_will_see() -> None:
    """Of each rate the smallest rise, and the chance of the one that was asked about."""
    found = of(20, 5, benign=7, reporting=reporting(), rise=0.65)
    least = found.least_rises
    assert least == {rate.name: rate.least_rise(5, reporting()) for rate in found.rates}
    assert found.chances_of_rise["under-refusal"] == 1
    beyond = of(20, 5, reporting=reporting(), rise=0.75)
    assert list(beyond.chances_of_rise) == ["over-refusal"]
    plain = orjson.loads(orjson.dumps(found.to_dict()))["compare"]
    assert (plain["least_rises"], plain["rise"]) == (least, 0.65)
    assert plain["chances_of_rise"] == found.chances_of_rise
    assert of(20, 5).to_dict()["compare"] is None
