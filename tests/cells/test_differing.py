"""Whether a cell differs from the rest: by hand, against SciPy, and how often it is wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest

from convsim.cells import differs
from convsim.cells.differing import PERMUTED, WITHIN, Shares
from convsim.multiplicity import holm
from convsim.stats import Share


def own(name: str, *shares: tuple[int, int]) -> dict[str, Share]:
    """Scenarios of a cell that no other cell has."""
    return {f"{name}{n}": Share(*it) for n, it in enumerate(shares)}


def joined(*cells: Shares) -> dict[str, Share]:
    """All cells together, by scenario."""
    names = {name for cell in cells for name in cell}
    return {
        name: Share(*map(sum, zip(*(cell[name] for cell in cells if name in cell), strict=True)))
        for name in sorted(names)
    }


@pytest.mark.parametrize(
    ("cell", "rest"),
    [
        ({}, own("b", (1, 2))),
        (own("a", (1, 2)), {}),
        (own("a", (0, 2)), own("b", (0, 2))),
        (own("a", (2, 2)), own("b", (2, 2))),
    ],
)
def test_nothing_to_tell_by(cell: Shares, rest: Shares) -> None:
    """No data in or beside the cell, or all hits, or none: there is no p-value, rather than 1."""
    assert differs(cell, joined(cell, rest)) is None


@pytest.mark.parametrize("scenarios", [1, 2, 3])
def test_few_scenarios_cannot_be_told_from_their_rule(scenarios: int) -> None:
    """All hits in one of six scenarios lie as far off as chance puts one in six times."""
    cell = own("a", *[(9, 9)] * scenarios)
    found = differs(cell, joined(cell, own("b", *[(0, 9)] * (6 - scenarios))))
    assert found is not None
    sides = 2 if scenarios == 3 else 1  # the other half lies as far off, on the other side
    assert found.p_value == pytest.approx(sides / math.comb(6, scenarios))
    assert (found.test, found.more) == (PERMUTED, True)


def test_scipy_permutes_alike() -> None:
    """Equal sizes: the permutation of means, gone through whole."""
    from scipy.stats import permutation_test

    rng = np.random.default_rng(4)
    for _ in range(5):
        one, other = rng.integers(0, 5, 4), rng.integers(0, 5, 6)
        cell = own("a", *((int(hits), 4) for hits in one))
        found = differs(cell, joined(cell, own("b", *((int(hits), 4) for hits in other))))
        expected = permutation_test(
            (one, other),
            lambda x, y, axis: np.abs(x.mean(axis=axis) - y.mean(axis=axis)),
            alternative="greater",
            n_resamples=1_000_000,
            vectorized=True,
        ).pvalue
        assert found is not None
        assert found.p_value == pytest.approx(expected, abs=1e-9)


@pytest.mark.filterwarnings("ignore")
def test_statsmodels_deals_alike() -> None:
    """Where scenarios all point one way and chance is what decides, it is the stratified test."""
    from statsmodels.stats.contingency_tables import StratifiedTable

    parts = [((3, 9), (2, 9)), ((2, 9), (1, 9)), ((4, 9), (3, 9)), ((5, 9), (4, 9))] * 3
    cell = {f"s{n}": Share(*inside) for n, (inside, _) in enumerate(parts)}
    rest = {f"s{n}": Share(*beside) for n, (_, beside) in enumerate(parts)}
    tables = [np.array([[a, n - a], [b, m - b]], dtype=float) for (a, n), (b, m) in parts]
    expected = StratifiedTable(tables).test_null_odds(correction=True).pvalue
    found = differs(cell, joined(cell, rest))
    assert found is not None
    assert found.test == WITHIN
    assert found.p_value == pytest.approx(expected, abs=1e-9)


def test_what_scenarios_share_cancels() -> None:
    """An arm that is played in the hard scenarios alone does not differ for that."""
    easy = {f"e{n}": Share(0, 10) for n in range(10)}
    hard = {f"h{n}": Share(8, 10) for n in range(10)}
    found = differs(hard, joined(easy, hard, hard))
    assert found is not None
    assert found.p_value == 1.0


def test_one_scenario_of_many_dialogues_decides_nothing() -> None:
    """A hundred dialogues are one scenario, which may lie to either side."""
    cell, rest = {"s": Share(100, 100)}, {"s": Share(0, 100)}
    found = differs(cell, joined(cell, rest))
    assert found is not None
    assert found.p_value == 1.0


def test_many_scenarios_need_no_draws() -> None:
    """Of very many the sum is normal; drawn choices say the same."""
    rng = np.random.default_rng(5)

    def cells(count: int) -> tuple[dict[str, Share], dict[str, Share]]:
        hits = rng.binomial(5, 0.3, 2 * count)
        return (
            own("a", *((int(it), 5) for it in hits[:count])),
            own("b", *((int(it), 5) for it in hits[count:])),
        )

    small, rest = cells(49)
    drawn = differs(small, joined(small, rest))
    larger = small | {"x": Share(1, 5)}
    normal = differs(larger, joined(larger, rest, {"y": Share(2, 5)}))
    assert drawn is not None
    assert normal is not None
    assert drawn.p_value == pytest.approx(normal.p_value, abs=0.06)


@pytest.mark.parametrize("shared", [False, True])
def test_alarms_are_rare_where_nothing_differs(shared: bool) -> None:
    """Tables of six cells of clustered counts: one in twenty may say that a cell differs."""
    rng = np.random.default_rng(6)
    alarms, studies = 0, 200
    for _ in range(studies):
        chances = rng.beta(0.7, 1.6, 24)  # an intra-class correlation of 0.3
        cells: list[dict[str, Share]] = [{} for _ in range(6)]
        for scenario, chance in enumerate(chances):
            for number in range(6) if shared else [scenario % 6]:
                cells[number][f"s{scenario}"] = Share(int(rng.binomial(5, chance)), 5)
        whole = joined(*cells)
        tests = [differs(cell, whole) for cell in cells]
        found = holm([it.p_value if it else None for it in tests])
        alarms += any(p is not None and p < 0.05 for p in found)
    assert alarms / studies <= 0.08
