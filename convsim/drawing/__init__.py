"""A scenario's graph as a picture: SVG, Mermaid, Graphviz, or a sketch for the terminal.

print(mermaid(Scenario("demo", start="end", states=[State("end", final=True)])))
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from convsim.drawing.dot import dot_text
from convsim.drawing.lines import shares
from convsim.drawing.mermaid import mermaid_text
from convsim.drawing.overlay import Overlay, Played, Share, Untaken, overlay
from convsim.drawing.picture import Picture, Way, picture_of
from convsim.drawing.sketch import sketch_text
from convsim.drawing.svg import svg_text
from convsim.graph import Graph
from convsim.scenario import RESTRICTED_ARM, Scenario

__all__ = [
    "Format",
    "Overlay",
    "Picture",
    "Played",
    "Share",
    "Untaken",
    "as_json",
    "drawn",
    "mermaid",
    "overlay",
    "picture_of",
    "sketch_text",
]


class Format(StrEnum):
    """What a picture can be drawn as."""

    TEXT = "text"
    SVG = "svg"
    MERMAID = "mermaid"
    DOT = "dot"


_DRAWN = {
    Format.TEXT: sketch_text,
    Format.SVG: svg_text,
    Format.MERMAID: mermaid_text,
    Format.DOT: dot_text,
}


def drawn(picture: Picture, to: Format, over: Overlay | None = None) -> str:
    """A picture in one of the formats, with the figures of a run over it."""
    return _DRAWN[to](picture, over)


def as_json(picture: Picture, over: Overlay | None = None) -> dict[str, Any]:
    """What a picture shows, for machines: each figure is [so many, of so many]."""
    return {
        "scenario": picture.scenario,
        "arm": picture.arm,
        "title": picture.title,
        "start": picture.start,
        "about": None if over is None else over.about,
        "dialogues": None if over is None else over.dialogues,
        "states": [
            {
                "state": place.name,
                "move": place.move or None,
                "final": place.final,
                "marks": {mark.kind: mark.text for mark in place.marks},
                "say": list(place.say),
                "figures": {name: list(share) for name, share, _ in shares(place, over)},
            }
            for place in picture.places.values()
        ],
        "ways": [
            {
                "from": way.source,
                "label": way.label,
                "to": way.to,
                "terms": way.terms.strip(" ,"),
                "taken": _figure(over, way),
                "why_not": " ".join(over.reasons([way])) or None if over else None,
            }
            for way in picture.ways
        ],
    }


def _figure(over: Overlay | None, way: Way) -> list[int] | None:
    share = None if over is None else over.of_way(way)
    return None if share is None else list(share)


def mermaid(graph: Graph | Scenario, *, arm: str = RESTRICTED_ARM) -> str:
    """The Mermaid flowchart of a graph, or of one arm of a scenario; the same text every time.

    Raises KeyError for an arm that the scenario does not have.
    """
    return mermaid_text(picture_of(graph, arm=arm))
