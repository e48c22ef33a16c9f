"""What the parts of an SVG share."""

from __future__ import annotations

from pathlib import Path

import pytest

from convsim.drawing import markup
from convsim.drawing.markup import inert, px, tip


@pytest.mark.parametrize(
    ("value", "said"), [(1.0, "1"), (1.04, "1"), (1.06, "1.1"), (-0.5, "-0.5")]
)
def test_coordinates_are_short(value: float, said: str) -> None:
    assert px(value) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [("a<b>&'\"", "a&lt;b&gt;&amp;&#x27;&quot;"), ("a\nb", "a b"), ("\x00", "\ufffd")],
)
def test_texts_are_inert(text: str, said: str) -> None:
    """In an element as in an attribute."""
    assert inert(text) == said


def test_the_head_of_an_arrow_points_where_it_goes() -> None:
    assert tip((5, 9), down=True) == '<path class="tip" d="M5 9l-4 -8h8z"/>'
    assert tip((5, 9), down=False) == '<path class="tip" d="M5 9l-4 8h8z"/>'


def test_sizes_are_those_of_the_style_sheet() -> None:
    """What is measured is what is drawn."""
    sheet = (Path(markup.__file__).parent / "graph.css").read_text()
    for kind, size in (
        ("title", markup.TITLE),
        ("name", markup.NAME),
        ("about", markup.ABOUT),
        ("label", markup.LABEL),
    ):
        assert f".convsim-graph .{kind} {{ font-size: {size:g}px;" in sheet
    assert f"font: 400 {markup.SMALL:g}px " in sheet
