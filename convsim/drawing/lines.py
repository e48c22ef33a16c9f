"""Ways joined into lines: all that lead from one state to another are one line with several words.

A picture with a line for each label is a thicket. `then` keeps a line of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from convsim.drawing.overlay import Overlay, Share
from convsim.drawing.picture import Picture, Place, Way


@dataclass(frozen=True, slots=True)
class Joined:
    """The ways from one state to another."""

    ways: tuple[Way, ...]

    @property
    def source(self) -> str:
        """Where it comes from."""
        return self.ways[0].source

    @property
    def to(self) -> str:
        """Where it leads."""
        return self.ways[0].to

    @property
    def then(self) -> bool:
        """Whether it leads on from a state whose visits are used up."""
        return self.ways[0].then

    def share(self, overlay: Overlay) -> Share:
        """How many took it, of those who came to its source."""
        return overlay.of_line(self.ways)

    def is_shut(self, overlay: Overlay | None) -> bool:
        """Whether nobody took it, and no replies could have led there in what was played."""
        if overlay is None or self.share(overlay).hits:
            return False
        return bool(overlay.reasons(self.ways)) and not overlay.was_possible(self.ways)

    def texts(self, overlay: Overlay | None = None) -> tuple[str, ...]:
        """What is written at it, a line for each way, with how many took it."""
        if overlay is None:
            return tuple(way.text for way in self.ways)
        counted = [(way.text, overlay.of_way(way)) for way in self.ways]
        if any(share is None for _, share in counted):
            return (*(text for text, _ in counted), f"planned: {self.share(overlay)}")
        return tuple(f"{text}: {share}" for text, share in counted)


def lines_of(picture: Picture) -> tuple[Joined, ...]:
    """The lines of a picture, in the order of the file."""
    joined: dict[tuple[str, str, bool], list[Way]] = {}
    for way in picture.ways:
        joined.setdefault((way.source, way.to, way.then), []).append(way)
    return tuple(Joined(tuple(ways)) for ways in joined.values())


def figures(place: Place, overlay: Overlay | None) -> tuple[str, ...]:
    """What a run did at a state, in words."""
    return tuple(f"{name} {share} {what}" for name, share, what in shares(place, overlay))


def shares(place: Place, overlay: Overlay | None) -> tuple[tuple[str, Share, str], ...]:
    """What a run did at a state: a name, the figure, and what was counted."""
    if overlay is None:
        return ()
    found = [("entered", overlay.at(place.name), "dialogues")]
    if place.name in overlay.crossed:
        found.append(("crossed", overlay.crossed[place.name], "turns"))
    if place.name in overlay.flipped:
        found.append(("flipped", overlay.flipped[place.name], "turns"))
    return tuple(found)
