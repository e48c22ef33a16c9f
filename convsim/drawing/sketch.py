"""A picture as text for a terminal: a tree of states in walking order, at most 80 columns wide.

A state stands where it is reached soonest; elsewhere its name refers to it. What lies deeper than
`DEEPEST` goes on below, under its own name.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from convsim.columns import columns, cut, wrap
from convsim.drawing.lines import Joined, figures, lines_of
from convsim.drawing.overlay import Overlay
from convsim.drawing.palette import in_terminal
from convsim.drawing.picture import Picture, Place, visible

COLUMNS = 80
DEEPEST = 8
"""How many states deep the tree goes before it goes on below."""

MOST_LINES = 4
"""How many lines a long condition has."""

BOLD = "bold"
"""Stands for a group where a text is to be bold."""


class _Marks(NamedTuple):
    """What the tree is drawn with; `skip` stands below a `last`."""

    down: str = "│  "
    fork: str = "├─ "
    last: str = "└─ "
    skip: str = "   "
    to: str = "→"
    then: str = "⇢"
    start: str = "●"
    more: str = "…"
    opening: str = "“"
    closing: str = "”"
    between: str = " · "


_ASCII = _Marks("|  ", "|- ", "`- ", "   ", "->", "=>", "*", "...", '"', '"', " - ")

_Piece = tuple[str, str]
"""A text, and the group whose colour it has; empty for none."""


def sketch_text(
    picture: Picture,
    overlay: Overlay | None = None,
    *,
    colour: bool = False,
    ascii_only: bool = False,
) -> str:
    """The tree of a picture. `ascii_only` is for terminals that show nothing else."""
    tree = _Tree(picture, overlay, _ASCII if ascii_only else _Marks())
    return "\n".join(tree.printed(line, colour) for line in tree.lines()) + "\n"


class _Tree:
    """Tells every state once, with what leads on from it."""

    def __init__(self, picture: Picture, overlay: Overlay | None, marks: _Marks) -> None:
        self._picture, self._overlay, self._marks = picture, overlay, marks
        self._leaving: dict[str, list[Joined]] = {name: [] for name in picture.places}
        for line in lines_of(picture):
            self._leaving[line.source].append(line)
        self._soonest = self._parents()
        self._told: set[str] = set()
        self._below: deque[str] = deque()

    def _parents(self) -> dict[str, Joined]:
        """The line by which each state is reached soonest from the start."""
        found: dict[str, Joined] = {}
        seen = {self._picture.start}
        waiting = deque(seen)
        while waiting:
            for line in self._leaving[waiting.popleft()]:
                if line.to not in seen:
                    seen.add(line.to)
                    found[line.to] = line
                    waiting.append(line.to)
        return found

    def printed(self, line: list[_Piece], colour: bool) -> str:
        """A line as it goes to the terminal: cut to its width, perhaps coloured."""
        room = COLUMNS
        shown = []
        for text, group in line:
            text = cut(self._plain(text), room, self._marks.more)
            room -= columns(text)
            shown.append(in_terminal(text, group) if colour and group and text else text)
        return "".join(shown).rstrip()

    def _plain(self, text: str) -> str:
        ascii_only = self._marks is _ASCII
        return text.encode("ascii", "replace").decode() if ascii_only else text

    def lines(self) -> Iterator[list[_Piece]]:
        """Every line, top to bottom."""
        picture = self._picture
        about = "" if self._overlay is None else self._overlay.about
        for text, group in ((picture.title, BOLD), (picture.name, ""), (about, "")):
            for line in wrap(visible(text), COLUMNS):
                yield [(line, group)]
        yield [("", "")]
        self._below.append(picture.start)
        self._below += (name for name in picture.places if name not in self._soonest)
        while self._below:
            name = self._below.popleft()
            if name not in self._told:
                mark = self._marks.start if name == picture.start else self._marks.to
                yield from self._state(name, [(f"{mark} ", "")], "", 0)

    def _state(
        self, name: str, lead: list[_Piece], indent: str, depth: int
    ) -> Iterator[list[_Piece]]:
        """A state and what follows from it; `lead` is what stands before its name."""
        self._told.add(name)
        place = self._picture.places[name]
        yield from self._head(place, lead, indent)
        leaving = self._leaving[name]
        beside = indent + (self._marks.down if leaving else self._marks.skip)
        if place.say:
            marks = self._marks
            room = COLUMNS - columns(beside) - 2
            said = cut(visible(place.say[0]), room, marks.more)
            yield [(beside, ""), (f"{marks.opening}{said}{marks.closing}", "")]
        for told in self._figures(place, COLUMNS - columns(beside)):
            yield [(beside, ""), (told, BOLD)]
        for line in leaving:
            yield from self._line(line, indent, depth, last=line is leaving[-1])

    def _figures(self, place: Place, room: int) -> list[str]:
        """What a run did there, on as few lines as hold every figure whole."""
        told: list[str] = []
        for figure in figures(place, self._overlay):
            longer = f"{told[-1]}{self._marks.between}{figure}" if told else figure
            if told and columns(longer) <= room:
                told[-1] = longer
            else:
                told.append(figure)
        return told

    def _head(self, place: Place, lead: list[_Piece], indent: str) -> Iterator[list[_Piece]]:
        """The name with move and marks; below it where there is no room beside it."""
        between = self._marks.between
        name: _Piece = (visible(place.name), BOLD)
        rest = between.join(mark.text for mark in place.marks)
        about: list[_Piece] = [(visible(place.move), place.group)] if place.move else []
        about += [(f"{between}{visible(rest)}", "")] if rest else []
        ending: list[_Piece] = [(f"{between}final", "")] if place.final else []
        room = COLUMNS - sum(columns(text) for text, _ in (*lead, name))
        if sum(columns(text) for text, _ in about) + 2 <= room:
            yield [*lead, name, *ending, *([("  ", ""), *about] if about else [])]
        else:
            yield [*lead, name, *ending]
            beside = indent + (self._marks.down if self._leaving[place.name] else self._marks.skip)
            yield [(beside, ""), *about]

    def _line(self, line: Joined, indent: str, depth: int, *, last: bool) -> Iterator[list[_Piece]]:
        marks = self._marks
        arrow = marks.then if line.then else marks.to
        words = " / ".join(map(visible, line.texts(self._overlay)))
        words += " (none could take it)" if line.is_shut(self._overlay) else ""
        branch = indent + (marks.last if last else marks.fork)
        under = indent + (marks.skip if last else marks.down)
        # The name of the state is worth more than the end of a long condition.
        name = columns(visible(line.to)) + columns(arrow) + 10
        room = COLUMNS - columns(branch) - name
        if columns(words) > room:
            *first, words = self._in_lines(words, max(room, 20))
            for text in first:
                yield [(branch, ""), (text, "")]
                branch = under + marks.skip
        lead: list[_Piece] = [(branch, ""), (f"{words} {arrow} ", "")]
        if self._is_told_here(line, depth):
            yield from self._state(line.to, lead, under, depth + 1)
        else:
            yield [*lead, (visible(line.to), BOLD), (self._reference(line), "")]

    def _in_lines(self, words: str, width: int) -> list[str]:
        """The words of a line; without figures, which are never cut off, in few lines."""
        lines = wrap(words, width)
        if self._overlay is not None or len(lines) <= MOST_LINES:
            return lines
        kept, last = lines[: MOST_LINES - 1], " ".join(lines[MOST_LINES - 1 :])
        return [*kept, cut(last, width, self._marks.more)]

    def _is_told_here(self, line: Joined, depth: int) -> bool:
        if line.to in self._told:
            return False
        if self._picture.places[line.to].final:
            return True  # there is nothing more to tell of it
        if self._soonest.get(line.to) is not line:
            return False
        if depth + 1 < DEEPEST:
            return True
        self._below.append(line.to)
        return False

    def _reference(self, line: Joined) -> str:
        if self._picture.places[line.to].final:
            return ""
        return " (again)" if line.to in self._told else " (below)"
