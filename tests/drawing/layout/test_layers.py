"""Which layer a box is in, and which lines are turned round for it."""

from __future__ import annotations

import pytest

from convsim.drawing.layout.geometry import Line, Size
from convsim.drawing.layout.layers import layers_of, leading_back

ROOM = Size(10, 10)


def lines(ways: str) -> list[Line]:
    """The lines of ways such as `ab bc`."""
    return [Line(way[0], way[1], ROOM, ROOM) for way in ways.split()]


@pytest.mark.parametrize(
    ("ways", "back", "layers"),
    [
        ("", [], "000"),
        ("ab bc", [], "012"),
        ("ab bc ac", [], "012"),  # the longest way counts
        ("ab bc ca", [2], "012"),
        ("ab ba bc", [1], "012"),
        ("aa ab bc", [0], "012"),  # a line to itself
        ("bc", [], "001"),  # nothing leads from the start
        ("ac bc", [], "001"),
    ],
)
def test_a_box_is_as_deep_as_the_longest_way_to_it(ways: str, back: list[int], layers: str) -> None:
    """Ways that lead back to where a walk from the start still is do not count."""
    found = leading_back("abc", lines(ways), "a")
    assert found == set(back)
    assert layers_of("abc", lines(ways), found) == dict(zip("abc", map(int, layers), strict=True))
