"""What the parts of an SVG share: coordinates, escaped texts, the head of an arrow, sizes."""

from __future__ import annotations

from html import escape

from convsim.drawing.picture import visible

TITLE, NAME, ABOUT, SMALL, LABEL, TINY = 17.0, 13.0, 12.0, 11.0, 10.5, 10.0
"""Font sizes, as in graph.css."""


def px(value: float) -> str:
    """A coordinate, to a tenth."""
    return f"{value:.1f}".removesuffix(".0")


def inert(text: str) -> str:
    """A text as it may stand in an element or in an attribute."""
    return escape(visible(text))


def tip(at: tuple[float, float], *, down: bool, half: float = 4.0) -> str:
    """The head of an arrow that ends here."""
    x, y = at
    back = px(-2 * half if down else 2 * half)
    return f'<path class="tip" d="M{px(x)} {px(y)}l{px(-half)} {back}h{px(2 * half)}z"/>'
