"""The pressure effect laid out: as text, and as curves on a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from convsim.estimates import Estimate, Unit
from convsim.matching import DIRECT
from convsim.pressure import REFERENCES, REPEAT, RESAMPLE, Point, Pressure, pressures
from convsim.report.excerpts import inert
from convsim.report.hanging import INDENT, hanging
from convsim.report.tables import groups
from convsim.rows import Row
from convsim.scenario import RESTRICTED_ARM
from convsim.stats import NoInterval, in_points
from convsim.transcript import Mode

NOTE = (
    f"How often the restricted request was met within so many calls: in the arm {RESTRICTED_ARM}, "
    "where the user presses, and in a control that only asks as often: in fresh dialogues "
    "(resample), or again and again in one (repeat). The effect is the mean of the difference "
    "over all numbers of calls, in points: the area between the two curves. Against the plain "
    "request made once (direct) there is one call, before anybody pressed. Not corrected for the "
    "judge's errors."
)
EFFECT = "pressure effect"
"""What stands beside multi-turn rates where no control was played, or none that tells."""

BEYOND = "pressure beyond "
"""How the names of the numbers begin that stand there where one was."""

ABSENT = f"not known: neither `{RESAMPLE}` nor `{REPEAT}` was played"


class Pressed(NamedTuple):
    """The pressure effect against one control, and whose dialogues it is made of."""

    target: str
    mode: Mode
    effect: Pressure

    def to_dict(self) -> dict[str, Any]:
        """The effect as JSON-able data, with the place it belongs to."""
        return {"target": self.target, "mode": self.mode.value, **self.effect.to_dict()}


def pressed(rows: Iterable[Row], *, judge: str) -> tuple[Pressed, ...]:
    """The pressure effect of each target and mode against each control that was played."""
    return tuple(
        Pressed(group.target, group.mode, effect)
        for group in groups(rows)
        if (played := {row.arm for row in group.rows}.intersection(REFERENCES))
        for effect in pressures(group.rows, judge=judge)
        if effect.control in played
    )


def numbers(
    rows: Iterable[Row], found: Iterable[Pressed], *, judge: str
) -> dict[tuple[str, Mode], tuple[Estimate, ...]]:
    """What stands beside the multi-turn rates of each target and mode.

    That is the effect against each control that was played, or that none was; nothing where every
    dialogue had one turn.
    """
    effects: dict[tuple[str, Mode], list[Estimate]] = {}
    for item in found:
        if item.effect.control != DIRECT:
            effects.setdefault(item[:2], []).append(item.effect.estimate)
    several = {(row.target, row.mode) for row in rows if row.turns > 1 and row.exercised}
    return {place: tuple(effects.get(place) or [_absent(judge)]) for place in sorted(several)}


def _absent(judge: str) -> Estimate:
    return Estimate(
        name=EFFECT,
        estimand="How much more often a restricted request is met where the user presses than "
        "where it is only asked as often.",
        value=None,
        interval=NoInterval(ABSENT),
        fractions={},
        clusters=0,
        judge=judge,
        unit=Unit.POINTS,
        why=ABSENT,
    )


# --- as text


def lines(found: Sequence[Pressed], width: int = 80, *, all_lines: bool = True) -> Iterator[str]:
    """Each effect and, with `all_lines`, the curves it comes from; nothing without a control."""
    if not found:
        return
    yield "PRESSURE EFFECT"
    if all_lines:
        yield from hanging("", NOTE, width)
    for (target, mode), items in groupby(found, key=lambda item: (item.target, item.mode)):
        yield f"{INDENT}{inert(target)} ({mode.value})"
        effects = [item.effect for item in items]
        for effect in effects:
            yield from hanging(f"  beyond {effect.control}: ", said(effect), width)
            if all_lines:
                yield from _curves(effect)
        if all_lines and (about := _about(effects)):
            yield from hanging("  [low, high]: ", about, width)


def said(effect: Pressure) -> str:
    """The effect in a line: `+28.7 points [-15.4, 68.4], mean over 1 to 10 calls in ...`."""
    if effect.value is None:
        return f"none: {effect.why}"
    count, calls = len(effect.parts), len(effect.points)
    bounds = ""
    if effect.bounds:
        low, high = (f"{100 * end:+.1f}" for end in effect.bounds)
        bounds = f"; between {low} and {high}, whatever the censored dialogues had come to"
    over = "at the first call" if effect.control == DIRECT else f"mean over 1 to {calls} calls"
    return (
        f"{100 * effect.value:+.1f} points {in_points(effect.interval)}, {over} in {count} "
        f"scenario{'' if count == 1 else 's'}: {effect.decided}{bounds}{_left_out(effect)}"
    )


def _left_out(effect: Pressure) -> str:
    """Which dialogues were not seen to their end, or not at all."""
    told = {"censored": effect.censored, "left out": effect.excluded}
    return "".join(
        f"; {head}: {', '.join(f'{count:,} {why}' for why, count in counts.items())}"
        for head, counts in told.items()
        if counts
    )


def _about(effects: Iterable[Pressure]) -> str:
    """How the intervals were made, or why there is none."""
    ways = {
        it.reason if isinstance(it, NoInterval) else f"95% ({it.method})"
        for it in (effect.interval for effect in effects if effect.value is not None)
    }
    return "; ".join(sorted(ways)) + "." if ways else ""


class Line(NamedTuple):
    """Some numbers of calls that have the same figures: `3-10`, both shares, the difference.

    `counts` are the dialogues of either arm that had crossed by then, of all there are.
    """

    calls: str
    treated: str
    reference: str
    difference: str
    span: str
    counts: str


def table(effect: Pressure) -> list[Line]:
    """The curves in points; neighbours that are alike are one line."""

    def figures(point: Point) -> tuple[str, str, str, str, str]:
        shares = f"{100 * point.treated:.1f}", f"{100 * point.reference:.1f}"
        counts = ", ".join(f"{hits:g}/{of:g}" for hits, of in point.counts)
        return (*shares, f"{100 * point.value:+.1f}", in_points(point.interval), counts)

    found = []
    for alike, points in groupby(effect.points, key=figures):
        first, *later = (point.calls for point in points)
        found.append(Line(f"{first}-{later[-1]}" if later else str(first), *alike))
    return found


def _curves(effect: Pressure) -> Iterator[str]:
    if not effect.points:
        return
    heads = Line("calls", "pressed", effect.control, "difference", "", "dialogues crossed")
    for line in (heads, *table(effect)):
        shares = f"{line.treated:>9}{line.reference:>10}{line.difference:>12}"
        yield f"{INDENT * 3}{line.calls:<7}{shares} {line.span:<14} {line.counts}"


# --- as curves

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 340, 170, 40, 74, 12, 28


@dataclass(frozen=True, slots=True)
class Chart:
    """Where the two curves of an effect are drawn, and what stands beside them.

    `treated` and `reference` are the steps of a path, `between` the area that is the effect.
    """

    target: str
    mode: str
    control: str
    said: str
    about: str
    estimand: str
    treated: str
    reference: str
    between: str
    treated_end: float
    reference_end: float
    ticks: tuple[tuple[float, int], ...]
    table: tuple[Line, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def charts(found: Iterable[Pressed]) -> list[Chart]:
    """A chart for each effect; without an effect it has no points."""
    return [_chart(*item) for item in found]


def _chart(target: str, mode: Mode, effect: Pressure) -> Chart:
    treated = [point.treated for point in effect.points]
    reference = [point.reference for point in effect.points]
    ends = _apart(_y(treated[-1]), _y(reference[-1])) if treated else (0.0, 0.0)
    there, back = _steps(treated), _steps(reference)
    return Chart(
        target=target,
        mode=mode.value,
        control=effect.control,
        said=said(effect),
        about=_about([effect]),
        estimand=effect.estimand,
        treated=_path(there),
        reference=_path(back),
        between=_path([*there, *reversed(back)]),
        treated_end=ends[0],
        reference_end=ends[1],
        ticks=tuple(_ticks(len(treated))),
        table=tuple(table(effect)),
    )


def _y(share: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share)


def _x(calls: int, most: int) -> float:
    """Where a number of calls stands: the curve of j calls holds from j to j + 1."""
    return LEFT + (WIDTH - LEFT - RIGHT) * (calls - 1) / most


def _steps(shares: Sequence[float]) -> list[tuple[float, float]]:
    """The corners of a curve that holds its share from each number of calls to the next."""
    most = len(shares)
    return [
        (_x(calls + side, most), _y(share))
        for calls, share in enumerate(shares, 1)
        for side in (0, 1)
    ]


def _path(corners: Sequence[tuple[float, float]]) -> str:
    return "M" + " ".join(f"{x:.1f} {y:.1f}" for x, y in corners) if corners else ""


def _apart(one: float, other: float, least: float = 13.0) -> tuple[float, float]:
    """The heights of two labels, moved so far apart that they can be read."""
    if abs(one - other) >= least:
        return one, other
    middle, sign = (one + other) / 2, 1 if one > other else -1
    middle = min(middle, HEIGHT - BOTTOM - least / 2)
    return middle + sign * least / 2, middle - sign * least / 2


def _ticks(most: int) -> Iterator[tuple[float, int]]:
    """Where the numbers of calls are written: in the middle of their step, at most ten of them."""
    every = -(-most // 10)
    for calls in range(1, most + 1):
        if (calls - 1) % every == 0:
            yield (_x(calls, most) + _x(calls + 1, most)) / 2, calls
