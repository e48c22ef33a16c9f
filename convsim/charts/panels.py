"""Small charts side by side, one for each target in each mode: nothing is pooled or overplotted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convsim.charts.marks import Record, titled, who

if TYPE_CHECKING:
    import altair

WIDE = 880
"""How many pixels all panels of a row share."""

ACROSS = 3
"""How many panels stand side by side at most."""

PANEL = "panel"
"""The column that says in which panel a row is drawn."""


def paneled(rows: Sequence[dict[str, Any]], *also: str) -> list[dict[str, Any]]:
    """The rows with their panel: the target, its mode where there are several, and `also`."""
    modes = {row["mode"] for row in rows}
    return [
        {
            **row,
            PANEL: ", ".join(
                [who(row["target"], row["mode"], modes), *(str(row[name]) for name in also)]
            ),
        }
        for row in rows
    ]


def panels(rows: Sequence[Record]) -> list[str]:
    """The panels, in the order of the rows."""
    return list(dict.fromkeys(row[PANEL] for row in rows))


def curves(rows: Sequence[dict[str, Any]], *columns: str, along: str) -> list[list[dict[str, Any]]]:
    """The rows of each panel that have the same values in `columns`, in the order of `along`."""
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in (PANEL, *columns)), []).append(row)
    return [sorted(curve, key=lambda row: row[along]) for curve in found.values()]


def across(count: int) -> int:
    """How many panels stand side by side: of four, two rather than three."""
    return 2 if count == 4 else min(count, ACROSS)


def width(count: int) -> float:
    """How wide a panel is."""
    return min(420, WIDE / across(count) - 24)


def side_by_side(
    layers: Sequence[altair.Chart],
    rows: Sequence[dict[str, Any]],
    *,
    width: float,
    height: float,
    title: str,
    said: Sequence[str],
) -> altair.FacetChart:
    """The layers, which say nothing of their data, for the rows of each panel.

    `said` is what one has to know to read them.
    """
    import altair

    order = panels(rows)
    count = across(len(order))
    inner = altair.layer(*layers, data=altair.Data(values=list(rows)))
    facet = altair.Facet(f"{PANEL}:N", sort=order, header=altair.Header(title=None))
    made: altair.FacetChart = (
        inner.properties(width=width, height=height)
        .facet(facet=facet, columns=count, spacing={"row": 26, "column": 24})
        .properties(title=titled(title, *said, width=count * (width + 24) + 60))
    )
    return made
