"""What a layout takes and gives: sizes and lines, boxes and routes. In pixels; y grows downward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


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
