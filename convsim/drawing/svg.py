"""A picture as SVG that stands by itself: no script, no font, nothing from elsewhere.

Every text is escaped, and so wide a box is made that it fits. The colours follow the reader's light
or dark setting. A tooltip holds what a box has no room for: all wordings, all figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from hashlib import blake2b
from html import escape
from importlib import resources

from convsim.drawing.cards import card_of, drawn_state
from convsim.drawing.layout import Box, Line, layout
from convsim.drawing.legend import Legend
from convsim.drawing.lines import figures, lines_of
from convsim.drawing.markup import ABOUT, TITLE, inert, px, tip
from convsim.drawing.overlay import Overlay
from convsim.drawing.palette import DARK, LIGHT, Paper, hue, known, tint
from convsim.drawing.picture import Picture
from convsim.drawing.strokes import drawn_line, room_for, stub_of, words_of
from convsim.drawing.text import cut, wrapped

MARGIN = 28.0


def svg_text(picture: Picture, overlay: Overlay | None = None) -> str:
    """The picture as one `<svg>` element; the same bytes every time."""
    cards = {name: card_of(place, overlay) for name, place in picture.places.items()}
    joined = lines_of(picture)
    texts = [words_of(line, overlay) for line in joined]
    lines = [
        Line(line.source, line.to, room_for(words), room_for(stub_of(words, line)))
        for line, words in zip(joined, texts, strict=True)
    ]
    found = layout({name: card.size for name, card in cards.items()}, lines, picture.start)
    legend = Legend(picture, overlay)
    wide = max(found.width, min(legend.wish, 720.0))
    head = _head(picture, overlay, wide)
    top = sum(height for _, height, _ in head) + 40
    left = (wide - found.width) / 2
    foot = list(legend.rows(wide))
    body = [
        _start(found.boxes[picture.start]),
        *(
            drawn_line(line, route, words, overlay)
            for line, route, words in zip(joined, found.routes, texts, strict=True)
        ),
        *(drawn_state(picture.places[name], cards[name], box) for name, box in found.boxes.items()),
    ]
    height = top + found.height + 34 + len(foot) * 20
    inside = "".join(
        (
            f'<g transform="translate({MARGIN:g} {MARGIN:g})">',
            *_titles(head),
            f'<g transform="translate({px(left)} {px(top)})">',
            *body,
            "</g>",
            f'<g transform="translate(0 {px(top + found.height + 34)})">',
            *(f'<g transform="translate(0 {20 * n})">{row}</g>' for n, row in enumerate(foot)),
            "</g></g></svg>\n",
        )
    )
    # Several pictures on one page must not share ids.
    id_ = "g" + blake2b(inside.encode(), digest_size=4).hexdigest()
    return _opening(picture, overlay, id_, wide + 2 * MARGIN, height + 2 * MARGIN) + inside


def _opening(picture: Picture, overlay: Overlay | None, id_: str, wide: float, high: float) -> str:
    title, about = f"{id_}-title", f"{id_}-about"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="convsim-graph" role="img" '
        f'aria-labelledby="{title} {about}" width="{px(wide)}" height="{px(high)}" '
        f'viewBox="0 0 {px(wide)} {px(high)}">'
        f'<title id="{title}">{inert(picture.name)}</title>'
        f'<desc id="{about}">{inert(_described(picture, overlay))}</desc>'
        f"<style>{_style(picture)}</style>"
        f'<rect class="paper" width="{px(wide)}" height="{px(high)}"/>'
    )


def _described(picture: Picture, overlay: Overlay | None) -> str:
    """The picture in words, for who cannot see it."""
    said = [f"{picture.title}:"] if picture.title else []
    said.append(f"{len(picture.places)} states, starting at {picture.start}.")
    for line in lines_of(picture):
        opened = ", or ".join(line.texts(overlay))
        said.append(f"{line.source} leads to {line.to}: {opened}.")
    if overlay is not None:
        counted = ((name, figures(it, overlay)) for name, it in picture.places.items())
        said += (f"{name}: {', '.join(told)}." for name, told in counted)
        said.append(overlay.about)
    return " ".join(said)


def _style(picture: Picture) -> str:
    """Colours by name, in both settings, and what has which."""
    groups = list(dict.fromkeys(map(known, picture.groups)))
    own = (
        f".convsim-graph .g-{it}{{fill:var(--tint-{it});stroke:var(--hue-{it})}}"
        f".convsim-graph .b-{it}{{fill:var(--hue-{it})}}"
        for it in groups
    )
    return (
        f".convsim-graph{{{_colours(groups, LIGHT)}}}"
        f"@media (prefers-color-scheme:dark){{.convsim-graph{{{_colours(groups, DARK)}}}}}"
        f"{_sheet()}{''.join(own)}"
    )


@cache
def _sheet() -> str:
    """What is the same in every picture, without the layout of the file."""
    text = resources.files("convsim.drawing").joinpath("graph.css").read_text(encoding="utf-8")
    return re.sub(r"\s*([{};:,])\s+", r"\1", " ".join(text.split()))


def _colours(groups: Sequence[str], paper: Paper) -> str:
    own = (f"--hue-{it}:{hue(it, paper)};--tint-{it}:{tint(it, paper)}" for it in groups)
    return ";".join(
        (
            *(f"--{name}:{value}" for name, value in paper._asdict().items()),
            f"--crossed:{hue('push_back', paper)}",
            *own,
        )
    )


def _head(
    picture: Picture, overlay: Overlay | None, wide: float
) -> list[tuple[str, float, list[str]]]:
    """What stands above: class, height and lines of each text."""
    head = []
    if picture.title:
        scaled = wrapped(picture.title, wide, TITLE * 1.14, lines=3)
        head.append(("title", 24.0 * len(scaled), scaled))
    head.append(("about", 17.0, [cut(picture.name, wide, ABOUT)]))
    if overlay is not None:
        about = wrapped(overlay.about, wide, ABOUT, lines=3)
        head.append(("about", 17.0 * len(about), about))
    return head


def _titles(head: Iterable[tuple[str, float, list[str]]]) -> Iterator[str]:
    y = 0.0
    for kind, height, lines in head:
        step = height / len(lines)
        for line in lines:
            y += step
            yield f'<text class="{kind}" x="0" y="{px(y - 4)}">{escape(line)}</text>'


def _start(box: Box) -> str:
    x, y = box.middle[0], box.y
    return (
        f'<g><title>start</title><circle class="dot" cx="{px(x)}" cy="{px(y - 24)}" r="5"/>'
        f'<path class="line" stroke-width="1.4" d="M{px(x)} {px(y - 19)}V{px(y - 6)}"/>'
        f"{tip((x, y), down=True)}</g>"
    )
