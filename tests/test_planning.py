"""What a run would be able to tell: `convsim.plan_run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import convsim
from convsim import wait
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
        assert "0/5 in 1 scenarios" in seen["under-refusal"].source
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
        ({"scenario_cost": -1}, "scenario_cost is -1"),
        ({"repeats": 0}, "repeats is 0"),
        ({"run": "nowhere"}, "nowhere"),
        ({"targets": "sim/steadfst"}, "did you mean"),
    ],
)
def test_a_plan_that_makes_no_sense(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(convsim.ConvsimError, match=message):
        convsim.plan_run(SUITE, **wrong)
