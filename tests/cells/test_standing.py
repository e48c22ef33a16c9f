"""How a cell stands: the words for it, and which cell is worst."""

from __future__ import annotations

import pytest

from convsim.cells import NOWHERE, SMALL, Standing, badness, shrunk, standings
from convsim.multiplicity import BENJAMINI_HOCHBERG
from convsim.rates import Rate
from convsim.stats import Interval, NoInterval, Share

CELLS = {
    "bad": {f"b{n}": Share(4, 4) for n in range(6)},
    "fair": {f"f{n}": Share(n % 2, 4) for n in range(8)},
    "good": {f"g{n}": Share(n % 2, 4) for n in range(8)},
    "small": {f"s{n}": Share(n % 2, 4) for n in range(SMALL - 1)},
}
WHOLE = {name: share for cell in CELLS.values() for name, share in cell.items()}


def test_each_cell_is_tested_against_the_rest() -> None:
    """Adjusted for their number; only what rests on few scenarios is small."""
    found = standings(CELLS, WHOLE)
    assert [name for name, it in found.items() if it.differs] == ["bad"]
    assert [name for name, it in found.items() if it.small] == ["small"]
    assert found["bad"].said.startswith("more than the rest (p ")
    assert found["bad"].said.endswith(", Holm over 4)")
    assert found["good"].said.startswith("not told from the rest (p ")
    explored = standings(CELLS, WHOLE, adjust=BENJAMINI_HOCHBERG)
    assert explored["good"].adjusted == "Benjamini-Hochberg over 4"
    assert (explored["good"].p_value or 1) <= (found["good"].p_value or 1)


def test_what_was_not_tested_says_nothing() -> None:
    """One cell has no rest."""
    (found,) = standings({"all": WHOLE}, WHOLE).values()
    assert (found.p_value, found.test, found.said, found.differs) == (None, "", "", False)


def test_a_number_that_stands_alone_has_the_same_columns() -> None:
    """But for the p-value, which is its own."""
    (found, *_) = standings(CELLS, WHOLE).values()
    assert {*NOWHERE, "p_value"} == {*found.record()}
    assert found.to_dict()["differs"] is True


def rate(hits: int, trials: int, interval: Interval | NoInterval) -> Rate:
    return Rate("r", "Of these.", hits, trials, 3, interval, "rules")


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        (rate(6, 9, Interval(0.4, 0.9, "t")), rate(9, 9, Interval(0.2, 1.0, "t"))),
        (rate(9, 9, Interval(0.4, 0.9, "t")), rate(6, 9, Interval(0.4, 0.9, "t"))),
        (rate(1, 9, Interval(0.01, 0.5, "t")), rate(2, 2, NoInterval("one scenario"))),
    ],
)
def test_what_is_surely_bad_comes_before_what_may_be(worse: Rate, better: Rate) -> None:
    """The lower end first, then the share."""
    assert badness(worse, None) > badness(better, None)


def test_a_shrunk_share_decides_where_there_is_one() -> None:
    """A lucky small cell does not come first."""
    drawn = shrunk(CELLS)
    bad, small = (Standing(small=False, shrunk=drawn[it]) for it in ("bad", "small"))
    loud = rate(2, 2, Interval(0.9, 1.0, "t"))
    assert badness(loud, small) < badness(loud, bad)
