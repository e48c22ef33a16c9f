"""A picture as a Mermaid flowchart, to be pasted wherever Markdown is shown."""

from __future__ import annotations

from collections.abc import Iterator

from convsim.drawing.lines import Joined, figures, lines_of
from convsim.drawing.overlay import Overlay
from convsim.drawing.palette import FINAL, HUES, LIGHT, PALE, hue, tint
from convsim.drawing.picture import Picture, Place, visible

_PLAIN = frozenset(" .,:=/+-_!?")


def mermaid_text(picture: Picture, overlay: Overlay | None = None) -> str:
    """The flowchart of a picture; the same text every time."""
    # State ids may be Mermaid's own words (`end`), so nodes are numbered.
    nodes = {name: f"s{number}" for number, name in enumerate(picture.places)}
    lines = ["flowchart TD", f"  start(( )) --> {nodes[picture.start]}"]
    lines += (f"  {nodes[name]}{_node(it, overlay)}" for name, it in picture.places.items())
    joined = lines_of(picture)
    lines += (f"  {nodes[it.source]} {_edge(it, nodes[it.to], overlay)}" for it in joined)
    lines += _unused(joined, overlay)
    lines += _styles(picture)
    return "\n".join(lines) + "\n"


def _node(place: Place, overlay: Overlay | None) -> str:
    counted = [_escaped(it) for it in figures(place, overlay)]
    if place.final:
        return f'(["{"<br/>".join([_escaped(place.name), *counted])}"]):::{FINAL}'
    facts = [f"<b>{_escaped(place.name)}</b>", _escaped(place.move)]
    facts += (_escaped(mark.text) for mark in place.marks)
    style = f":::{place.group}" if place.group in HUES else ""
    return f'["{"<br/>".join(fact for fact in (*facts, *counted) if fact)}"]{style}'


def _edge(line: Joined, to: str, overlay: Overlay | None) -> str:
    arrow = "-.->" if line.then else "-->"
    return f'{arrow}|"{"<br/>".join(map(_escaped, line.texts(overlay)))}"| {to}'


def _unused(joined: tuple[Joined, ...], overlay: Overlay | None) -> Iterator[str]:
    """What nobody took is pale; the first line of the chart is that of the start."""
    unused = [
        str(number)
        for number, line in enumerate(joined, start=1)
        if overlay is not None and not line.share(overlay).hits
    ]
    if unused:
        yield f"  linkStyle {','.join(unused)} stroke:{PALE},stroke-dasharray:2 4"


def _styles(picture: Picture) -> Iterator[str]:
    """The colours of the groups that occur."""
    for group in picture.groups:
        if group in HUES:
            colours = f"fill:{tint(group)},stroke:{hue(group)}"
            yield f"  classDef {group} {colours},color:{LIGHT.ink}"
    if any(place.final for place in picture.places.values()):
        colours = f"fill:{LIGHT.sheet},stroke:{LIGHT.ink}"
        yield f"  classDef {FINAL} {colours},color:{LIGHT.ink}"


def _escaped(text: str) -> str:
    """Text inside a quoted Mermaid label: everything unusual as a character entity."""
    return "".join(
        character if character.isalnum() or character in _PLAIN else f"#{ord(character)};"
        for character in visible(text)
    )
