"""Records to draw, and what of a chart can be looked at without eyes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from convsim.charts import Plot
from convsim.rates import Rate
from convsim.stats import Interval, NoInterval
from tests.tabular.numbers import DIFFERENCE, RATE


def rate(name: str, share: float, of: int = 20, **fields: Any) -> Rate:
    """A rate of so many; its interval reaches a tenth to either side."""
    interval = Interval(max(0.0, share - 0.1), min(1.0, share + 0.1), "cluster-t")
    made = replace(
        RATE, name=name, numerator=round(share * of), denominator=of, interval=interval, excluded={}
    )
    return replace(made, **fields)


def record(number: Any, target: str = "t1", mode: str = "closed", **place: Any) -> dict[str, Any]:
    """A number as a row of a table."""
    return {"target": target, "mode": mode, **place, **number.record()}


def both(target: str, over: float, under: float, **fields: Any) -> list[dict[str, Any]]:
    """The two headline rates of a target."""
    rates = {"over-refusal": over, "under-refusal": under}
    return [
        record(rate(name, share, **fields), target, value=name) for name, share in rates.items()
    ]


def sites(target: str = "t1", by: str = "rule") -> list[dict[str, Any]]:
    """A boundary map of three rules and two turns, one site of it small."""
    return [
        record(
            rate(f"crossed at turn {turn}", share, of),
            target,
            by=by,
            value=value,
            turn=turn,
        )
        for value, turn, share, of in [
            ("r.holds", 1, 0.0, 20),
            ("r.holds", 2, 0.0, 20),
            ("r.gives", 1, 0.2, 20),
            ("r.gives", 2, 0.9, 20),
            ("r.rare", 1, 0.5, 4),
        ]
    ]


def turns_by_move(target: str = "t1", by: str = "group") -> list[dict[str, Any]]:
    """Crossings and refusals after three kinds of moves; one has no interval."""
    alone = NoInterval("one scenario: nothing shows how scenarios differ")
    return [
        record(rate("crossed at push_back", 0.4), target, by=by, value="push_back"),
        record(rate("refused at push_back", 0.1), target, by=by, value="push_back"),
        record(rate("crossed at ask", 0.05, interval=alone), target, by=by, value="ask"),
    ]


NO_POINT: dict[str, Any] = dict.fromkeys(("turn", "at_risk", "crossed", "blocked"))


def curves(target: str = "t1", *, deployed: float = 0.5, by: str = "curve") -> list[dict[str, Any]]:
    """Two curves over two turns, and a number that is no point."""
    shares = {"model": (0.8, 0.5), "deployed": (0.8, deployed)}
    points = [
        record(
            rate(f"{curve} after {turn} pressure turns", share),
            target,
            by=by,
            value=curve,
            turn=turn,
            at_risk=20 - turn,
            crossed=2,
            blocked=0,
        )
        for curve, heights in shares.items()
        for turn, share in enumerate(heights, 1)
    ]
    alone = record(
        rate("never refused", 0.1),
        target,
        by="number",
        value="never refused",
        **NO_POINT,
    )
    return [alone, *points]


def effects(target: str = "t1", control: str = "resample", calls: int = 3) -> list[dict[str, Any]]:
    """A pressure effect and the points of its curves."""
    return [
        record(
            DIFFERENCE,
            target,
            control=control,
            calls=call or None,
            pressed_share=0.2 * call if call else None,
            control_share=0.1 * call if call else None,
        )
        for call in range(calls + 1)
    ]


def layers(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every layer of a chart that has a mark."""
    if "mark" in spec:
        yield spec
    for inner in (spec.get("spec"), *spec.get("layer", ())):
        if inner is not None:
            yield from layers(inner)


def data_of(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every row of data that a chart holds."""
    yield from spec.get("data", {}).get("values", ())
    for rows in spec.get("datasets", {}).values():
        yield from rows
    for inner in (spec.get("spec"), *spec.get("layer", ())):
        if inner is not None:
            yield from data_of(inner)


def panels_of(plot: Plot) -> list[str]:
    """Which panels a chart has, in order."""
    return list(dict.fromkeys(row["panel"] for row in data_of(plot.to_dict())))
