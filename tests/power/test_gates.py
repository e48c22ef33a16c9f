"""How likely a gate is to let a version pass that is as good."""

from __future__ import annotations

import math

import pytest

from convsim.power import gate_power, scenarios_for_gate
from convsim.power.gates import repeats_for_gate

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


@pytest.mark.parametrize(("scenarios", "rate", "power"), [(1, 0.3, 0.0), (5, 0.0, 1.0)])
def test_the_ends(scenarios: int, rate: float, power: float) -> None:
    """One scenario decides nothing; what never fails never differs."""
    assert gate_power(scenarios, 5, 0.05, rate=rate, icc=0.3) == power
