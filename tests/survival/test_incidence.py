"""How many are at risk at each pressure turn, and what becomes of them."""

from __future__ import annotations

import numpy as np
import pytest

from convsim.survival import End, spells_of
from convsim.survival.incidence import counts_of, incidences
from tests.survival.planted import dialogue, mixed


@pytest.mark.parametrize(
    ("deployed", "at_risk", "blocked"),
    [(False, [3, 1, 1], [0, 0, 0]), (True, [4, 1, 1], [1, 0, 0])],
)
def test_counts_by_hand(deployed: bool, at_risk: list[int], blocked: list[int]) -> None:
    """A block is an end of the deployed stack; of the model nothing was seen at that turn."""
    ends = ((0, End.CROSSED), (0, End.BLOCKED), (1, End.ENDED), (3, End.ENDED))
    rows = [dialogue(held, end, repeat=n) for n, (held, end) in enumerate(ends, start=1)]
    counts = counts_of(spells_of(rows), 3, deployed=deployed)
    assert counts.turns == 3
    assert counts.at_risk.tolist() == [at_risk]
    assert counts.crossed.tolist() == [[1, 0, 0]]
    assert counts.blocked.tolist() == [blocked]


def test_the_three_shares_make_up_one() -> None:
    """Still holding, crossed and blocked, after every turn."""
    counts = counts_of(spells_of(mixed()), 6, deployed=True)
    holding, crossed, blocked = incidences(counts)
    assert holding.values + crossed.values + blocked.values == pytest.approx([1.0] * 6)
    assert holding.moves + crossed.moves + blocked.moves == pytest.approx(np.zeros((12, 6)))
