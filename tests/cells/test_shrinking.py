"""Small cells drawn towards their table: which way, how far, and how often that is right."""

from __future__ import annotations

import numpy as np
import pytest

from convsim.cells import shrunk
from convsim.cells.differing import Shares
from convsim.cells.shrinking import SHRUNK, within_scenarios, worth
from convsim.stats import Share


def cell(name: str, *shares: tuple[int, int]) -> dict[str, Share]:
    return {f"{name}.{n}": Share(*it) for n, it in enumerate(shares)}


ALIKE = {name: cell(name, (1, 5), (0, 5), (2, 5), (1, 5)) for name in "abcde"}


def test_few_cells_say_nothing_about_others() -> None:
    """Two cells do not tell how cells differ, and a cell without data is none."""
    assert shrunk({}) == {}
    assert shrunk({"a": cell("a", (1, 5)), "b": cell("b", (2, 5)), "c": cell("c", (0, 0))}) == {}


def test_one_scenario_a_cell_tells_no_rule_from_its_scenario() -> None:
    """Mixed endings in single scenarios: what differs may be the rule or the scenario."""
    assert shrunk({name: cell(name, (2, 5)) for name in "abcde"}) == {}


def test_a_small_cell_is_drawn_further_than_a_large_one() -> None:
    """Towards the table; never beyond it, and not at all where it already stands."""
    cells = ALIKE | {"small": cell("small", (5, 5)), "large": cell("large", *[(5, 5)] * 20)}
    found = shrunk(cells)
    assert 0.2 < found["a"].value < 0.3
    assert found["a"].value < found["small"].value < found["large"].value < 1
    assert found["large"].value > 0.9
    assert all(it.interval.low < it.value < it.interval.high for it in found.values())
    assert found["small"].interval.method == SHRUNK
    assert str(found["large"]).startswith("shrunk to 9")


def test_cells_that_are_alike_are_one() -> None:
    """Each interval is about as short as that of all of them together."""
    cells = {f"c{n}": cell(f"c{n}", (1, 5), (2, 5), (1, 5), (2, 5)) for n in range(30)}
    found = shrunk(cells)
    assert {round(it.value, 2) for it in found.values()} == {0.3}
    assert all(it.interval.high - it.interval.low < 0.25 for it in found.values())


@pytest.mark.parametrize(
    ("cells", "alike"),
    [
        ([cell("a", (5, 5), (0, 5)), cell("b", (5, 5))], 1.0),
        ([cell("a", (1, 1), (0, 1)), cell("b", (1, 1))], 1.0),
        ([cell("a", (2, 5)), cell("b", (3, 5))], None),
        ([cell(name, (2, 5), (2, 5), (2, 5)) for name in "abc"], 0.0),
    ],
)
def test_how_alike_a_scenario_is(cells: list[Shares], alike: float | None) -> None:
    """All or nothing in every scenario: each is one observation. No spread at all: none counts."""
    found = within_scenarios(cells)
    assert (found and found.value) == alike


def test_how_alike_is_found_without_bias() -> None:
    """Planted at 0.3, over cells of two to four scenarios."""
    rng = np.random.default_rng(7)
    found = []
    for _ in range(60):
        cells = [
            cell(
                f"c{n}", *((int(rng.binomial(6, rng.beta(0.7, 1.6))), 6) for _ in range(2 + n % 3))
            )
            for n in range(12)
        ]
        alike = within_scenarios(cells)
        assert alike is not None
        found.append(alike.value)
    assert np.mean(found) == pytest.approx(0.3, abs=0.06)


def test_observations_that_are_alike_are_worth_fewer() -> None:
    """Two scenarios of ten: twenty observations, two, or what lies between."""
    shares = [Share(3, 10), Share(5, 10)]
    assert [round(worth(shares, it), 1) for it in (0.0, 0.3, 1.0)] == [20.0, 5.4, 2.0]


@pytest.mark.parametrize(("spread", "least"), [(0.0, 0.95), (0.1, 0.93)])
def test_intervals_hold_the_truth(spread: float, least: float) -> None:
    """Cells of one to five scenarios that differ, or do not, at a correlation within of 0.3."""
    rng = np.random.default_rng(8)
    inside = total = 0
    for _ in range(40):
        cells, truth = {}, {}
        for n in range(10):
            strength = 1 / spread - 1 if spread else 0.0
            chance = rng.beta(0.3 * strength, 0.7 * strength) if spread else 0.3
            truth[f"c{n}"] = chance
            shape = max(chance, 0.01) * 7 / 3, (1.001 - chance) * 7 / 3
            scenarios = rng.beta(*shape, (1, 2, 5)[n % 3])
            cells[f"c{n}"] = cell(f"c{n}", *((int(rng.binomial(5, it)), 5) for it in scenarios))
        for name, it in shrunk(cells).items():
            total += 1
            inside += it.interval.low <= truth[name] <= it.interval.high
    assert total > 300
    assert inside / total >= least
