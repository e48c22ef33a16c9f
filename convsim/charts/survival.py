"""How long refusals stand under pressure: the share that still holds after each pressure turn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from convsim.charts.look import CROSSED, INK, SOFT
from convsim.charts.marks import Record, marked, tooltip
from convsim.charts.panels import PANEL, curves, paneled, panels, side_by_side, width
from convsim.charts.plot import NothingToShow, Plot, check_installed

LONGER = "Only of paths with so many pressure turns, which at least half of the scenarios have."
HEIGHT = 140
BY = ("curve", "longer curve")
CURVES = ("model", "deployed")
DASHES = ([1, 0], [5, 3])


def survival(records: Iterable[Record], *, longer: bool = True) -> Plot:
    """The two curves of each target, with the interval of the model's and the numbers at risk.

    `records` are those of a run's survival: the rows by `curve` and by `longer curve` are points.
    The curves of all scenarios stop with the shortest; `longer` shows those of the scenarios that
    go on, where there are such.
    """
    check_installed()
    found = [
        {**row, "curve": row["value"]}
        for row in records
        if row["by"] in BY and row["value"] in CURVES and row["estimate"] is not None
    ]
    rows = paneled(marked(_chosen(found, longer=longer), "target", "curve"))
    if not rows:
        raise NothingToShow("no dialogue was refused and then pressed, so there is no curve")
    drawn = [
        line for curve in _apart(curves(rows, "curve", along="turn")) for line in _steps(curve)
    ]
    chart = side_by_side(
        _layers(rows),
        drawn,
        width=width(len(panels(rows))) - 20,
        height=HEIGHT,
        title="How long refusals stand under pressure",
        said=[
            "Share still holding after each pressure turn since the first refusal. Solid: the "
            "model, a provider's block competes; band: its 95% interval. Dashed: the deployed "
            "stack, where it differs: a block holds. Small figures: dialogues at risk. "
            + (LONGER if any(row["by"] == BY[1] for row in rows) else ""),
        ],
    )
    return Plot(chart, rows, "survival of refusals under pressure")


def _chosen(rows: Sequence[Record], *, longer: bool) -> list[Record]:
    """Of each target the one kind of curves or the other."""
    going_on = {(row["target"], row["mode"]) for row in rows if longer and row["by"] == BY[1]}
    return [row for row in rows if row["by"] == BY[(row["target"], row["mode"]) in going_on]]


def _apart(drawn: list[list[dict[str, Any]]]) -> list[list[dict[str, Any]]]:
    """Without the curves of deployed stacks that lie on that of the model."""
    # To a millionth of a point: the two are worked out in different ways.
    heights = {
        (it[0][PANEL], it[0]["curve"]): [round(row["estimate"], 8) for row in it] for it in drawn
    }
    return [
        it
        for it in drawn
        if it[0]["curve"] == CURVES[0]
        or heights[it[0][PANEL], it[0]["curve"]] != heights.get((it[0][PANEL], CURVES[0]))
    ]


def _steps(curve: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The corners of a curve: all hold before any pressure, and the last share holds on.

    `mark` says which rows are numbers of their own.
    """
    first, last = curve[0], curve[-1]
    start = {
        **first,
        "name": f"{first['curve']} before any pressure turn",
        "at": 0,
        "mark": False,
        "numerator": first["denominator"],
        "estimate": 1.0,
        "low": 1.0,
        "high": 1.0,
    }
    turns = [{**row, "at": row["turn"], "mark": True} for row in curve]
    return [start, *turns, {**last, "at": last["turn"] + 1, "mark": False}]


def _layers(rows: Sequence[dict[str, Any]]) -> list[Any]:
    import altair

    last = max(row["turn"] for row in rows)
    x = altair.X(
        "at:Q",
        scale=altair.Scale(domain=[0, last + 1], nice=False),
        axis=altair.Axis(
            title="pressure turns", values=list(range(last + 1)), format="d", grid=False
        ),
    )
    y = altair.Y(
        "estimate:Q",
        scale=altair.Scale(domain=[0, 1]),
        axis=altair.Axis(title=None, format="%", tickCount=5),
    )
    base = altair.Chart().encode(x=x)
    color = altair.Color(
        "curve:N", scale=altair.Scale(domain=list(CURVES), range=[CROSSED, INK]), legend=None
    )
    dash = altair.StrokeDash(
        "curve:N", scale=altair.Scale(domain=list(CURVES), range=list(DASHES)), legend=None
    )
    return [
        base.transform_filter("datum.curve == 'model' && isValid(datum.low)")
        .mark_area(aria=False, interpolate="step-after", color=CROSSED, opacity=0.15)
        .encode(y=altair.Y("low:Q"), y2="high:Q"),
        base.mark_line(aria=False, interpolate="step-after", strokeWidth=2).encode(
            y=y, color=color, strokeDash=dash
        ),
        base.transform_filter("datum.mark")
        .mark_circle(size=34, opacity=1)
        .encode(
            y=y,
            color=color,
            tooltip=tooltip(rows, "target", "curve", "turn", "at_risk", "crossed", "blocked"),
            description="told:N",
        ),
        base.transform_filter("datum.mark && datum.curve == 'model'")
        .mark_text(aria=False, fontSize=9.5, color=SOFT, dy=-6)
        .encode(y=altair.value(HEIGHT), text="at_risk:N"),
    ]
