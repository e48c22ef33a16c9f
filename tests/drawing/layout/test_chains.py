"""Lines as chains of spots."""

from __future__ import annotations

import pytest

from convsim.drawing.layout import chains
from convsim.drawing.layout.chains import Chain, Spot, chains_of
from convsim.drawing.layout.geometry import Line, Size

LABEL, STUB = Size(50, 20), Size(70, 30)


def chain(source: int, to: int, *, back: bool = False) -> tuple[Chain, Spot, Spot]:
    """The chain of one line between boxes in two layers, and the boxes."""
    spots = {"a": Spot(source, box="a"), "b": Spot(to, box="b")}
    line = Line("a", "b", LABEL, STUB)
    (found,) = chains_of(spots, [line], frozenset({0} if back else ()))
    return found, spots["a"], spots["b"]


@pytest.mark.parametrize(
    ("source", "to", "back", "layers", "labelled"),
    [
        (0, 2, False, [1], 1),
        (0, 6, False, [1, 2, 3, 4, 5], 1),
        (6, 0, True, [1, 2, 3, 4, 5], 5),
    ],
)
def test_a_line_has_a_spot_in_every_layer_between(
    source: int, to: int, back: bool, layers: list[int], labelled: int
) -> None:
    """From top to bottom whichever way it leads; its words are next to where it comes from."""
    found, a, b = chain(source, to, back=back)
    assert [spot.layer for spot in found.inner] == layers
    assert found.label is not None
    assert found.label.layer == labelled
    upper, lower = (b, a) if back else (a, b)
    assert (upper.below, lower.above) == ([found.inner[0]], [found.inner[-1]])


def test_a_line_from_a_box_to_itself_has_no_spots() -> None:
    spot = Spot(0, box="a")
    (found,) = chains_of({"a": spot}, [Line("a", "a", LABEL, STUB)], frozenset({0}))
    assert (found.inner, found.label, spot.above, spot.below) == ([], None, [], [])


@pytest.mark.parametrize("back", [False, True])
def test_a_stub_ends_at_its_words(monkeypatch: pytest.MonkeyPatch, back: bool) -> None:
    """In the next layer on its way; what it leads to knows nothing of it."""
    monkeypatch.setattr(chains, "MOST_SPOTS", 3)
    found, a, b = chain(*((8, 0) if back else (0, 8)), back=back)
    assert not found.whole
    assert found.label is not None
    assert found.label.layer == a.layer + (-1 if back else 1)
    assert (found.label.left, found.label.height) == (STUB.width / 2, STUB.height)
    assert (b.above, b.below) == ([], [])
