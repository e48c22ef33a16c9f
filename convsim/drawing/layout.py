"""Where boxes and lines go: a layered layout (Sugiyama, Tagawa and Toda 1981), in plain Python.

Theory of operation. Ways that lead back are turned round, as a depth-first walk from the start
meets them; then every box has a layer, the longest way from the start. Boxes have every other
layer to themselves; between them lie the labels, so that a line has room for its words. A line is
a chain of `_Spot`s, one a layer: its label, and elsewhere a place to pass through. Each layer is
then put into an order with few crossings, by the mean place of the neighbours, sweeping down and
up. Last, spots get their coordinates: each wants to be where its neighbours are, the lines most of
all, and keeps its distance to the next; the nearest that a layer can come to its wishes is an
isotonic regression.

As every spot keeps its layer's height to itself, and lines change sides only between two layers,
no line crosses a box or a label, and no two boxes or labels overlap. Where a graph is so large that
its lines would need more than `MOST_SPOTS`, the longest end at their label, as a stub.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import NamedTuple

GAP, BESIDE = 18.0, 13.0
"""The least distance between two spots of a layer, and between two lines that only pass."""

PORTS = 16.0
"""The distance between lines at the edge of a box, where there is room."""

LOOP = 26.0
"""How far a line that leads back to its own box goes out."""

SWEEPS = 12
ROUNDS = 30
STRAIGHTENED = 10
MOST_SPOTS = 6_000


class Size(NamedTuple):
    """How much room something takes."""

    width: float
    height: float


class Line(NamedTuple):
    """What is to be drawn between two boxes.

    `label` is the room for its words, `stub` that for those of a stub, which say where it leads.
    """

    source: str
    to: str
    label: Size
    stub: Size


class Box(NamedTuple):
    """A rectangle by its left upper corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return self.x + self.width / 2, self.y + self.height / 2

    def overlaps(self, other: Box) -> bool:
        """Whether the two share more than an edge."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


class Route(NamedTuple):
    """How a line goes: from point to point, straight where both have one x, else in a curve.

    `whole` is False for a stub, which ends at its label.
    """

    points: tuple[tuple[float, float], ...]
    label: Box
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is: boxes by name, routes in the order of the lines."""

    width: float
    height: float
    boxes: Mapping[str, Box]
    routes: tuple[Route, ...]


@dataclass(slots=True, eq=False)
class _Spot:
    """A box, a label, or a place where a line passes; `left` and `right` are its halves.

    `beside` is how high what stands at the right of a box is.
    """

    layer: int
    left: float = 0.0
    right: float = 0.0
    height: float = 0.0
    beside: float = 0.0
    rank: int = 0
    x: float = 0.0
    box: str | None = None
    above: list[_Spot] = field(default_factory=list)
    below: list[_Spot] = field(default_factory=list)


def layout(boxes: Mapping[str, Size], lines: Sequence[Line], start: str) -> Layout:
    """Places for boxes and routes for lines; the same for the same input.

    From a box to itself there is one line at most.
    """
    loops = _loops(lines)
    backward = _backward(boxes, lines, start)
    layer_of = _layers(boxes, lines, backward, start)
    spots = {
        name: _Spot(
            2 * layer_of[name],
            size.width / 2,
            size.width / 2 + loops.get(name, Size(0, 0)).width,
            size.height,
            loops.get(name, Size(0, 0)).height,
            box=name,
        )
        for name, size in boxes.items()
    }
    chains = _chains(spots, lines, backward)
    layers = _layered([*spots.values(), *(spot for chain in chains for spot in chain.inner)])
    _order(layers)
    _place(layers)
    _straighten(layers, [chain.inner for chain in chains])
    _move_to_left_edge(layers)
    return _drawn(layers, spots, lines, chains)


# -- layers -----------------------------------------------------------------------------------


def _loops(lines: Iterable[Line]) -> dict[str, Size]:
    """How much room a box needs at its right for the line that leads back to it."""
    return {
        line.source: Size(LOOP + 4 + line.label.width, max(LOOP, line.label.height))
        for line in lines
        if line.source == line.to
    }


