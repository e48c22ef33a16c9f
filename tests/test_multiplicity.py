"""p-values that allow for how many there are: against statsmodels, and as truth tables."""

from __future__ import annotations

import random

import pytest

from convsim.multiplicity import Adjust, benjamini_hochberg, holm


@pytest.mark.parametrize(
    ("adjust", "given", "expected"),
    [
        (holm, [], []),
        (holm, [None], [None]),
        (holm, [0.03], [0.03]),
        (holm, [0.5, 0.01, 0.02], [0.5, 0.03, 0.04]),
        (holm, [0.6, 0.7, 0.9], [1.0, 1.0, 1.0]),
        (benjamini_hochberg, [], []),
        (benjamini_hochberg, [0.03], [0.03]),
        (benjamini_hochberg, [0.5, 0.01, 0.02], [0.5, 0.03, 0.03]),
        (benjamini_hochberg, [0.9, 0.9, 0.9], [0.9, 0.9, 0.9]),
    ],
)
def test_by_hand(adjust: Adjust, given: list[float], expected: list[float]) -> None:
    """One test is left as it is; nothing exceeds 1; places are kept."""
    assert adjust(given) == pytest.approx(expected)


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_what_was_not_tested_is_not_counted(adjust: Adjust) -> None:
    """A cell without a p-value makes no other one weaker."""
    with_none = adjust([0.01, None, 0.2, None])
    assert [with_none[0], with_none[2]] == adjust([0.01, 0.2])
    assert (with_none[1], with_none[3]) == (None, None)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("adjust", "name"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
def test_statsmodels_agrees(adjust: Adjust, name: str) -> None:
    """To 1e-12, ties included."""
    from statsmodels.stats.multitest import multipletests

    rng = random.Random(8)
    for count in (1, 2, 5, 40):
        for _ in range(10):
            given = [round(rng.random() ** 3, 2) for _ in range(count)]
            expected = multipletests(given, method=name)[1]
            assert adjust(given) == pytest.approx(list(expected), abs=1e-12)


@pytest.mark.parametrize(("adjust", "most"), [(holm, 0.05), (benjamini_hochberg, 0.05)])
def test_false_alarms_are_held(adjust: Adjust, most: float) -> None:
    """Of 2,000 tables of 20 cells with nothing in them, one in twenty has an alarm, not 13."""
    rng = random.Random(3)
    alarms = naive = 0
    for _ in range(2_000):
        given = [rng.random() for _ in range(20)]
        naive += min(given) < 0.05
        alarms += any(p is not None and p < 0.05 for p in adjust(given))
    assert naive / 2_000 > 0.6
    assert alarms / 2_000 <= most + 0.015
