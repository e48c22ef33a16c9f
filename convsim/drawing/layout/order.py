"""In which order the spots of a layer stand: one in which few lines cross."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from convsim.drawing.layout.chains import Spot

SWEEPS = 12
"""How often it is tried to sort them better, down and up in turn."""


def layered(spots: Iterable[Spot]) -> list[list[Spot]]:
    """The spots by layer; first in the order in which a walk from the top comes to them."""
    spots = list(spots)
    lowest = min((spot.layer for spot in spots), default=0)
    for spot in spots:
        spot.layer -= lowest  # a stub can point above the first box
    layers: list[list[Spot]] = [[] for _ in range(max(s.layer for s in spots) + 1)]
    seen: set[int] = set()
    for root in sorted(spots, key=lambda spot: spot.layer):
        waiting = [root]
        while waiting:
            spot = waiting.pop()
            if id(spot) not in seen:
                seen.add(id(spot))
                layers[spot.layer].append(spot)
                waiting += reversed(spot.below)
    _number(layers)
    return layers


def _number(layers: Iterable[Sequence[Spot]]) -> None:
    for spots in layers:
        for rank, spot in enumerate(spots):
            spot.rank = rank


def order(layers: list[list[Spot]]) -> None:
    """Sort every layer so that few lines cross; the best of several sweeps is kept."""
    best, kept = _crossings(layers), [list(spots) for spots in layers]
    for sweep in range(SWEEPS):
        if not best:
            break
        down = sweep % 2 == 0
        for spots in layers if down else reversed(layers):
            spots.sort(key=lambda spot: _mean(spot.above if down else spot.below, spot.rank))
            _number([spots])
        _swap(layers)
        crossings = _crossings(layers)
        if crossings < best:
            best, kept = crossings, [list(spots) for spots in layers]
    layers[:] = kept
    _number(layers)


def _mean(neighbours: Sequence[Spot], otherwise: float) -> float:
    if not neighbours:
        return otherwise
    return sum(spot.rank for spot in neighbours) / len(neighbours)


def _swap(layers: Sequence[list[Spot]]) -> None:
    """Exchange neighbours wherever that leaves fewer crossings; once through every layer."""
    for spots in layers:
        for at in range(len(spots) - 1):
            one, other = spots[at], spots[at + 1]
            if _crossed(other, one) < _crossed(one, other):
                spots[at], spots[at + 1] = other, one
                one.rank, other.rank = at + 1, at


def _crossed(left: Spot, right: Spot) -> int:
    """How many lines of two neighbours cross if they stand like this."""
    return sum(
        a.rank > b.rank
        for ours, theirs in ((left.above, right.above), (left.below, right.below))
        for a in ours
        for b in theirs
    )


def _crossings(layers: Iterable[Sequence[Spot]]) -> int:
    """How many lines cross, layer by layer."""
    total = 0
    for spots in layers:
        met: list[int] = []
        for spot in spots:
            ranks = sorted(below.rank for below in spot.below)
            total += sum(len(met) - bisect_right(met, rank) for rank in ranks)
            met = sorted(met + ranks)
    return total