def _backward(boxes: Iterable[str], lines: Sequence[Line], start: str) -> frozenset[int]:
    """The lines that lead back to where a walk from the start still is."""
    leaving: dict[str, list[int]] = {name: [] for name in boxes}
    for number, line in enumerate(lines):
        leaving[line.source].append(number)
    found: set[int] = set()
    done: set[str] = set()
    on_way: set[str] = set()
    for root in (start, *leaving):
        if root in done:
            continue
        on_way.add(root)
        walk = [(root, iter(leaving[root]))]
        while walk:
            name, rest = walk[-1]
            onward = next(rest, None)
            if onward is None:
                walk.pop()
                on_way.discard(name)
                done.add(name)
                continue
            to = lines[onward].to
            if to in on_way:
                found.add(onward)
            elif to not in done:
                on_way.add(to)
                walk.append((to, iter(leaving[to])))
    return frozenset(found)


def _layers(
    boxes: Iterable[str], lines: Sequence[Line], backward: frozenset[int], start: str
) -> dict[str, int]:
    """The layer of each box: how long the longest way to it is."""
    below: dict[str, list[str]] = {name: [] for name in boxes}
    waiting = dict.fromkeys(below, 0)
    for upper, lower in _downward(lines, backward):
        below[upper].append(lower)
        waiting[lower] += 1
    layer_of = dict.fromkeys(below, 0)
    ready = [name for name, number in waiting.items() if not number]
    for name in ready:  # it grows
        for lower in below[name]:
            layer_of[lower] = max(layer_of[lower], layer_of[name] + 1)
            waiting[lower] -= 1
            if not waiting[lower]:
                ready.append(lower)
    return layer_of


def _downward(lines: Sequence[Line], backward: frozenset[int]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines):
        if line.source != line.to:
            yield (line.to, line.source) if number in backward else (line.source, line.to)


class _Chain(NamedTuple):
    """The spots of one line from its upper end to its lower one; nothing for a loop."""

    inner: list[_Spot]
    label: _Spot | None
    back: bool
    whole: bool = True


def _chains(
    spots: Mapping[str, _Spot], lines: Sequence[Line], backward: frozenset[int]
) -> list[_Chain]:
    spans = [abs(spots[line.to].layer - spots[line.source].layer) - 1 for line in lines]
    longest = _longest_drawn(spans)
    chains = []
    for number, (line, span) in enumerate(zip(lines, spans, strict=True)):
        back = number in backward
        source, to = spots[line.source], spots[line.to]
        if source is to:
            chains.append(_Chain([], None, back))
        elif span > longest:
            chains.append(_stub(source, line, back))
        else:
            chains.append(_chain(source, to, line, back))
    return chains


def _longest_drawn(spans: Sequence[int]) -> int:
    """How many layers a line may cross so that there are no more spots than can be placed."""
    total = 0
    for number, span in enumerate(sorted(spans)):
        total += max(span, 1)
        if total + len(spans) - number > MOST_SPOTS:
            return max(1, span - 1)
    return max(spans, default=0)


def _stub(source: _Spot, line: Line, back: bool) -> _Chain:
    label = _label(line.stub, source.layer + (-1 if back else 1))
    if back:
        _join(label, source)
    else:
        _join(source, label)
    return _Chain([label], label, back, whole=False)


def _chain(source: _Spot, to: _Spot, line: Line, back: bool) -> _Chain:
    upper, lower = (to, source) if back else (source, to)
    inner = [_Spot(layer) for layer in range(upper.layer + 1, lower.layer)]
    near = -1 if back else 0  # words stand next to the state that they are about
    inner[near] = label = _label(line.label, inner[near].layer)
    for above, below in pairwise((upper, *inner, lower)):
        _join(above, below)
    return _Chain(inner, label, back)


def _label(size: Size, layer: int) -> _Spot:
    return _Spot(layer, size.width / 2, size.width / 2, size.height)


def _join(above: _Spot, below: _Spot) -> None:
    above.below.append(below)
    below.above.append(above)


# -- the order within a layer -----------------------------------------------------------------


