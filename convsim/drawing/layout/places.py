"""Where in its layer each spot stands: as near to those it is joined to as the others allow."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf

from convsim.drawing.layout.chains import Spot

GAP, BESIDE = 18.0, 13.0
"""The least distance between two spots of a layer, and between two lines that only pass."""

ROUNDS = 30
"""How often every layer is placed anew, downward and upward in turn."""

STRAIGHTENED = 10
"""How often bends are taken out: what one line gives up, another one may take."""


def place(layers: Sequence[Sequence[Spot]]) -> None:
    """Give every spot its x."""
    for spots in layers:
        _settle(spots, [0.0] * len(spots), [1.0] * len(spots))
    for number in range(ROUNDS):
        down = number % 2 == 0
        both = number >= ROUNDS - 6
        for spots in layers if down else reversed(layers):
            wishes = [_wish(spot, down=down or both, up=not down or both) for spot in spots]
            _settle(spots, [x for x, _ in wishes], [weight for _, weight in wishes])


def move_to_left_edge(layers: Sequence[Sequence[Spot]]) -> None:
    """Move all of them so that the leftmost begins at 0."""
    leftmost = min(spot.x - spot.left for spots in layers for spot in spots)
    for spots in layers:
        for spot in spots:
            spot.x -= leftmost


def _wish(spot: Spot, *, down: bool, up: bool) -> tuple[float, float]:
    """Where a spot would like to be, and how much."""
    neighbours = (spot.above if down else []) + (spot.below if up else [])
    if not neighbours:
        return spot.x, 0.1
    weights = [_pull(spot, other) for other in neighbours]
    total = sum(weights)
    pulls = zip(neighbours, weights, strict=True)
    return sum(weight * other.x for other, weight in pulls) / total, total


def _pull(one: Spot, other: Spot) -> float:
    """Lines should be straight above all where they pass other boxes."""
    return (1.0, 3.0, 8.0)[(one.box is None) + (other.box is None)]


def _settle(spots: Sequence[Spot], wishes: Sequence[float], weights: Sequence[float]) -> None:
    """Put the spots of a layer as close to their wishes as their distances allow."""
    needs = [_need(one, other) for one, other in pairwise(spots)]
    for spot, x in zip(spots, spread(wishes, needs, weights), strict=True):
        spot.x = x


def _need(one: Spot, other: Spot) -> float:
    """How far the middle of a spot is from that of the next one, at least."""
    passing = not (one.right or other.left)
    return one.right + (BESIDE if passing else GAP) + other.left


def straighten(layers: Sequence[Sequence[Spot]], chains: Sequence[Sequence[Spot]]) -> None:
    """Take the bends out of lines that have the room to be straight."""
    for _ in range(STRAIGHTENED):
        for inner in sorted(chains, key=len, reverse=True):
            run: list[Spot] = []
            low, high = -inf, inf
            for spot in inner:
                least, most = _room(spot, layers[spot.layer])
                if max(low, least) > min(high, most):
                    _align(run, low, high)
                    run, low, high = [], -inf, inf
                run.append(spot)
                low, high = max(low, least), min(high, most)
            _align(run, low, high)


def _room(spot: Spot, layer: Sequence[Spot]) -> tuple[float, float]:
    """Between which places a spot can move while its neighbours stay."""
    at = spot.rank
    before = layer[at - 1] if at else None
    after = layer[at + 1] if at + 1 < len(layer) else None
    low = -inf if before is None else before.x + _need(before, spot)
    high = inf if after is None else after.x - _need(spot, after)
    return min(low, spot.x), max(high, spot.x)  # a rounding error is no obstacle


def _align(run: Sequence[Spot], low: float, high: float) -> None:
    if len(run) > 1:
        x = min(max(sum(spot.x for spot in run) / len(run), low), high)
        for spot in run:
            spot.x = x


def spread(
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
