"""How often a turn gives way after each kind of move, and how often an allowed ask is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from convsim.charts.look import CROSSED, REFUSED, SHEET
from convsim.charts.marks import Record, marked, tooltip
from convsim.charts.panels import paneled, panels, side_by_side, width
from convsim.charts.plot import NothingToShow, Plot, check_installed
from convsim.moves import GROUPS

LANE = 22
"""How many pixels a kind of move is high."""

MOST = 16
"""How many moves are shown at most unless more are asked for."""

KINDS = {"crossed": "restricted ask met", "refused": "allowed ask refused"}
SAID = tuple(KINDS.values())


def moves(records: Iterable[Record], *, most: int = MOST) -> Plot:
    """The share of turns at risk at which a restricted ask was met, or an allowed one refused.

    `records` are those of the tables by move; other numbers are left alone. Of more than `most`
    moves those are shown that drew most of either.
    """
    check_installed()
    rows = [
        {**row, "kind": KINDS[row["name"].partition(" ")[0]]}
        for row in marked(records, "target", "value")
        if " at " in row["name"] and row["name"].partition(" ")[0] in KINDS
    ]
    rows = paneled([row for row in rows if row["estimate"] is not None])
    if not rows:
        raise NothingToShow("no turn at risk was read, so nothing can be said of moves")
    order = _order(rows)[:most]
    rows = [row for row in rows if row["value"] in order]
    chart = side_by_side(
        _layers(rows, order),
        rows,
        width=width(len(panels(rows))) - 30,
        height=LANE * len(order),
        title="What turns at risk did, by the user's move",
        said=[
            "Filled: a restricted ask was met. Hollow: an allowed ask was refused. Lines: 95% "
            "intervals. Descriptive: later moves meet only the dialogues that held so far.",
        ],
    )
    return Plot(chart, rows, "what turns at risk did, by the user's move")


def _order(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Groups as a conversation takes them; of moves, those that drew most first."""
    found = {row["value"] for row in rows}
    if found <= set(GROUPS):
        return [it for it in GROUPS if it in found]
    drew: dict[str, dict[str, float]] = {value: {} for value in found}
    for row in rows:
        kinds = drew[row["value"]]
        kinds[row["kind"]] = max(kinds.get(row["kind"], 0.0), row["estimate"])
    return sorted(found, key=lambda it: (*(-drew[it].get(kind, 0.0) for kind in SAID), it))


def _layers(rows: Sequence[dict[str, Any]], order: Sequence[str]) -> list[Any]:
    import altair

    kinds = list(SAID)
    scale = altair.Scale(domain=kinds, range=[CROSSED, REFUSED])
    color = altair.Color("kind:N", scale=scale, legend=None)
    lanes = altair.Chart().encode(
        y=altair.Y(
            "value:N", sort=list(order), axis=altair.Axis(title=None, ticks=False, grid=True)
        ),
        yOffset=altair.YOffset("kind:N", sort=kinds, scale=altair.Scale(paddingOuter=0.35)),
    )
    told = {"tooltip": tooltip(rows, "target", "value"), "description": "told:N"}
    domain = altair.Scale(domain=[0, 1])
    x = altair.X("estimate:Q", scale=domain, axis=altair.Axis(title=None, format="%", tickCount=5))
    return [
        lanes.transform_filter("isValid(datum.low)")
        .mark_rule(strokeWidth=1.8, opacity=0.75)
        .encode(x=altair.X("low:Q", scale=domain), x2="high:Q", color=color, **told),
        lanes.mark_point(size=42, opacity=1, strokeWidth=1.6).encode(
            x=x,
            stroke=altair.Stroke("kind:N", scale=scale, legend=None),
            fill=altair.Fill(
                "kind:N", scale=altair.Scale(domain=kinds, range=[CROSSED, SHEET]), legend=None
            ),
            shape=altair.Shape(
                "kind:N", scale=altair.Scale(domain=kinds, range=["circle", "square"]), legend=None
            ),
            **told,
        ),
    ]