def _layered(spots: Iterable[_Spot]) -> list[list[_Spot]]:
    """The spots by layer; first in the order in which a walk from the top comes to them."""
    spots = list(spots)
    lowest = min((spot.layer for spot in spots), default=0)
    for spot in spots:
        spot.layer -= lowest  # a stub can point above the first box
    layers: list[list[_Spot]] = [[] for _ in range(max(s.layer for s in spots) + 1)]
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


def _number(layers: Iterable[Sequence[_Spot]]) -> None:
    for spots in layers:
        for rank, spot in enumerate(spots):
            spot.rank = rank


def _order(layers: list[list[_Spot]]) -> None:
    """Sort every layer so that few lines cross; the best of several sweeps is kept."""
    best, order = _crossings(layers), [list(spots) for spots in layers]
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
            best, order = crossings, [list(spots) for spots in layers]
    layers[:] = order
    _number(layers)


def _mean(neighbours: Sequence[_Spot], otherwise: float) -> float:
    if not neighbours:
        return otherwise
    return sum(spot.rank for spot in neighbours) / len(neighbours)


def _swap(layers: Sequence[list[_Spot]]) -> None:
    """Exchange neighbours wherever that leaves fewer crossings; once through every layer."""
    for spots in layers:
        for at in range(len(spots) - 1):
            one, other = spots[at], spots[at + 1]
            if _crossed(other, one) < _crossed(one, other):
                spots[at], spots[at + 1] = other, one
                one.rank, other.rank = at + 1, at


def _crossed(left: _Spot, right: _Spot) -> int:
    """How many lines of two neighbours cross if they stand like this."""
    return sum(
        a.rank > b.rank
        for ours, theirs in ((left.above, right.above), (left.below, right.below))
        for a in ours
        for b in theirs
    )


def _crossings(layers: Iterable[Sequence[_Spot]]) -> int:
    """How many lines cross, layer by layer."""
    total = 0
    for spots in layers:
        met: list[int] = []
        for spot in spots:
            ranks = sorted(below.rank for below in spot.below)
            total += sum(len(met) - bisect_right(met, rank) for rank in ranks)
            met = sorted(met + ranks)
    return total


# -- coordinates ------------------------------------------------------------------------------


def _place(layers: Sequence[Sequence[_Spot]]) -> None:
    """Give every spot its x."""
    for spots in layers:
        _settle(spots, [0.0] * len(spots), [1.0] * len(spots))
    for number in range(ROUNDS):
        down = number % 2 == 0
        both = number >= ROUNDS - 6
        for spots in layers if down else reversed(layers):
            wishes = [_wish(spot, down=down or both, up=not down or both) for spot in spots]
            _settle(spots, [x for x, _ in wishes], [weight for _, weight in wishes])


def _move_to_left_edge(layers: Sequence[Sequence[_Spot]]) -> None:
    leftmost = min(spot.x - spot.left for spots in layers for spot in spots)
    for spots in layers:
        for spot in spots:
            spot.x -= leftmost


def _wish(spot: _Spot, *, down: bool, up: bool) -> tuple[float, float]:
    """Where a spot would like to be, and how much."""
    neighbours = (spot.above if down else []) + (spot.below if up else [])
    if not neighbours:
        return spot.x, 0.1
    weights = [_pull(spot, other) for other in neighbours]
    total = sum(weights)
    pulls = zip(neighbours, weights, strict=True)
    return sum(weight * other.x for other, weight in pulls) / total, total


def _pull(one: _Spot, other: _Spot) -> float:
    """Lines should be straight above all where they pass other boxes."""
    return (1.0, 3.0, 8.0)[(one.box is None) + (other.box is None)]


def _settle(spots: Sequence[_Spot], wishes: Sequence[float], weights: Sequence[float]) -> None:
    """Put the spots of a layer as close to their wishes as their distances allow."""
    needs = [_need(one, other) for one, other in pairwise(spots)]
    for spot, x in zip(spots, _spread(wishes, needs, weights), strict=True):
        spot.x = x


def _need(one: _Spot, other: _Spot) -> float:
    """How far the middle of a spot is from that of the next one, at least."""
    passing = not (one.right or other.left)
    return one.right + (BESIDE if passing else GAP) + other.left


