"""The order within a layer."""

from __future__ import annotations

from convsim.drawing.layout.chains import Spot
from convsim.drawing.layout.order import layered, order


def joined(pairs: str) -> list[Spot]:
    """Spots of two layers: capital letters above, small ones below, in alphabetical order."""
    names = sorted({*pairs} - {" "})
    spots = {name: Spot(0 if name.isupper() else 1, box=name) for name in names}
    for pair in pairs.split():
        upper, lower = (spots[name] for name in pair)
        upper.below.append(lower)
        lower.above.append(upper)
    return list(spots.values())


def names(layers: list[list[Spot]]) -> list[str]:
    return ["".join(spot.box or "" for spot in spots) for spots in layers]


def test_lines_that_need_not_cross_do_not() -> None:
    """Each of three, however wrongly they stood before."""
    spots = joined("Ac Bb Ca")
    layers = [spots[:3], spots[3:]]
    for row in layers:
        for rank, spot in enumerate(row):
            spot.rank = rank
    order(layers)
    above, below = names(layers)
    assert [*zip(above, below, strict=True)] in (
        [("A", "c"), ("B", "b"), ("C", "a")],
        [("C", "a"), ("B", "b"), ("A", "c")],
    )


def test_layers_begin_in_the_order_of_a_walk_from_the_top() -> None:
    """So that a tree needs no sorting at all."""
    assert names(layered(joined("Ab Ac Bd"))) == ["AB", "bcd"]


def test_what_points_above_the_first_box_gets_a_layer() -> None:
    stub, box = Spot(-1, box="S"), Spot(0, box="a")
    assert names(layered([box, stub])) == ["S", "a"]
