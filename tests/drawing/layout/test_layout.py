"""Where boxes and lines go: nothing lies on anything else, and everything is there."""

from __future__ import annotations

from itertools import combinations, pairwise
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convsim.drawing.layout import Box, Layout, Line, Size, chains, layout

LABEL, STUB = Size(50, 20), Size(70, 30)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, Size], list[Line]]:
    """Boxes of several sizes, and lines between any two of them or from one to itself."""
    sizes = st.builds(Size, st.floats(20, 260), st.floats(20, 130))
    boxes = {str(n): draw(sizes) for n in range(draw(st.integers(1, 10)))}
    name = st.sampled_from(list(boxes))
    labels = st.builds(Size, st.floats(10, 200), st.floats(10, 50))
    pairs = draw(st.lists(st.tuples(name, name), max_size=30))
    once = dict.fromkeys(pairs)
    return boxes, [Line(source, to, draw(labels), STUB) for source, to in once]


def rectangles(found: Layout) -> list[Box]:
    return [*found.boxes.values(), *(route.label for route in found.routes)]


def shrunk(box: Box) -> Box:
    """Rounding is no overlap."""
    return Box(box.x + 0.01, box.y + 0.01, box.width - 0.02, box.height - 0.02)


@given(graphs())
def test_no_two_boxes_or_labels_overlap(graph: tuple[dict[str, Size], list[Line]]) -> None:
    boxes, lines = graph
    found = layout(boxes, lines, "0")
    taken = [shrunk(box) for box in rectangles(found)]
    assert not [pair for pair in combinations(taken, 2) if pair[0].overlaps(pair[1])]


@given(graphs())
def test_everything_is_inside(graph: tuple[dict[str, Size], list[Line]]) -> None:
    """No place is negative, and none beyond the size that is said."""
    found = layout(*graph, "0")
    for box in rectangles(found):
        assert box.x >= -0.01
        assert box.y >= -0.01
        assert box.x + box.width <= found.width + 0.01
        assert box.y + box.height <= found.height + 0.01


@given(graphs())
def test_lines_begin_and_end_at_their_boxes(graph: tuple[dict[str, Size], list[Line]]) -> None:
    """At an edge, between its corners; a line to itself at the right."""
    boxes, lines = graph
    found = layout(boxes, lines, "0")
    for line, route in zip(lines, found.routes, strict=True):
        for name, (x, y) in ((line.source, route.points[0]), (line.to, route.points[-1])):
            box = found.boxes[name]
            assert box.x <= x <= box.x + box.width + 0.01
            assert min(abs(y - box.y), abs(y - box.y - box.height)) < 0.01 or line.source == line.to


@given(graphs())
def test_no_line_crosses_a_box(graph: tuple[dict[str, Size], list[Line]]) -> None:
    """A curve between two points stays between their heights; there it meets no box."""
    boxes, lines = graph
    found = layout(boxes, lines, "0")
    for line, route in zip(lines, found.routes, strict=True):
        if line.source == line.to:
            continue
        for (x, y), (to_x, to_y) in pairwise(route.points):
            left, width = min(x, to_x), abs(x - to_x)
            path = shrunk(Box(left - 0.02, min(y, to_y), width + 0.04, abs(y - to_y)))
            for name, box in found.boxes.items():
                assert not path.overlaps(shrunk(box)), (line, name)


@given(graphs())
def test_the_same_graph_is_laid_out_the_same(graph: tuple[dict[str, Size], list[Line]]) -> None:
    assert layout(*graph, "0") == layout(*graph, "0")


def test_a_chain_is_a_column_from_top_to_bottom() -> None:
    boxes = {name: Size(100, 40) for name in "abc"}
    found = layout(boxes, [Line("a", "b", LABEL, STUB), Line("b", "c", LABEL, STUB)], "a")
    assert len({round(box.x, 3) for box in found.boxes.values()}) == 1
    assert found.boxes["a"].y < found.boxes["b"].y < found.boxes["c"].y
    assert all(route.whole for route in found.routes)


def test_a_line_that_leads_back_goes_up() -> None:
    """Its words stand next to where it comes from."""
    boxes = {name: Size(100, 40) for name in "abc"}
    ways = [("a", "b"), ("b", "c"), ("c", "a")]
    found = layout(boxes, [Line(*way, LABEL, STUB) for way in ways], "a")
    back = found.routes[2]
    assert back.points[0][1] == found.boxes["c"].y
    assert back.points[-1][1] == found.boxes["a"].y + found.boxes["a"].height
    assert back.label.y > found.boxes["b"].y


def test_a_long_line_passes_straight() -> None:
    """Beside the boxes between its ends, without a bend on the way."""
    names = "abcdef"
    boxes = {name: Size(100, 40) for name in names}
    ways = [*pairwise(names), ("a", "f")]
    found = layout(boxes, [Line(*way, LABEL, STUB) for way in ways], "a")
    inner = {round(x, 2) for x, _ in found.routes[-1].points[2:-2]}
    assert len(inner) == 1


def test_what_is_too_long_to_draw_ends_as_a_stub(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest lines first; a stub has room for the words that say where it leads."""
    monkeypatch.setattr(chains, "MOST_SPOTS", 12)
    names = "abcdef"
    boxes = {name: Size(100, 40) for name in names}
    ways = [*pairwise(names), ("a", "f"), ("f", "a")]
    found = layout(boxes, [Line(*way, LABEL, STUB) for way in ways], "a")
    assert [route.whole for route in found.routes] == [True] * 5 + [False] * 2
    stubs = [route.label for route in found.routes[5:]]
    assert [(round(box.width), round(box.height)) for box in stubs] == [STUB, STUB]
    taken = rectangles(found)
    assert not [pair for pair in combinations(taken, 2) if pair[0].overlaps(pair[1])]


def test_a_thousand_boxes_take_no_two_seconds() -> None:
    boxes = {str(n): Size(200, 90) for n in range(1000)}
    lines = [
        Line(str(n), str((n * step + step) % 1000), LABEL, STUB)
        for n in range(1000)
        for step in (1, 7, 31, 333, 577)
    ]
    start = process_time()
    found = layout(boxes, lines, "0")
    assert process_time() - start < 4  # twice what is promised, for a slow machine
    assert len(found.routes) == 5000
