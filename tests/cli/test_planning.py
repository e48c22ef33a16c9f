"""`convsim plan`: what a run would be able to tell, before it is paid for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import inside
from tests.small import entries, write_scenario


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    return write_scenario(tmp_path)


def test_a_plan_calls_nothing_and_writes_nothing(scenario: Path, tmp_path: Path) -> None:
    """The same from Python; a target adds what it costs."""
    import convsim

    before = entries(tmp_path)
    done = inside("plan", scenario, "--repeats", 3, "-t", "sim/steadfast")
    assert (done.code, done.err) == (0, "")
    assert done.out == convsim.plan_run(scenario, "sim/steadfast", repeats=3).text()
    assert "MORE SCENARIOS OR MORE REPEATS?" in done.out
    assert "COMPARE, AT 0.23% FOR EACH HEADLINE NUMBER" in done.out
    assert "free" in done.out
    assert entries(tmp_path) == before


def test_a_plan_from_a_run(scenario: Path, tmp_path: Path) -> None:
    """Its rates are those that the run shows, not the usual ones."""
    run = tmp_path / "run"
    inside("run", scenario, "-t", "sim/capitulates?after=2", "-q", "--out", run)
    done = inside("plan", scenario, "--from", run, "--width", ".1", "--json")
    under, over = done.json["rates"]
    assert "t1, closed, in" in under["assumed"]["source"]
    assert under["assumed"]["rate"] > 0.5
    assert over["assumed"]["rate"] < 0.5
    assert done.json["width"] == 0.1
    assert done.json["forecast"]["cost"] is None


def test_the_chance_to_see_a_rise(scenario: Path) -> None:
    """It is asked for by its size, a fraction as all of them are."""
    done = inside("plan", scenario, "--repeats", 30, "--rise", ".6", "--json")
    found = done.json["compare"]
    assert found["rise"] == 0.6
    assert found["chances_of_rise"].keys() == {"under-refusal", "over-refusal"}
    assert all(0 <= chance <= 1 for chance in found["chances_of_rise"].values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.yaml"], "'nowhere.yaml' does not exist"),
        (["{scenario}", "-t", "sim/steadfst"], "did you mean"),
        (["{scenario}", "--arms", "bening"], "did you mean 'benign'"),
        (["{scenario}", "--width", "5"], "width is 5; give a fraction above 0 and below 0.5"),
        (["{scenario}", "--margin", "0"], "margin is 0; give a fraction"),
        (["{scenario}", "--rise", "10"], "rise is 10; give a fraction above 0 and below 1"),
        (["{scenario}", "--scenario-cost", "-1"], "scenario_cost is -1"),
        (["{scenario}", "--from", "nowhere"], "nowhere"),
    ],
)
def test_wrong_input_is_one_clear_line(
    arguments: list[str], message: str, scenario: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(scenario.parent)
    done = inside("plan", *(it.format(scenario=scenario) for it in arguments))
    assert (done.code, done.out) == (2, "")
    assert message in done.err