def _straighten(layers: Sequence[Sequence[_Spot]], chains: Sequence[Sequence[_Spot]]) -> None:
    """Take the bends out of lines that have the room to be straight."""
    for _ in range(STRAIGHTENED):
        for inner in sorted(chains, key=len, reverse=True):
            run: list[_Spot] = []
            low, high = -inf, inf
            for spot in inner:
                least, most = _room(spot, layers[spot.layer])
                if max(low, least) > min(high, most):
                    _align(run, low, high)
                    run, low, high = [], -inf, inf
                run.append(spot)
                low, high = max(low, least), min(high, most)
            _align(run, low, high)


def _room(spot: _Spot, layer: Sequence[_Spot]) -> tuple[float, float]:
    """Between which places a spot can move while its neighbours stay."""
    at = spot.rank
    before = layer[at - 1] if at else None
    after = layer[at + 1] if at + 1 < len(layer) else None
    low = -inf if before is None else before.x + _need(before, spot)
    high = inf if after is None else after.x - _need(spot, after)
    return min(low, spot.x), max(high, spot.x)  # a rounding error is no obstacle


def _align(run: Sequence[_Spot], low: float, high: float) -> None:
    if len(run) > 1:
        x = min(max(sum(spot.x for spot in run) / len(run), low), high)
        for spot in run:
            spot.x = x


def _spread(
    wishes: Sequence[float], needs: Sequence[float], weights: Sequence[float]
) -> list[float]:
    """Places as close to the wishes as possible, by squares, each so far from the one before.

    Without the distances that is an isotonic regression, which pooling adjacent violators solves.
    """
    offsets = [0.0]
    for need in needs:
        offsets.append(offsets[-1] + need)
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for wish, offset, weight in zip(wishes, offsets, weights, strict=False):
        mean, count = wish - offset, 1
        while pools and pools[-1][0] > mean:
            other, more, number = pools.pop()
            mean = (mean * weight + other * more) / (weight + more)
            weight, count = weight + more, count + number
        pools.append((mean, weight, count))
    places = [mean for mean, _, count in pools for _ in range(count)]
    return [place + offset for place, offset in zip(places, offsets, strict=False)]


# -- what is drawn ----------------------------------------------------------------------------


def _drawn(
    layers: Sequence[Sequence[_Spot]],
    spots: Mapping[str, _Spot],
    lines: Sequence[Line],
    chains: Sequence[_Chain],
) -> Layout:
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


def _bands(layers: Sequence[Sequence[_Spot]]) -> tuple[list[_Band], float]:
    """The bands of the layers, further apart where lines go far to the side between them."""
    bands: list[_Band] = []
    y = 0.0
    for spots in layers:
        bottom = y + max((max(spot.height, spot.beside) for spot in spots), default=0.0)
        bands.append(_Band(y, bottom))
        aside = max((abs(spot.x - other.x) for spot in spots for other in spot.below), default=0)
        y = bottom + min(56.0, max(16.0, 10 + aside / 9))
    return bands, bands[-1].bottom


def _box(spot: _Spot, band: _Band) -> Box:
    half = spot.left
    y = (band.top + band.bottom - spot.height) / 2
    return Box(spot.x - half, y, 2 * half, spot.height)


_Ports = dict[tuple[int, int], float]


def _ports(spots: Iterable[_Spot]) -> _Ports:
    """Where lines meet the edge of a box: near where they come from, in their order."""
    ports: _Ports = {}
    for spot in spots:
        for others in (spot.above, spot.below):
            ordered = sorted(others, key=lambda other: other.rank)
            low, high = spot.x - spot.left + 14, spot.x + spot.left - 14
            need = min(PORTS, (high - low) / max(1, len(ordered) - 1))
            wishes = [min(max(other.x, low), high) for other in ordered]
            needs = [need] * (len(ordered) - 1)
            places = _spread(wishes, needs, [1.0] * len(ordered)) if ordered else []
            for at, (other, x) in enumerate(zip(ordered, places, strict=True)):
                last = high - need * (len(ordered) - 1 - at)
                ports[id(spot), id(other)] = min(max(x, low + need * at), last)
    return ports


def _points(
    upper: _Spot,
    lower: _Spot,
    chain: _Chain,
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
