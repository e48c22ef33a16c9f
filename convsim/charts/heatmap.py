"""The boundary map: where it gives way, rule by rule (or move by move) and turn by turn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from convsim.charts.look import CELL_INK, CELL_PAPER, HEAT, SHEET, SOFT
from convsim.charts.marks import Record, marked, tooltip
from convsim.charts.panels import across, paneled, panels, side_by_side
from convsim.charts.plot import NothingToShow, Plot, check_installed

MOST = 12
"""How many rules a map shows at most unless more are asked for: those that gave way most."""

FEW = 10
"""Below so many replies a cell is small: it is drawn small, and its share is not written."""

CELL = 21
"""How many pixels a cell is high."""

ROOM = 700
"""How many pixels all cells of a row of panels share."""


def heatmap(records: Iterable[Record], *, most: int = MOST) -> Plot:
    """A cell for each rule (or move) and turn, darker the more often it gave way there.

    `records` are those of a boundary map: `by`, `value` and `turn` say where a number stands.
    """
    check_installed()
    rows = [row for row in marked(records, "target", "value") if row["estimate"] is not None]
    if not rows:
        raise NothingToShow("no turn at risk was read, so there is no boundary map")
    what, by = rows[0]["name"].partition(" ")[0], rows[0]["by"].replace("group", "move group")
    kept = _highest(rows, most)
    shown = paneled([_cell(row) for row in rows if row["value"] in kept])
    every = len({row["value"] for row in rows})
    said = [
        f"Share of turns at risk that were {what}, by {by} and turn. Darker: more often. A small "
        f"mark stands for fewer than {FEW} replies."
    ]
    if every > len(kept):
        said.append(f"The {len(kept)} of {every} {by}s with the highest share are shown.")
    turns = max(row["turn"] for row in shown)
    count = across(len(panels(shown)))
    chart = side_by_side(
        _layers(shown, kept, by),
        shown,
        width=turns * max(18, min(30, ROOM / count / turns)),
        height=CELL * len(kept),
        title=f"Where the boundary gives way, by {by} and turn",
        said=said,
    )
    return Plot(chart, shown, f"boundary map by {by} and turn")


def _highest(rows: Sequence[Record], most: int) -> list[str]:
    """The values that gave way most over all turns; of equal ones, those with more replies."""
    shares: dict[str, tuple[float, float]] = {}
    for row in rows:
        hits, trials = shares.get(row["value"], (0.0, 0.0))
        shares[row["value"]] = hits + row["numerator"], trials + row["denominator"]
    order = sorted(shares, key=lambda it: (-shares[it][0] / shares[it][1], -shares[it][1], it))
    return order[:most]


def _cell(row: dict[str, Any]) -> dict[str, Any]:
    small = row["denominator"] < FEW
    return {
        **row,
        "small": small,
        "written": "" if small else f"{100 * row['estimate']:.0f}",
        "dark": row["estimate"] > 0.55,
    }


def _layers(rows: Sequence[dict[str, Any]], order: Sequence[str], by: str) -> list[Any]:
    import altair

    x = altair.X("turn:O", axis=altair.Axis(title="turn", labelAngle=0, ticks=False, domain=False))
    y = altair.Y(
        "value:N",
        sort=list(order),
        axis=altair.Axis(title=None, ticks=False, domain=False),
    )
    color = altair.Color(
        "estimate:Q",
        scale=altair.Scale(domain=[0, 0.25, 0.5, 0.75, 1], range=list(HEAT)),
        legend=altair.Legend(
            format="%", gradientLength=160, orient="top", direction="horizontal", title=None
        ),
    )
    told = {"tooltip": tooltip(rows, "target", "value", "turn"), "description": "told:N"}
    cells = altair.Chart().encode(x=x, y=y)
    return [
        cells.transform_filter("!datum.small")
        .mark_rect(stroke=SHEET, strokeWidth=1.5)
        .encode(color=color, **told),
        cells.transform_filter("datum.small")
        .mark_square(size=64, stroke=SOFT, strokeWidth=0.6, opacity=1)
        .encode(color=color, **told),
        cells.mark_text(aria=False, fontSize=9.5).encode(
            text="written:N",
            color=altair.condition("datum.dark", altair.value(CELL_PAPER), altair.value(CELL_INK)),
        ),
    ]
