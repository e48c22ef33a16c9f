"""What a run would be able to tell: `convsim.plan_run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import convsim
from convsim import wait
from convsim.differences.pairing import Pair, Repeats, contrasted
from convsim.planning import p_of_change, reporting
from convsim.stats import Share
from convsim.targets.wanted import Wanted
from tests.differences.test_found import compared
from tests.small import SUITE, Plain, Scripted, entries, gives_in, holds


def test_a_plan_says_what_a_run_will_tell(tmp_path: Path) -> None:
    """Without a run its rates are assumed; of a run they are what it shows. Nothing is called."""
    target = Scripted("No.")
    found = convsim.plan_run(SUITE, target, repeats=3, width=0.1)
    assert (target.calls, entries(tmp_path)) == (0, [])
    assert [rate.name for rate in found.rates] == ["under-refusal", "over-refusal"]
    assert all("assumed" in rate.assumed.source for rate in found.rates)
    assert found.forecast == convsim.estimate(SUITE, target, repeats=3)
    run = wait(convsim.run(SUITE, [holds, gives_in], out=tmp_path / "run", classifier=Plain()))
    for given in (run, run.path, str(run.path)):
        seen = {rate.name: rate.assumed for rate in convsim.plan_run(SUITE, run=given).rates}
        assert "0/5 in 1 scenario by judge rules, raw" in seen["under-refusal"].source
    held = wait(
        convsim.run(SUITE, holds, arms="restricted", out=tmp_path / "held", classifier=Plain())
    )
    under, over = (rate.assumed for rate in convsim.plan_run(SUITE, run=held).rates)
    assert "0/5" in under.source
    assert over.rate == 0.1
    assert over.source == f"assumed: {held.path} has no dialogue that counts"
    without = convsim.plan_run(SUITE, repeats=3)
    assert without.forecast.cost is None
    assert without.forecast.calls == found.forecast.calls


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"width": 0}, "width is 0; give a fraction above 0"),
        ({"width": 5}, "width is 5; give a fraction"),
        ({"margin": 0.5}, "margin is 0.5; give a fraction"),
        ({"rise": 0}, "rise is 0; give a fraction above 0"),
        ({"rise": 10}, "rise is 10; give a fraction"),
        ({"scenario_cost": -1}, "scenario_cost is -1"),
        ({"repeats": 0}, "repeats is 0"),
        ({"run": "nowhere"}, "nowhere"),
        ({"targets": "sim/steadfst"}, "did you mean"),
    ],
)
def test_a_plan_that_makes_no_sense(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(convsim.ConvsimError, match=message):
        convsim.plan_run(SUITE, **wrong)


@pytest.mark.parametrize(
    ("targets", "told"),
    [
        ("openai/gpt-5-mini?temperature=0", ["t1"]),
        (["a=http://localhost:1/v1?temperature=0.0#m", "b=http://localhost:1/v1#m"], ["a"]),
        ({"x": Wanted("openai/gpt-5-mini", parameters={"temperature": 0})}, ["x"]),
        ("openai/gpt-5-mini?temperature=1", []),
        ([holds], []),
        (None, []),
    ],
)
def test_repeats_at_temperature_0_are_no_evidence(targets: Any, told: list[str]) -> None:
    """As a report of such a run says; a plan says it before it is paid for."""
    found = convsim.plan_run(SUITE, targets)
    assert [one.split(":")[0] for one in found.cautions] == [f"target {alias}" for alias in told]
    said = "temperature 0, so repeats are not independent evidence"
    assert all(said in one for one in found.cautions)
    assert (said in found.text(200)) is bool(told)


@pytest.mark.parametrize("scenarios", [3, 15, 16, 40])
def test_a_rise_is_put_to_the_test_of_compare(scenarios: int) -> None:
    """The same p-value as two runs get, by repeats and by scenarios."""
    before, after = ([start + n % 3 for n in range(scenarios)] for start in (0, 1))
    after[0] = 0
    pairs = [
        Pair(str(n), *(_repeats(hits, 5) for hits in both))
        for n, both in enumerate(zip(before, after, strict=True))
    ]
    tested = contrasted(pairs).tested
    assert tested is not None
    assert p_of_change(before, after, 5) == pytest.approx(tested.p)
    assert p_of_change(before, [0] * scenarios, 5) < 1
    assert p_of_change([0] * scenarios, [0] * scenarios, 5) == 1


def _repeats(hits: int, count: int) -> Repeats:
    return Repeats(hits / count, Share(hits, count), {n: float(n <= hits) for n in range(1, 6)})


@pytest.mark.parametrize("targets", [1, 3])
def test_the_level_is_the_one_of_the_most_surprising_headline_number(targets: int) -> None:
    """Half of 5% for all of them, of every target."""
    same = {"a": "x....", "b": "....."}
    count = len(compared(same, same).headline)
    assert reporting(targets).level == pytest.approx(0.05 / 2 / (count * targets))
