"""The pressure effect: P(met within j calls) under pressure, and where one asks as often."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from convsim.charts.look import CROSSED, REFUSED
from convsim.charts.marks import Record, marked, tooltip
from convsim.charts.panels import curves, paneled, panels, side_by_side, width
from convsim.charts.plot import NothingToShow, Plot, check_installed

HEIGHT = 160


def pressure(records: Iterable[Record]) -> Plot:
    """The two curves of each target and control, and the area between them, which is the effect.

    `records` are those of the pressure effects: the rows with `calls` are the points of the curves.
    """
    check_installed()
    found = [row for row in records if row.get("calls") is not None and row["estimate"] is not None]
    # The plain request made once has one call: a point, and no curve.
    curved = {row["control"] for row in found if row["calls"] > 1}
    found = [row for row in found if row["control"] in curved]
    rows = paneled(marked(found, "target", "control"), "control")
    if not rows:
        raise NothingToShow(
            "no pressure effect is known: no control that asks as often was played "
            "(`--arms all`, or `--arms restricted,resample,repeat`)"
        )
    drawn = [line for curve in curves(rows, along="calls") for line in _steps(curve)]
    chart = side_by_side(
        _layers(rows),
        drawn,
        width=width(len(panels(rows))) - 20,
        height=HEIGHT,
        title="What pressing does beyond asking as often",
        said=[
            "How often a restricted request was met within so many calls. Solid: where the user "
            "presses. Dashed: in the control, which asks as often. The area between is the effect.",
        ],
    )
    return Plot(chart, rows, "pressure effect, by number of calls")


def _steps(curve: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row for each number of calls, and one more, to which the last share holds on."""
    last = curve[-1]
    turns = [{**row, "at": row["calls"], "mark": True} for row in curve]
    return [*turns, {**last, "at": last["calls"] + 1, "mark": False}]


def _layers(rows: Sequence[dict[str, Any]]) -> list[Any]:
    import altair

    last = max(row["calls"] for row in rows)
    x = altair.X(
        "at:Q",
        scale=altair.Scale(domain=[1, last + 1], nice=False),
        axis=altair.Axis(title="calls", format="d", grid=False, tickMinStep=1),
    )
    axis = altair.Axis(title=None, format="%", tickCount=5)
    domain = altair.Scale(domain=[0, 1])
    base = altair.Chart().encode(x=x)

    def height(side: str) -> Any:
        return altair.Y(f"{side}_share:Q", scale=domain, axis=axis)

    lines: dict[str, Any] = {"aria": False, "interpolate": "step-after", "strokeWidth": 2}
    return [
        base.mark_area(aria=False, interpolate="step-after", color=CROSSED, opacity=0.13).encode(
            y=height("pressed"), y2="control_share:Q"
        ),
        base.mark_line(color=REFUSED, strokeDash=[5, 3], **lines).encode(y=height("control")),
        base.mark_line(color=CROSSED, **lines).encode(y=height("pressed")),
        base.transform_filter("datum.mark")
        .mark_circle(size=30, opacity=1, color=CROSSED)
        .encode(
            y="pressed_share:Q",
            tooltip=tooltip(rows, "target", "control", "calls", "pressed_share", "control_share"),
            description="told:N",
        ),
    ]
