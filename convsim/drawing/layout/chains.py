"""Lines as chains of spots, one in each layer between their boxes; the longest end as stubs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from convsim.drawing.layout.geometry import Line, Size

MOST_SPOTS = 6_000
"""So many are placed at most, or a picture takes too long; what is over that ends as stubs."""


@dataclass(slots=True, eq=False)
class Spot:
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
    above: list[Spot] = field(default_factory=list)
    below: list[Spot] = field(default_factory=list)


class Chain(NamedTuple):
    """The spots of one line from its upper end to its lower one; nothing for a loop."""

    inner: list[Spot]
    label: Spot | None
    back: bool
    whole: bool = True


def chains_of(
    spots: Mapping[str, Spot], lines: Sequence[Line], backward: frozenset[int]
) -> list[Chain]:
    """The chain of each line, joined to the spots of its boxes; `backward` are turned round."""
    spans = [abs(spots[line.to].layer - spots[line.source].layer) - 1 for line in lines]
    longest = _longest_drawn(spans)
    chains = []
    for number, (line, span) in enumerate(zip(lines, spans, strict=True)):
        back = number in backward
        source, to = spots[line.source], spots[line.to]
        if source is to:
            chains.append(Chain([], None, back))
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


def _stub(source: Spot, line: Line, back: bool) -> Chain:
    label = _label(line.stub, source.layer + (-1 if back else 1))
    if back:
        _join(label, source)
    else:
        _join(source, label)
    return Chain([label], label, back, whole=False)


def _chain(source: Spot, to: Spot, line: Line, back: bool) -> Chain:
    upper, lower = (to, source) if back else (source, to)
    inner = [Spot(layer) for layer in range(upper.layer + 1, lower.layer)]
    near = -1 if back else 0  # words stand next to the state that they are about
    inner[near] = label = _label(line.label, inner[near].layer)
    for above, below in pairwise((upper, *inner, lower)):
        _join(above, below)
    return Chain(inner, label, back)


def _label(size: Size, layer: int) -> Spot:
    return Spot(layer, size.width / 2, size.width / 2, size.height)


def _join(above: Spot, below: Spot) -> None:
    above.below.append(below)
    below.above.append(above)
