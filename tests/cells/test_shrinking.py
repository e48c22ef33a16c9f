"""Small cells drawn towards their table: which way, how far, and how often that is right."""

from __future__ import annotations

import numpy as np
import pytest

from convsim.cells import shrunk
from convsim.cells.shrinking import SHRUNK
from convsim.stats import Interval, Share, cluster_interval


def cell(name: str, *shares: tuple[int, int]) -> dict[str, Share]:
    return {f"{name}.{n}": Share(*it) for n, it in enumerate(shares)}


ALIKE = {name: cell(name, (1, 5), (0, 5), (2, 5), (1, 5)) for name in "abcde"}


def test_few_cells_say_nothing_about_others() -> None:
    """Two cells do not tell how cells differ, and a cell without data is none."""
    assert shrunk({}) == {}
    assert shrunk({"a": cell("a", (1, 5)), "b": cell("b", (2, 5)), "c": cell("c", (0, 0))}) == {}


def test_one_scenario_a_cell_tells_little_of_its_rule() -> None:
    """What differs may be the rule or the scenario: many repeats of one scenario decide nothing."""
    alone, several = (
        shrunk({name: cell(name, *hits) for name, hits in cells.items()})["e"].interval
        for cells in (
            {name: [(50 * (name == "e"), 50)] for name in "abcde"},
            {name: [(10 * (name == "e"), 10)] * 5 for name in "abcde"},
        )
    )
    assert alone.low < 0.35 < 0.6 < several.low


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


def test_dialogues_of_a_scenario_that_are_alike_are_worth_fewer() -> None:
    """The same counts by cell: spread within scenarios tells more than between them."""
    apart, together = (
        {name: cell(name, *hits) for name in "abcde"}
        for hits in ([(5, 5), (0, 5), (0, 5), (5, 5)], [(3, 5), (2, 5), (2, 5), (3, 5)])
    )
    widths = [one.high - one.low for one in (shrunk(it)["a"].interval for it in (apart, together))]
    assert widths[0] > 1.3 * widths[1]


def test_a_cell_of_many_scenarios_is_left_where_it_is() -> None:
    """Its own data tell: the interval is about that of its scenarios."""
    rng = np.random.default_rng(2)
    big = cell("big", *((int(it), 4) for it in rng.binomial(4, 0.6, 200)))
    hits = sum(it.hits for it in big.values())
    found = shrunk({"big": big, "other": cell("other", (0, 4), (1, 4)), "x": cell("x", (1, 4))})
    assert found["big"].value == pytest.approx(hits / 800, abs=0.01)
    own = cluster_interval(big.values())
    assert isinstance(own, Interval)
    assert found["big"].interval.low == pytest.approx(own.low, abs=0.015)
    assert found["big"].interval.high == pytest.approx(own.high, abs=0.015)


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
