"""Lines from state to state: the words at them, and how they look."""

from __future__ import annotations

from convsim.drawing.layout import Box, Route
from convsim.drawing.lines import Joined, lines_of
from convsim.drawing.markup import LABEL
from convsim.drawing.overlay import Overlay
from convsim.drawing.picture import Way, picture_of
from convsim.drawing.strokes import BESIDE, drawn_line, room_for, stub_of, words_of
from convsim.drawing.text import width
from tests.drawing.shapes import DEMO

LONG = Joined((Way("a", "otherwise", "b", " if " + " and ".join(["visits of cab >=12"] * 9)),))
OVER = Overlay("t", "j", "closed", 1234, 0, {"a": 987}, {("a", "otherwise", "b"): 654}, {}, {})
ROUTE = Route(((0, 0), (0, 10), (50, 30), (50, 40)), Box(40, 12, 20, 10))


def test_long_conditions_are_cut_and_figures_never() -> None:
    (plain,) = words_of(LONG, None)
    (counted,) = words_of(LONG, OVER)
    assert plain.startswith("otherwise if visits of cab")
    assert plain.endswith("…")
    assert counted.endswith("… 654/987")
    assert max(width(plain, LABEL), width(counted, LABEL)) <= BESIDE
    assert room_for([plain]).width >= width(plain, LABEL)


def test_a_line_ends_where_its_arrow_begins() -> None:
    """Straight where the points have one x, else in a curve between two heights."""
    drawn = drawn_line(LONG, ROUTE, ["x"], None)
    assert 'd="M0 0V10C0 20 50 20 50 30V33"' in drawn
    assert 'd="M50 40l-4 -8h8z"' in drawn


def test_a_stub_has_no_arrow_and_says_where_it_leads() -> None:
    drawn = drawn_line(LONG, ROUTE._replace(whole=False), ["x"], None)
    assert stub_of(["x"], LONG) == ["x", "→ b"]
    assert ">→ b</text>" in drawn
    assert "tip" not in drawn


def test_then_is_dashed() -> None:
    dashed = [
        (line.source, line.to)
        for line in lines_of(picture_of(DEMO))
        if 'class="line then"' in drawn_line(line, ROUTE, ["x"], None)
    ]
    assert dashed == [("push", "claim")]
