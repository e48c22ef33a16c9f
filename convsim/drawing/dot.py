"""A picture in Graphviz' language: `dot -Tpdf`, and whatever else reads it."""

from __future__ import annotations

from convsim.drawing.lines import Joined, figures, lines_of
from convsim.drawing.overlay import Overlay
from convsim.drawing.palette import LIGHT, PALE, hue, tint
from convsim.drawing.picture import Picture, Place, shortened, visible

LONGEST_WORDING = 48


def dot_text(picture: Picture, overlay: Overlay | None = None) -> str:
    """The picture as a `digraph`; the same text every time."""
    about = [picture.name, picture.title, overlay.about if overlay else ""]
    nodes = {name: f"s{number}" for number, name in enumerate(picture.places)}
    lines = [
        f"digraph {_quoted(picture.name)} {{",
        f'  graph [label={_lines(about)}, labelloc=t, fontname="sans-serif"]',
        f'  node [shape=box, style="rounded,filled", fontname="sans-serif", fontsize=11, '
        f'fontcolor="{LIGHT.ink}", penwidth=1.5]',
        f'  edge [fontname="sans-serif", fontsize=10, color="{LIGHT.line}", '
        f'fontcolor="{LIGHT.ink}"]',
        f'  start [shape=point, width=0.14, color="{LIGHT.ink}"]',
        f"  start -> {nodes[picture.start]}",
        *(f"  {nodes[name]} [{_node(it, overlay)}]" for name, it in picture.places.items()),
        *(
            f"  {nodes[it.source]} -> {nodes[it.to]} [{_edge(it, overlay)}]"
            for it in lines_of(picture)
        ),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _node(place: Place, overlay: Overlay | None) -> str:
    counted = figures(place, overlay)
    if place.final:
        label = _lines([place.name, *counted])
        return f'label={label}, fillcolor="{LIGHT.sheet}", color="{LIGHT.ink}", peripheries=2'
    wording = f'"{shortened(place.say[0], LONGEST_WORDING)}"' if place.say else ""
    facts = [place.name, place.move, wording, ", ".join(mark.text for mark in place.marks)]
    colours = f'fillcolor="{tint(place.group)}", color="{hue(place.group)}"'
    return f"label={_lines([*facts, *counted])}, {colours}, tooltip={_lines(place.say)}"


def _edge(line: Joined, overlay: Overlay | None) -> str:
    facts = [f"label={_lines(line.texts(overlay))}"]
    share = None if overlay is None else line.share(overlay)
    if share is None or share.hits:
        facts += ["style=dashed"] if line.then else []
        facts += [f"penwidth={1 + 4 * share.value:.1f}"] if share else []
    else:
        facts += [f'color="{PALE}"', "style=dotted"]
    return ", ".join(facts)


def _lines(texts: list[str] | tuple[str, ...]) -> str:
    """Lines of text as one quoted string."""
    return '"' + "\\n".join(_inner(text) for text in texts if text) + '"'


def _quoted(text: str) -> str:
    return f'"{_inner(text)}"'


def _inner(text: str) -> str:
    """A text between quotes: a backslash begins an escape, `&` an entity."""
    return visible(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
