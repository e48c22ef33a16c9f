"""The tables of a run by their names: what `convsim report --table` and `Run.table` hand out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from convsim.boundary import BY, Site, boundary
from convsim.errors import InputError, choices
from convsim.report.data import ReportData
from convsim.report.pressing import Pressed
from convsim.report.tables import Group, groups
from convsim.scenario import Asks
from convsim.tabular import Records, Tabular

HEADLINE = "rates"


def table(data: ReportData, name: str = HEADLINE) -> Tabular:
    """One table of a run. Raises `InputError` where none is called so, or the judge is void."""
    found = tables(data)
    if name not in found:
        raise InputError(f"no table is called '{name}'" + choices(name, list(found)))
    return found[name]()


def tables(data: ReportData) -> Mapping[str, Callable[[], Tabular]]:
    """Every table by its name; each is counted when it is asked for.

    Raises `InputError` where the judge is void.
    """
    if data.void is not None:
        raise InputError(f"VOID: {data.void}")
    return {
        HEADLINE: lambda: data.tables.headline,
        **{_named(one.title): _given(one) for one in data.tables.splits},
        "survival": lambda: data.survival,
        "comparisons": lambda: comparisons(data),
        "pressure": lambda: pressure(data.pressed),
        "mitigations": lambda: data.mitigations,
        **({} if data.stopped is None else {"stopped": _given(data.stopped)}),
        **{f"map-by-{by}": _mapped(data, by) for by in BY},
    }


def _given(one: Tabular) -> Callable[[], Tabular]:
    return lambda: one


def _mapped(data: ReportData, by: str) -> Callable[[], Tabular]:
    return lambda: boundary_map(data, by=by)


def _named(title: str) -> str:
    """`under-refusal-by-rule`."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


# --- those of several targets, put together


def comparisons(data: ReportData) -> Records:
    """What matched arms and repeats show."""
    return Records(
        {"target": item.target, "mode": item.mode.value, **item.comparison.record()}
        for item in data.comparisons
    )


def pressure(found: Iterable[Pressed]) -> Records:
    """The pressure effects, and the points of the curves that each is the area between."""
    return Records(record for item in found for record in _pressed(item))


def _pressed(item: Pressed) -> Iterator[dict[str, Any]]:
    """`pressed_share` and `control_share` are how high the two curves are."""
    points = {point.calls: point for point in item.effect.points}
    for record in item.effect.records():
        point = points.get(record["calls"])
        yield {
            "target": item.target,
            "mode": item.mode.value,
            "control": record["control"],
            "calls": record["calls"],
            "pressed_share": point.treated if point else None,
            "control_share": point.reference if point else None,
            **record,
        }


def boundary_map(data: ReportData, *, by: str = "rule", asks: Asks = Asks.RESTRICTED) -> Records:
    """Where the boundary gives way, by rule or move and turn; controls apart."""
    return Records(
        {**_place(group), **_site(site), **site.rate.record()}
        for group in _authored(data)
        for site in boundary(group.rows, judge=data.judge, by=by, asks=asks, reviewed=data.reviewed)
    )


def _site(site: Site) -> dict[str, Any]:
    return {"by": site.by, "value": site.value, "turn": site.turn}


def _authored(data: ReportData) -> list[Group]:
    return [group.without_controls() for group in groups(data.rows)]


def _place(group: Group) -> dict[str, Any]:
    return {"target": group.target, "mode": group.mode.value}
