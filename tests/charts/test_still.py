"""A still image: nothing in it acts, and its marks have titles."""

from __future__ import annotations

import pytest

from convsim.charts.still import SVG, still

MARK = (
    '<g role="graphics-object" aria-roledescription="symbol mark container">'
    '<path aria-label="5/40" aria-roledescription="point" class="m" d="M1,1h1" fill="#000"/></g>'
)


def drawing(inside: str) -> str:
    """What Vega writes around its marks."""
    return f'<svg xmlns="{SVG}" class="marks" width="9" height="9">{inside}</svg>'


def test_what_a_mark_stands_for_is_its_title() -> None:
    """A browser shows it without a script; what is for live charts only goes."""
    assert still(drawing(MARK), "a chart") == (
        f'<svg width="9" height="9" xmlns="{SVG}" role="img" aria-label="a chart">'
        '<g><path d="M1,1h1" fill="#000"><title>5/40</title></path></g></svg>'
    )


def test_a_title_is_escaped() -> None:
    """Whoever named a target does not write into the page."""
    hostile = MARK.replace("5/40", "&lt;script&gt;alert(1)&lt;/script&gt;")
    assert "<title>&lt;script&gt;" in still(drawing(hostile), "a")


def test_axes_and_legends_have_no_titles() -> None:
    """Their words are on the image."""
    axis = '<g aria-roledescription="axis" aria-label="X-axis"><path d="M1,1h1"/></g>'
    assert "X-axis" not in still(drawing(axis), "a")


@pytest.mark.parametrize("name", ["script", "foreignObject", "image", "a", "style", "animate"])
def test_what_is_no_shape_is_refused(name: str) -> None:
    """It does not come from us."""
    with pytest.raises(ValueError, match=f"a chart holds <{name}>"):
        still(drawing(f"<{name}/>"), "a")


def test_no_attribute_acts() -> None:
    """Neither events nor links."""
    acting = '<path d="M1,1h1" onclick="alert(1)" href="x" pointer-events="all"/>'
    assert still(drawing(acting), "a").count("=") == still(
        drawing('<path d="M1,1h1"/>'), "a"
    ).count("=")


def test_a_page_paints_in_its_own_colours() -> None:
    """By a style, where its variables count; other colours stay."""
    made = still(drawing(MARK), "a", paint={"#000": "var(--ink)"})
    assert 'style="fill:var(--ink)"' in made
    assert "style" not in still(drawing(MARK), "a", paint={"#111": "var(--ink)"})


def test_ids_are_those_of_the_image() -> None:
    """The same chart is the same text whatever was drawn before, and a page can hold several."""
    clipped = (
        '<defs><clipPath id="clip{n}"><rect width="1" height="1"/></clipPath></defs>'
        '<path d="M1,1h1" clip-path="url(#clip{n})"/>'
    )
    first, later = (still(drawing(clipped.format(n=n)), "a map") for n in (0, 17))
    assert first == later
    assert 'id="a-map-1"' in first
    assert 'clip-path="url(#a-map-1)"' in first
    assert 'id="other-1"' in still(drawing(clipped.format(n=0)), "other")


def test_what_draws_nothing_is_left_out() -> None:
    """Empty groups and paths of no size."""
    empty = '<g><g><path d="M0,0h0v0h0Z"/></g><path d=""/></g>'
    assert "<g>" not in still(drawing(empty), "a")
