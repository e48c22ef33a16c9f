"""Ways joined into lines."""

from __future__ import annotations

from hypothesis import given

from convsim.drawing.lines import lines_of
from convsim.drawing.picture import Picture, picture_of
from tests.drawing.shapes import DEMO, pictures


def test_ways_to_one_state_are_one_line() -> None:
    """But where a state's visits are used up, that is a line of its own."""
    lines = {(it.source, it.to, it.then): it.texts() for it in lines_of(picture_of(DEMO))}
    assert lines["push", "end", False] == ("refused, weight 0.75", "otherwise")
    assert lines["push", "claim", False] == ("refused, weight 0.25",)
    assert lines["push", "claim", True] == ("after 2 visits",)


@given(pictures())
def test_every_way_is_in_one_line(picture: Picture) -> None:
    ways = [way for line in lines_of(picture) for way in line.ways]
    assert sorted(ways) == sorted(picture.ways)
