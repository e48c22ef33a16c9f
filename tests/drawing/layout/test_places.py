"""Where in its layer a spot stands."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convsim.drawing.layout.places import spread


@pytest.mark.parametrize(
    ("wishes", "needs", "weights", "places"),
    [
        ([], [], [], []),
        ([5], [], [1], [5]),
        ([0, 100], [10], [1, 1], [0, 100]),  # there is room enough
        ([0, 0], [10], [1, 1], [-5, 5]),  # both give way
        ([0, 0], [10], [3, 1], [-2.5, 7.5]),  # the one that wishes less gives way more
        ([10, 0], [0], [1, 1], [5, 5]),
        ([0, 0, 100], [10, 10], [1, 1, 1], [-5, 5, 100]),  # those further off stay
    ],
)
def test_spots_are_as_near_to_their_wishes_as_they_can_be(
    wishes: list[float], needs: list[float], weights: list[float], places: list[float]
) -> None:
    """By the sum of weighted squares."""
    assert spread(wishes, needs, weights) == places


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(0, 50), st.floats(0.1, 10)), min_size=1))
def test_spots_keep_their_distances(spots: list[tuple[float, float, float]]) -> None:
    wishes, needs, weights = map(list, zip(*spots, strict=True))
    found = spread(wishes, needs[1:], weights)
    apart = [after - before for before, after in pairwise(found)]
    assert all(gap >= need - 1e-6 for gap, need in zip(apart, needs[1:], strict=True))
