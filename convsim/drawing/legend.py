"""The legend of an SVG."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import add

from convsim.drawing.markup import SMALL, inert, px
from convsim.drawing.overlay import Overlay
from convsim.drawing.palette import known
from convsim.drawing.picture import Picture
from convsim.drawing.text import width


class Legend:
    """What the colours and lines mean, in rows as wide as the picture."""

    def __init__(self, picture: Picture, overlay: Overlay | None) -> None:
        self._entries = [
            (
                f'<rect class="g-{known(group)}" width="14" height="12" rx="3"/>'
                f'<rect class="b-{known(group)}" width="5" height="12" rx="2"/>',
                group,
            )
            for group in picture.groups
        ]
        line = '<path class="line{}" stroke-width="{}" d="M0 6H24"/>'
        self._entries.append((line.format("", 1.4), "opened by the reply"))
        if any(way.then for way in picture.ways):
            self._entries.append((line.format(" then", 1.4), "visits used up"))
        if overlay is not None:
            self._entries += [
                (line.format("", 4), "wider: taken by more dialogues"),
                (
                    f'<g class="off">{line.format("", 1.2)}</g>',
                    "taken by none: the replies did not open it",
                ),
                (f'<g class="unmet">{line.format("", 1.2)}</g>', "none could take it"),
            ]

    @property
    def wish(self) -> float:
        """How wide it would like to be."""
        # Added up one by one, as `rows` does: `sum` is more exact from Python 3.12 on.
        return reduce(add, (self._wide(text) for _, text in self._entries), 0.0)

    @staticmethod
    def _wide(text: str) -> float:
        return 32 + width(text, SMALL) + 18

    def rows(self, wide: float) -> Iterator[str]:
        """Its rows, each so wide at most."""
        x = 0.0
        row: list[str] = []
        for drawn, text in self._entries:
            if row and x + self._wide(text) > wide:
                yield "".join(row)
                x, row = 0.0, []
            row.append(
                f'<g transform="translate({px(x)} 0)">{drawn}'
                f'<text class="soft" x="30" y="10">{inert(text)}</text></g>'
            )
            x += self._wide(text)
        yield "".join(row)
