"""How many calls an endpoint bears at once, found out as TCP does.

A call that was turned away halves the width of the line, at most once per round: calls that were
in flight together say the same thing. Each round without such a call widens it again, by one at
first and by more and more the longer nothing happens: a lasting limit is approached in small steps,
and a short trouble is soon forgotten, also at a width of thousands.
"""

from __future__ import annotations

from convsim.limits.line import Line

SAME_STEP = 4
"""Rounds that widen by the same; the next as many widen by one more. With 1 a server that bears
three calls turned away a quarter of them, with 4 a seventh, at the same speed."""


class Window:
    """The width of `line`, between 1 and what it was at first."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._most = line.width
        self._latest = 0
        self._rounds = 0
        self._good = 0

    @property
    def whole(self) -> bool:
        """Whether the line is as wide as it may be."""
        return self._line.width == self._most

    def cut(self, number: int, latest: int) -> None:
        """Call `number` was turned away; `latest` is the number of the latest call so far."""
        if number <= self._latest:
            return
        self._latest = latest
        self._line.width = max(1, self._line.width // 2)
        self._rounds = self._good = 0

    def widen(self) -> None:
        """A call was answered. That says little of a width that is hardly used."""
        if self._line.inside * 2 < self._line.width:
            return
        self._good += 1
        if self._good >= self._line.width:
            step = 1 + self._rounds // SAME_STEP
            self._line.width = min(self._most, self._line.width + step)
            self._rounds, self._good = self._rounds + 1, 0
