"""Under-refusal against over-refusal: what a target buys with the one it pays with the other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from convsim.charts.look import CROSSED, INK, REFUSED, SHEET, SOFT
from convsim.charts.marks import Record, marked, titled, tooltip, who
from convsim.charts.plot import NothingToShow, Plot, check_installed
from convsim.errors import InputError
from convsim.mitigations import Standing

if TYPE_CHECKING:
    import altair

ACROSS, UP = "over-refusal", "under-refusal"
ABOUT = f"{UP} against {ACROSS}"
TITLE = ("Under-refusal against over-refusal", "What is deployed: under- against over-refusal")
FILLED_BY = (
    "Filled: no other point is better on both. Intervals may leave that open.",
    "Filled: on the front, as far as the intervals tell.",
)
"""Of the models, and of deployed stacks."""

SIDE = 380
"""How many pixels the chart is wide and high."""

LABEL, LETTER, GAP = 15, 6.6, 10
"""How high a line of a label is, how wide a letter at most, and how far it stands off its point."""


class _Point(NamedTuple):
    """One target in one mode: its two numbers, and whether none has less of both."""

    who: str
    across: Record
    up: Record
    front: bool


def tradeoff(
    records: Iterable[Record], *, base: Mapping[str, str] | None = None, deployed: bool = False
) -> Plot:
    """Each target in each mode at its under- and over-refusal, with the interval of either.

    `records` hold these two of every target; other numbers are left alone. With `deployed` they are
    those of mitigations: the rates of the deployed stack. A filled point is on the front: no other
    has less of the one and no more of the other, or the mitigations' table says that it is. `base`
    says which target is a variant of which: a line leads there.
    """
    check_installed()
    import altair

    points, missing = _points(records, deployed=deployed)
    if not points:
        raise NothingToShow("no target has both an under- and an over-refusal rate")
    ends = _end(points, "across"), _end(points, "up")
    scale_x, scale_y = (altair.Scale(domain=[0, end]) for end in ends)
    x = altair.X("x:Q", scale=scale_x, axis=_axis(ACROSS))
    y = altair.Y("y:Q", scale=scale_y, axis=_axis(UP))
    rows = list(_rows(points, ends))
    wide = altair.Chart(altair.Data(values=rows)).encode(x=x, y=y)
    layers = [
        *_moves(rows, base or {}, x, y),
        *_intervals(points, x, y),
        wide.mark_rule(color=SOFT, strokeWidth=0.7, aria=False).encode(
            x2="label_x:Q", y2="label_y:Q"
        ),
        _circles(wide, points),
        *(
            wide.mark_text(align="left", dx=3, aria=False, **ink).encode(
                x="label_x:Q", y="label_y:Q", text="who:N"
            )
            for ink in ({"stroke": SHEET, "strokeWidth": 4, "strokeJoin": "round"}, {"fill": INK})
        ),
    ]
    said = ["Lower left is better. Lines: 95% intervals.", FILLED_BY[deployed]]
    if base and any(point.up["target"] in base for point in points):
        said.append("Dashed: from a target to its variants.")
    if missing:
        said.append(f"Without both rates, and not shown: {', '.join(missing)}.")
    chart = altair.layer(*layers).properties(
        width=SIDE,
        height=SIDE,
        title=titled(TITLE[deployed], *said, width=SIDE + 100),
    )
    return Plot(chart, [dict(it) for point in points for it in (point.up, point.across)], ABOUT)


# --- points


def _points(records: Iterable[Record], *, deployed: bool) -> tuple[list[_Point], list[str]]:
    """Every target with both rates, and who lacks one."""
    names = [f"{name} (deployed)" if deployed else name for name in (ACROSS, UP)]
    found: dict[tuple[str, str], dict[str, Record]] = {}
    for record in marked(records, "target", "mode"):
        if record["name"] not in names:
            continue
        rates = found.setdefault((record["target"], record["mode"]), {})
        if record["name"] in rates:
            raise InputError(
                f"target {record['target']} has several rates called '{record['name']}'; take one "
                "table of them, as in `tables.where(by='rate')`"
            )
        rates[record["name"]] = record
    modes = {mode for _, mode in found}
    pairs, missing = {}, []
    for place, by_name in found.items():
        name = who(*place, modes)
        across, up = (by_name.get(it, {}) for it in names)
        if across.get("estimate") is not None and up.get("estimate") is not None:
            pairs[name] = (across, up)
        else:
            missing.append(name)
    shares = {name: (it["estimate"], other["estimate"]) for name, (it, other) in pairs.items()}
    points = [
        _Point(
            name,
            *pair,
            front=pair[1]["standing"] == Standing.FRONT
            if deployed
            else not any(_better(it, shares[name]) for it in shares.values()),
        )
        for name, pair in pairs.items()
    ]
    return points, missing


def _better(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one != other and one[0] <= other[0] and one[1] <= other[1]


def _end(points: Iterable[_Point], side: str) -> float:
    """Where an axis ends: at the next tenth beyond all intervals."""
    most = max(_high(getattr(point, side)) for point in points)
    return min(1.0, max(0.1, math.ceil(most * 10 - 1e-9) / 10))


def _high(record: Record) -> float:
    return float(record["estimate"] if record["high"] is None else record["high"])


# --- marks


def _rows(points: Sequence[_Point], ends: tuple[float, float]) -> Iterable[dict[str, Any]]:
    """A row for each point: the record of its height, that of its place across, and its label."""
    x_end, y_end = ends
    at = [
        (point.across["estimate"] / x_end * SIDE, point.up["estimate"] / y_end * SIDE)
        for point in points
    ]
    labels = placed(at, [point.who for point in points])
    for point, (label_x, label_y) in zip(points, labels, strict=True):
        yield {
            **point.up,
            **{f"across_{name}": it for name, it in point.across.items()},
            "who": point.who,
            "told": f"{point.up['told']}\n{point.across['told']}",
            "x": point.across["estimate"],
            "y": point.up["estimate"],
            "front": point.front,
            "label_x": label_x / SIDE * x_end,
            "label_y": label_y / SIDE * y_end,
        }


def placed(at: Sequence[tuple[float, float]], texts: Sequence[str]) -> list[tuple[float, float]]:
    """Where labels begin, in pixels from the lower left: beside their points, none on another.

    >>> placed([(0, 0), (0, 0)], ["a", "b"])
    [(10.0, 10.0), (10.0, 25.0)]
    """
    found: dict[int, tuple[float, float]] = {}
    for index in sorted(range(len(at)), key=lambda it: at[it][::-1]):
        left = float(at[index][0] + GAP)
        right = left + LETTER * len(texts[index])
        bottom = float(at[index][1] + GAP)
        for other, (other_left, other_bottom) in sorted(found.items(), key=lambda it: it[1][1]):
            apart = right < other_left or left > other_left + LETTER * len(texts[other])
            if not apart and abs(bottom - other_bottom) < LABEL:
                bottom = other_bottom + LABEL
        found[index] = left, bottom
    return [found[index] for index in range(len(at))]


def _axis(name: str) -> altair.Axis:
    import altair

    return altair.Axis(title=f"{name} (less is better)", format="%", tickCount=6, offset=8)


def _intervals(points: Sequence[_Point], x: altair.X, y: altair.Y) -> Iterable[altair.Chart]:
    """The interval of either rate, through the point."""
    import altair

    ups = [{**it.up, "x": it.across["estimate"]} for it in points if it.up["low"] is not None]
    across = [
        {**it.across, "y": it.up["estimate"]} for it in points if it.across["low"] is not None
    ]
    mark: dict[str, Any] = {"strokeWidth": 1.6, "opacity": 0.55}
    if ups:
        yield (
            altair.Chart(altair.Data(values=ups))
            .mark_rule(color=CROSSED, **mark)
            .encode(
                x=x,
                y="low:Q",
                y2="high:Q",
                tooltip=tooltip(ups, "target", "mode"),
                description="told:N",
            )
        )
    if across:
        yield (
            altair.Chart(altair.Data(values=across))
            .mark_rule(color=REFUSED, **mark)
            .encode(
                x="low:Q",
                x2="high:Q",
                y=y,
                tooltip=tooltip(across, "target", "mode"),
                description="told:N",
            )
        )


def _circles(wide: altair.Chart, points: Sequence[_Point]) -> altair.Chart:
    import altair

    up = tooltip([it.up for it in points], "target", "mode")
    across = tooltip([it.across for it in points], prefix="across_", about="over:")
    made: altair.Chart = wide.mark_circle(size=70, stroke=INK, strokeWidth=1.4, opacity=1).encode(
        fill=altair.condition("datum.front", altair.value(INK), altair.value(SHEET)),
        tooltip=[*up, *across],
        description="told:N",
    )
    return made


def _moves(
    rows: Sequence[dict[str, Any]], base: Mapping[str, str], x: altair.X, y: altair.Y
) -> Iterable[altair.Chart]:
    """A line from each variant to the target that it is a variant of, in the same mode."""
    import altair

    at = {(row["target"], row["mode"]): row for row in rows}
    moved = [
        {**row, "from_x": start["x"], "from_y": start["y"]}
        for row in rows
        if (start := at.get((base.get(row["target"], ""), row["mode"])))
    ]
    if moved:
        yield (
            altair.Chart(altair.Data(values=moved))
            .mark_rule(color=SOFT, strokeDash=[4, 3], strokeWidth=1.4, aria=False)
            .encode(x=x, y=y, x2="from_x:Q", y2="from_y:Q")
        )
