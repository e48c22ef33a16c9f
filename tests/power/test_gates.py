"""How likely a gate is to let a version pass that is as good."""

from __future__ import annotations

import math

import pytest

from convsim.differences import pairing
from convsim.differences.pairing import Pair, Repeats, interval
from convsim.power import gate_power, scenarios_for_gate
from convsim.power.gates import MANY, _differing, repeats_for_gate
from convsim.stats import Interval, Share

KNOWN = {"rate": 0.1, "icc": 0.3}


@pytest.mark.parametrize("change", [0.0, 0.1])
def test_power_is_what_studies_show(change: float) -> None:
    """Of 20,000 studies of 40 scenarios by 5 so many stay under the margin."""
    import numpy as np
    from scipy.stats import t

    spread = math.sqrt(2 * 0.3 * 0.7 * 0.7 / 5 + change**2)
    differences = np.random.default_rng(1).normal(0, spread, (20_000, 40))
    upper = differences.mean(axis=1) + t.ppf(0.95, 39) * differences.std(axis=1, ddof=1) / 40**0.5
    foreseen = gate_power(40, 5, 0.1, rate=0.3, icc=0.3, change=change)
    assert foreseen == pytest.approx(float((upper <= 0.1).mean()), abs=0.01)


def test_here_repeats_help_as_scenarios_do() -> None:
    """In a pair what a scenario has of its own cancels: twice the repeats, half the scenarios."""
    few, many = gate_power(100, 10, 0.05, **KNOWN), gate_power(200, 5, 0.05, **KNOWN)
    assert few == pytest.approx(many, abs=0.01)
    changed = gate_power(100, 1000, 0.05, change=0.5, **KNOWN)
    assert changed < 0.5 < gate_power(100, 1000, 0.05, **KNOWN)


@pytest.mark.parametrize("margin", [0.02, 0.05])
def test_how_many_it_takes(margin: float) -> None:
    """So many do, and one fewer does not."""
    scenarios, repeats = (
        scenarios_for_gate(margin, 5, **KNOWN),
        repeats_for_gate(margin, 40, **KNOWN),
    )
    assert scenarios is not None
    assert repeats is not None
    for count, power in ((scenarios, True), (scenarios - 1, False)):
        assert (gate_power(count, 5, margin, **KNOWN) >= 0.8) is power
    for count, power in ((repeats, True), (repeats - 1, False)):
        assert (gate_power(40, count, margin, **KNOWN) >= 0.8) is power


def test_what_no_number_does() -> None:
    """A version that changed its scenarios much is not let pass by more repeats of few of them."""
    assert repeats_for_gate(0.02, 10, change=0.3, **KNOWN) is None


@pytest.mark.parametrize(
    ("scenarios", "rate", "power"), [(1, 0.3, 0.0), (5, 0.0, 0.0), (40, 0.0, 0.0), (60, 0.0, 1.0)]
)
def test_the_ends(scenarios: int, rate: float, power: float) -> None:
    """One scenario decides nothing; where nothing fails that has to be seen in enough of them."""
    assert gate_power(scenarios, 5, 0.05, rate=rate, icc=0.3) == power


def test_two_points_take_149_scenarios_that_never_fail() -> None:
    """However often each of fewer is repeated."""
    assert scenarios_for_gate(0.02, 5, rate=0.0, icc=0.3) == 149
    assert repeats_for_gate(0.02, 148, rate=0.0, icc=0.3) is None


@pytest.mark.parametrize("icc", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("rate", [0.0, 0.02, 0.5, 1.0])
def test_how_many_scenarios_differ(rate: float, icc: float) -> None:
    """As a sum over all shares; of five independent dialogues at even odds, 75% do."""
    found = _differing(5, rate=rate, icc=icc)
    assert 0 <= found <= min(1.0, 10 * rate * (1 - rate) * (1 - icc) + 1e-9)
    if (rate, icc) == (0.5, 0.0):
        assert found == pytest.approx(1 - math.comb(10, 5) / 2**10)


@pytest.mark.parametrize(
    ("scenarios", "dialogues", "margin", "rate"),
    [
        (40, 5, 0.05, 0.02),
        (200, 5, 0.02, 0.005),
        (30, 20, 0.05, 0.02),
        (10, 20, 0.05, 0.1),
        (12, 10, 0.05, 0.02),
    ],
)
def test_power_is_that_of_the_bound_a_gate_goes_by(
    scenarios: int, dialogues: int, margin: float, rate: float
) -> None:
    """Where hardly anything fails it is an exact one, of few scenarios one by their repeats."""
    from numpy.random import default_rng

    chance, studies = default_rng(3), 200
    own = chance.beta(rate * 9, (1 - rate) * 9, (studies, 1, scenarios))
    failed = chance.random((dialogues, studies, 2, scenarios)) < own
    passed = 0
    for sides in failed.transpose(1, 3, 2, 0).astype(float).tolist():
        pairs = [Pair(str(n), *map(_repeats, both)) for n, both in enumerate(sides)]
        bound = interval(pairs, level=0.9)
        passed += isinstance(bound, Interval) and bound.high <= margin
    foreseen = gate_power(scenarios, dialogues, margin, rate=rate, icc=0.1)
    assert passed / studies == pytest.approx(foreseen, abs=0.11)


def _repeats(scores: list[float]) -> Repeats:
    share = Share(sum(scores), len(scores))
    return Repeats(share.hits / share.trials, share, dict(enumerate(scores, 1)))


def test_a_gate_and_its_power_agree_on_what_many_scenarios_are() -> None:
    assert MANY == pairing.MANY
