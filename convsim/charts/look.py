"""How charts look: a few colours that differ in lightness, too, and marks that differ in shape.

Nothing is told by colour alone: lines are solid or dashed, points are filled or hollow, and things
are labelled where they are instead of in a legend. The colours are those of the report page, which
replaces them by its variables, so that a chart is dark on a dark page.
"""

from __future__ import annotations

from typing import Any

INK = "#22262b"
SOFT = "#626971"
LINE = "#e3dfd6"
SHEET = "#fffffe"
"""The ground. No other mark is quite as white, so that a page can find it."""
CROSSED = "#a83a0d"
"""What has to do with restricted asks that were met."""
REFUSED = "#2a5d84"
"""What has to do with allowed asks that were refused."""

PAINT = {
    INK: "var(--ink)",
    SOFT: "var(--soft)",
    LINE: "var(--line)",
    SHEET: "var(--paper)",
    CROSSED: "var(--fail)",
    REFUSED: "var(--accent)",
}
"""What these are in the report page."""

CELL_INK, CELL_PAPER = "#20242a", "#ffffff"
"""What is written on a cell, whose colour is the same on any page."""

HEAT = ("#f7f2ec", "#f1d3bd", "#e2976d", "#c2551f", "#7a2504")
"""From none to all: lighter to darker, also in grey."""

FONT = "system-ui, 'Noto Sans', 'DejaVu Sans', Verdana, sans-serif"

BENEATH: dict[str, Any] = {"color": SOFT, "fontSize": 11.5, "fontWeight": "normal"}
"""The lines below a title."""

CONFIG: dict[str, Any] = {
    "background": None,
    "font": FONT,
    "padding": 6,
    "view": {"stroke": None},
    "axis": {
        "domainColor": SOFT,
        "gridColor": LINE,
        "labelColor": INK,
        "labelFontSize": 11,
        "labelLimit": 240,
        "tickColor": SOFT,
        "titleColor": INK,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
    },
    "header": {"labelColor": INK, "labelFontSize": 12, "labelFontWeight": "bold", "title": None},
    "legend": {
        "labelColor": INK,
        "labelFontSize": 11,
        "labelLimit": 260,
        "symbolStrokeWidth": 2,
        "title": None,
        "titleColor": INK,
    },
    "text": {"color": INK, "fontSize": 11},
    "title": {
        "anchor": "start",
        "color": INK,
        "fontSize": 14,
        "fontWeight": "bold",
        "offset": 12,
        "subtitleColor": SOFT,
        "subtitleFontSize": 11.5,
        "subtitlePadding": 5,
    },
}
