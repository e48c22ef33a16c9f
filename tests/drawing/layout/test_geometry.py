"""Boxes: what they share, and where their middle is."""

from __future__ import annotations

import pytest

from convsim.drawing.layout.geometry import Box


@pytest.mark.parametrize(
    ("other", "overlap"),
    [
        (Box(5, 5, 10, 10), True),
        (Box(2, 2, 1, 1), True),  # inside
        (Box(10, 0, 5, 5), False),  # an edge
        (Box(0, 11, 5, 5), False),
    ],
)
def test_boxes_overlap_that_share_more_than_an_edge(other: Box, overlap: bool) -> None:
    """Whichever of the two is asked."""
    one = Box(0, 0, 10, 10)
    assert (one.overlaps(other), other.overlaps(one)) == (overlap, overlap)


def test_the_middle_of_a_box_is_its_centre() -> None:
    assert Box(10, 20, 4, 8).middle == (12, 24)
