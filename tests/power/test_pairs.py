"""Pairs of dialogues: non-inferiority and McNemar's test, as the planning tables have them."""

from __future__ import annotations

import pytest

from convsim.power import mcnemar_power, pairs_for_gate


@pytest.mark.parametrize(
    ("margin", "pairs"),
    [(0.03, [344, 688, 1375]), (0.05, [124, 248, 495]), (0.10, [31, 62, 124])],
)
def test_pairs_for_non_inferiority(margin: float, pairs: list[int]) -> None:
    """By 5%, 10% and 20% discordance: one-sided 5%, power 80%, no true difference."""
    assert [pairs_for_gate(margin, discordance) for discordance in (0.05, 0.1, 0.2)] == pairs


@pytest.mark.parametrize(
    ("pairs", "power", "simulated"), [(50, 20, 20), (100, 56, 56), (150, 79, 80), (200, 91, 92)]
)
def test_the_power_of_mcnemar(pairs: int, power: int, simulated: int) -> None:
    """10% against 2%: exact, and within the noise of the simulated figures that are around."""
    found = 100 * mcnemar_power(pairs, 0.10, 0.02)
    assert round(found) == power
    assert abs(found - simulated) < 2


@pytest.mark.parametrize(("worse", "better"), [(0.1, 0.02), (0.05, 0.05), (0.4, 0.0)])
@pytest.mark.parametrize("pairs", [1, 6, 25])
def test_power_is_the_sum_over_all_tables(pairs: int, worse: float, better: float) -> None:
    """Every table of counts, with the p-value that `scipy.stats.binomtest` gives it."""
    from scipy.stats import binomtest, multinomial

    whole = multinomial(pairs, [worse, better, 1 - worse - better])
    seen = sum(
        float(whole.pmf([one, other, pairs - one - other]))
        for one in range(pairs + 1)
        for other in range(pairs + 1 - one)
        if one + other and binomtest(one, one + other, 0.5).pvalue <= 0.05
    )
    assert mcnemar_power(pairs, worse, better) == pytest.approx(seen, abs=1e-9)


def test_what_never_differs_is_never_seen() -> None:
    assert mcnemar_power(100, 0.0, 0.0) == 0.0
