"""Lines of an SVG: from state to state, with the words at them and who took them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise

from convsim.drawing.layout import Box, Route, Size
from convsim.drawing.lines import Joined
from convsim.drawing.markup import LABEL, inert, px, tip
from convsim.drawing.overlay import Overlay, Share
from convsim.drawing.text import cut, width

BESIDE = 190.0
"""How wide the words at a line may be."""

_ZERO = re.compile(r" 0/\d+$")


def words_of(line: Joined, overlay: Overlay | None) -> list[str]:
    """What is written at a line: shortened, but never a figure."""
    words = []
    for text in line.texts(overlay):
        head, _, last = text.rpartition(" ")
        if overlay is None or not head:
            words.append(cut(text, BESIDE, LABEL))
        else:
            words.append(f"{cut(head, BESIDE - width(last, LABEL) - 6, LABEL)} {last}")
    return words


def room_for(words: Sequence[str]) -> Size:
    """The room that the words at a line take."""
    return Size(max(width(word, LABEL) for word in words) + 10, 14.0 * len(words) + 5)


def stub_of(words: Sequence[str], line: Joined) -> list[str]:
    """The words of a line that is too long to be drawn to its end."""
    return [*words, cut(f"→ {line.to}", BESIDE, LABEL)]


def drawn_line(line: Joined, route: Route, words: Sequence[str], overlay: Overlay | None) -> str:
    """The element of a line, with its words and the head of its arrow."""
    share = None if overlay is None else line.share(overlay)
    thick = 1.4 if overlay is None or share is None else _thickness(share, overlay)
    state = _state(line, overlay)
    told = [f"{line.source} → {line.to}", *line.texts(overlay)]
    if overlay is not None:
        told += _told(line, overlay)
    loop = line.source == line.to
    half = max(4.0, thick * 0.9 + 1.6)
    path = _loop(route.points) if loop else _curve(_shortened(route, 2 * half - 1))
    return "".join(
        (
            f'<g class="way{state}" data-from="{inert(line.source)}" data-to="{inert(line.to)}">',
            "<title>" + "\n".join(map(inert, told)) + "</title>",
            f'<path class="line{" then" if line.then else ""}" stroke-width="{px(thick)}" '
            f'd="{path}"/>',
            _ending(route, half, loop=loop),
            *_written(words if route.whole else stub_of(words, line), route.label),
            "</g>",
        )
    )


def _thickness(share: Share, overlay: Overlay) -> float:
    """Of a line: from thin to six points, by the share of all dialogues that took it."""
    return 1.2 + 4.8 * Share(share.hits, overlay.dialogues).value if share.hits else 1.2


def _state(line: Joined, overlay: Overlay | None) -> str:
    """How a line looks that nobody took: by whether the replies kept everybody from it."""
    if overlay is None or line.share(overlay).hits:
        return ""
    return " off" if overlay.was_possible(line.ways) else " unmet"


def _told(line: Joined, overlay: Overlay) -> tuple[str, ...]:
    """What a line's figure says; why nobody took it, where nobody did."""
    share = line.share(overlay)
    if share.hits:
        return (f"taken by {share} dialogues that came to {line.source}",)
    if not share.of:
        return (f"no dialogue came to {line.source}", *overlay.reasons(line.ways))
    came = f"{share.of} dialogues came to {line.source}, and none of them went on here"
    return (came, *overlay.reasons(line.ways))


def _curve(points: Sequence[tuple[float, float]]) -> str:
    x, y = points[0]
    path = [f"M{px(x)} {px(y)}"]
    for (x, y), (to_x, to_y) in pairwise(points):
        if abs(x - to_x) < 0.5:
            path.append(f"V{px(to_y)}" if x == to_x else f"L{px(to_x)} {px(to_y)}")
        else:
            middle = px((y + to_y) / 2)
            path.append(f"C{px(x)} {middle} {px(to_x)} {middle} {px(to_x)} {px(to_y)}")
    return "".join(path)


def _loop(points: Sequence[tuple[float, float]]) -> str:
    (x, y), (out, _), _, (_, end) = points
    return f"M{px(x)} {px(y)}C{px(out + 8)} {px(y)} {px(out + 8)} {px(end)} {px(x + 6)} {px(end)}"


def _shortened(route: Route, by: float) -> list[tuple[float, float]]:
    """The points of a line that stops before the head of its arrow."""
    points = list(route.points)
    if not route.whole:
        return points
    (_, first), (_, last) = points[0], points[-1]
    clamp, end = (min, last - by) if last > first else (max, last + by)
    points[-2:] = [(x, clamp(y, end)) for x, y in points[-2:]]
    return points


def _ending(route: Route, half: float, *, loop: bool) -> str:
    """The head of the arrow; the words of a stub say where it leads."""
    if not route.whole:
        return ""
    x, y = route.points[-1]
    if loop:
        return f'<path class="tip" d="M{px(x)} {px(y)}l8 -4v8z"/>'
    return tip((x, y), down=y > route.points[0][1], half=half)


def _written(words: Sequence[str], box: Box) -> Iterator[str]:
    yield (
        f'<rect class="ground" x="{px(box.x)}" y="{px(box.y)}" width="{px(box.width)}" '
        f'height="{px(box.height)}" rx="4"/>'
    )
    x, y = box.middle
    y -= 7.0 * len(words)
    for word in words:
        zero = " zero" if _ZERO.search(word) else ""
        yield (
            f'<text class="label{zero}" x="{px(x)}" y="{px(y + 10.5)}" text-anchor="middle">'
            f"{escape(word)}</text>"
        )
        y += 14
