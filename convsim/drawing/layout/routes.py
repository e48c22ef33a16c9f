"""Boxes and routes from where the spots are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from convsim.drawing.layout.chains import Chain, Spot
from convsim.drawing.layout.geometry import Box, Layout, Line, Route, Size
from convsim.drawing.layout.places import spread

PORTS = 16.0
"""The distance between lines at the edge of a box, where there is room."""

LOOP = 26.0
"""How far a line that leads back to its own box goes out."""


def beside_boxes(lines: Iterable[Line]) -> dict[str, Size]:
    """How much room a box needs at its right for the line that leads back to it."""
    return {
        line.source: Size(LOOP + 4 + line.label.width, max(LOOP, line.label.height))
        for line in lines
        if line.source == line.to
    }


def drawn(
    layers: Sequence[Sequence[Spot]],
    spots: Mapping[str, Spot],
    lines: Sequence[Line],
    chains: Sequence[Chain],
) -> Layout:
    """The layout, once every spot has its place: the heights of the layers, boxes, lines."""
    bands, height = _bands(layers)
    ports = _ports(spots.values())
    boxes = {name: _box(spot, bands[spot.layer]) for name, spot in spots.items()}
    routes = []
    for line, chain in zip(lines, chains, strict=True):
        if chain.label is None:
            routes.append(_loop(boxes[line.source], line.label))
            continue
        source, to = spots[line.source], spots[line.to]
        upper, lower = (to, source) if chain.back else (source, to)
        points = _points(upper, lower, chain, bands, ports, boxes)
        label = _box(chain.label, bands[chain.label.layer])
        routes.append(Route(tuple(points), label, chain.whole))
    width = max(spot.x + spot.right for layer in layers for spot in layer)
    return Layout(width, height, boxes, tuple(routes))


class _Band(NamedTuple):
    """The height that a layer has to itself."""

    top: float
    bottom: float


def _bands(layers: Sequence[Sequence[Spot]]) -> tuple[list[_Band], float]:
    """The bands of the layers, further apart where lines go far to the side between them."""
    bands: list[_Band] = []
    y = 0.0
    for spots in layers:
        bottom = y + max((max(spot.height, spot.beside) for spot in spots), default=0.0)
        bands.append(_Band(y, bottom))
        aside = max((abs(spot.x - other.x) for spot in spots for other in spot.below), default=0)
        y = bottom + min(56.0, max(16.0, 10 + aside / 9))
    return bands, bands[-1].bottom


def _box(spot: Spot, band: _Band) -> Box:
    half = spot.left
    y = (band.top + band.bottom - spot.height) / 2
    return Box(spot.x - half, y, 2 * half, spot.height)


_Ports = dict[tuple[int, int], float]


def _ports(spots: Iterable[Spot]) -> _Ports:
    """Where lines meet the edge of a box: near where they come from, in their order."""
    ports: _Ports = {}
    for spot in spots:
        for others in (spot.above, spot.below):
            ordered = sorted(others, key=lambda other: other.rank)
            low, high = spot.x - spot.left + 14, spot.x + spot.left - 14
            need = min(PORTS, (high - low) / max(1, len(ordered) - 1))
            wishes = [min(max(other.x, low), high) for other in ordered]
            needs = [need] * (len(ordered) - 1)
            places = spread(wishes, needs, [1.0] * len(ordered)) if ordered else []
            for at, (other, x) in enumerate(zip(ordered, places, strict=True)):
                last = high - need * (len(ordered) - 1 - at)
                ports[id(spot), id(other)] = min(max(x, low + need * at), last)
    return ports


def _points(
    upper: Spot,
    lower: Spot,
    chain: Chain,
    bands: Sequence[_Band],
    ports: _Ports,
    boxes: Mapping[str, Box],
) -> list[tuple[float, float]]:
    """The points of a line, from its source on."""
    points: list[tuple[float, float]] = []
    if chain.whole or not chain.back:
        first = ports[id(upper), id(chain.inner[0])]
        box = boxes[upper.box or ""]
        points += [(first, box.y + box.height), (first, bands[upper.layer].bottom)]
    for spot in chain.inner:
        band = bands[spot.layer]
        points += [(spot.x, band.top), (spot.x, band.bottom)]
    if chain.whole or chain.back:
        last = ports[id(lower), id(chain.inner[-1])]
        points += [(last, bands[lower.layer].top), (last, boxes[lower.box or ""].y)]
    return points[::-1] if chain.back else points


def _loop(box: Box, label: Size) -> Route:
    """Out at the right of a box and back in; its words stand beside it."""
    right, middle = box.x + box.width, box.y + box.height / 2
    out = right + LOOP - 6
    points = ((right, middle - 12), (out, middle - 12), (out, middle + 12), (right, middle + 12))
    return Route(points, Box(out + 6, middle - label.height / 2, label.width, label.height))
