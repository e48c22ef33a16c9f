"""Where boxes and lines go: a layered layout (Sugiyama, Tagawa and Toda 1981), in plain Python.

Theory of operation. Ways that lead back are turned round, as a depth-first walk from the start
meets them; then every box has a layer, the longest way from the start. Boxes have every other
layer to themselves; between them lie the labels, so that a line has room for its words. A line is
a chain of `Spot`s, one a layer: its label, and elsewhere a place to pass through. Each layer is
then put into an order with few crossings, by the mean place of the neighbours, sweeping down and
up. Last, spots get their coordinates: each wants to be where its neighbours are, the lines most of
all, and keeps its distance to the next; the nearest that a layer can come to its wishes is an
isotonic regression.

As every spot keeps its layer's height to itself, and lines change sides only between two layers,
no line crosses a box or a label, and no two boxes or labels overlap. Where a graph is so large that
its lines would need more than `chains.MOST_SPOTS`, the longest end at their label, as a stub.

`geometry` is what goes in and comes out; `layers`, `chains`, `order`, `places` and `routes` are the
steps, one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from convsim.drawing.layout.chains import Spot, chains_of
from convsim.drawing.layout.geometry import Box, Layout, Line, Route, Size
from convsim.drawing.layout.layers import layers_of, leading_back
from convsim.drawing.layout.order import layered, order
from convsim.drawing.layout.places import move_to_left_edge, place, straighten
from convsim.drawing.layout.routes import beside_boxes, drawn

__all__ = ["Box", "Layout", "Line", "Route", "Size", "layout"]


def layout(boxes: Mapping[str, Size], lines: Sequence[Line], start: str) -> Layout:
    """Places for boxes and routes for lines; the same for the same input.

    From a box to itself there is one line at most.
    """
    loops = beside_boxes(lines)
    backward = leading_back(boxes, lines, start)
    layer_of = layers_of(boxes, lines, backward)
    spots = {
        name: Spot(
            2 * layer_of[name],
            size.width / 2,
            size.width / 2 + loops.get(name, Size(0, 0)).width,
            size.height,
            loops.get(name, Size(0, 0)).height,
            box=name,
        )
        for name, size in boxes.items()
    }
    chains = chains_of(spots, lines, backward)
    layers = layered([*spots.values(), *(spot for chain in chains for spot in chain.inner)])
    order(layers)
    place(layers)
    straighten(layers, [chain.inner for chain in chains])
    move_to_left_edge(layers)
    return drawn(layers, spots, lines, chains)
