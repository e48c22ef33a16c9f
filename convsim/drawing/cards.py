"""States as boxes of an SVG: name, move, first wording, marks, and the figures of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from convsim.drawing.layout import Box, Size
from convsim.drawing.lines import shares
from convsim.drawing.markup import NAME, SMALL, TINY, inert, px
from convsim.drawing.overlay import Overlay, Share
from convsim.drawing.palette import FINAL, known
from convsim.drawing.picture import Place, visible
from convsim.drawing.text import cut, width, wrapped
from convsim.moves import MOVES

INSIDE = 198.0
"""How wide the words in a box may be."""

PAD, BAR = 11.0, 6.0
"""The room around the words of a box, and the width of its coloured bar."""


class _Text(NamedTuple):
    """One line of words in a box: its class, and what it needs."""

    kind: str
    text: str
    high: float


class _Chip(NamedTuple):
    """A mark, where it stands in its row."""

    kind: str
    text: str
    x: float
    wide: float


@dataclass(frozen=True, slots=True)
class Card:
    """The inside of a box, laid out."""

    size: Size
    texts: tuple[_Text, ...]
    chips: tuple[tuple[_Chip, ...], ...]
    figures: tuple[tuple[str, Share, str], ...]
    entered: bool


def card_of(place: Place, overlay: Overlay | None) -> Card:
    """What a state's box holds, and how large it has to be."""
    texts = [_Text("name", cut(place.name, INSIDE, NAME, bold=True), 18)]
    if place.move:
        texts.append(_Text("soft", cut(place.move, INSIDE, SMALL), 15))
    if place.say:
        lines = wrapped(f"“{visible(place.say[0])}”", INSIDE, SMALL * 1.04, lines=2)
        texts += (_Text("wording", line, 15) for line in lines)
    chips = tuple(_rows([(mark.kind, mark.text) for mark in place.marks]))
    figures = shares(place, overlay)
    high = sum(text.high for text in texts) + 21 * len(chips) + 19 * len(figures)
    wide = INSIDE if not place.final or figures else width(place.name, NAME, bold=True)
    size = Size(min(wide, INSIDE) + 2 * PAD + (BAR if place.move else 14), high + 2 * 9 + 1)
    entered = overlay is None or bool(overlay.at(place.name).hits)
    return Card(size, tuple(texts), chips, figures, entered)


def _rows(marks: Sequence[tuple[str, str]]) -> Iterator[tuple[_Chip, ...]]:
    """Marks side by side, as many as a row has room for."""
    row: list[_Chip] = []
    x = 0.0
    for kind, text in marks:
        shown = cut(text, INSIDE - 14, TINY, bold=True)
        wide = width(shown, TINY, bold=kind == "restricted") + 12
        if row and x + wide > INSIDE:
            yield tuple(row)
            row, x = [], 0.0
        row.append(_Chip(kind, shown, x, wide))
        x += wide + 5
    if row:
        yield tuple(row)


def drawn_state(place: Place, card: Card, box: Box) -> str:
    """The element of a state."""
    group = known(place.group)
    kind = f"g-{group}" if place.group else FINAL
    high, wide = px(box.height), px(box.width)
    corner = box.height / 2 if place.final and not card.figures else 9.0
    left = PAD + (BAR if place.move else 7)
    return "".join(
        (
            f'<g class="state{"" if card.entered else " none"}" data-state="{inert(place.name)}" '
            f'transform="translate({px(box.x)} {px(box.y)})">',
            f"<title>{_tooltip(place, card)}</title>",
            f'<rect class="box {kind}" width="{wide}" height="{high}" rx="{px(corner)}" '
            'stroke-width="1.5"/>',
            f'<path class="b-{group}" d="M9 0H{px(BAR + 3)}V{high}H9A9 9 0 0 1 0 '
            f'{px(box.height - 9)}V9A9 9 0 0 1 9 0Z"/>'
            if place.group
            else "",
            *_inside(card, left),
            "</g>",
        )
    )


def _inside(card: Card, left: float) -> Iterator[str]:
    y = 9.0
    for text in card.texts:
        y += text.high
        yield f'<text class="{text.kind}" x="{px(left)}" y="{px(y - 4)}">{escape(text.text)}</text>'
    for row in card.chips:
        for chip in row:
            yield _chip(chip, left + chip.x, y + 4)
        y += 21
    for name, share, _ in card.figures:
        yield _figure(name, share, left, y + 3)
        y += 19


def _chip(chip: _Chip, x: float, y: float) -> str:
    return (
        f'<rect class="chip chip-{inert(chip.kind)}" x="{px(x)}" y="{px(y)}" '
        f'width="{px(chip.wide)}" height="16" rx="4"/>'
        f'<text class="on-{inert(chip.kind)}" x="{px(x + 6)}" y="{px(y + 11.5)}" '
        f'font-size="10">{escape(chip.text)}</text>'
    )


def _figure(name: str, share: Share, x: float, y: float) -> str:
    """A name and a figure, on a bar as long as its share."""
    bar = INSIDE * share.value
    return (
        f'<rect class="track" x="{px(x)}" y="{px(y)}" width="{px(INSIDE)}" height="16" rx="2"/>'
        f'<rect class="share share-{name}" x="{px(x)}" y="{px(y + 13)}" width="{px(bar)}" '
        'height="3" rx="1"/>'
        f'<text x="{px(x + 4)}" y="{px(y + 11)}" font-size="10.5">{name}</text>'
        f'<text x="{px(x + INSIDE - 4)}" y="{px(y + 11)}" font-size="10.5" font-weight="600" '
        f'text-anchor="end">{share}</text>'
    )


def _tooltip(place: Place, card: Card) -> str:
    """Everything about a state, a line each."""
    lines = [place.name]
    if place.move:
        named = MOVES.get(place.move)
        lines.append(f"{place.move}: {named.does}" if named else place.move)
    lines += (mark.text for mark in place.marks)
    lines += (f"{name} {share} {what}" for name, share, what in card.figures)
    lines += (f"“{wording}”" for wording in place.say)
    return "\n".join(map(inert, lines))
