"""What of a long conversation a question shows, so that it stays within a budget of tokens.

Every text gets the room that it needs while there is enough; where there is not, the longest are
cut, in the middle and with a mark that says how much is left out. The turns that a question is
about take most of the room, the others share the rest; where even that is too little, the oldest
but the first are left out, and a line says which.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from convsim.errors import InputError
from convsim.judges.blind import BlindDialogue, BlindTurn
from convsim.questions.data import Data, Part, framed, line_of, shortened

BYTES_PER_TOKEN = 3
"""About four in English, fewer in other scripts and in the escapes of JSON; so few on purpose."""

MOST_TURNS = 12
"""Replies that one call is asked about: a model gets careless over long lists, and its answer has
to fit into its own limit, at some hundred tokens a reply."""

LEAST_TOKENS = 4_000
"""Below this there is no room for a conversation beside the question."""

_WHOLE = 0.7
"""The share of the turns that a question is about."""

_LEAST, _LEAST_TEXT = 160, 6
"""Bytes of a line below which it says nothing any more, and the characters of its text that are
kept at least: as an escape each takes six bytes, so that any script fits into such a line."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One part as a line, and the bytes of that line in full."""

    part: Part
    line: str
    size: int

    @classmethod
    def of(cls, part: Part) -> _Line:
        line = line_of(part)
        return cls(part, line, len(line.encode()) + 1)

    def within(self, most: int) -> str:
        """The line in at most so many bytes, or nearly."""
        name = next((it for it in ("text", "supplied_by") if it in self.part), None)
        if self.size <= most or name is None:
            return self.line
        text = str(self.part[name])
        keep = min(len(text), most)
        while True:
            line = line_of({**self.part, name: shortened(text, keep)})
            size = len(line.encode()) + 1
            if size <= most or keep <= _LEAST_TEXT:
                return line
            keep = max(keep * most // size - 16, _LEAST_TEXT)


def check_budget(tokens: int) -> None:
    """Raise `InputError` where no question fits."""
    if tokens < LEAST_TOKENS:
        raise InputError(
            f"a judge with {tokens} tokens a question has no room for a conversation; "
            f"give it at least {LEAST_TOKENS}"
        )


class Layout:
    """A conversation laid out for questions of at most so many bytes of data.

    `asked` turns are shown as whole as the room allows.
    """

    def __init__(self, dialogue: BlindDialogue, room: int, extra: Iterable[Part] = ()) -> None:
        head = [_Line.of(part) for part in (*dialogue.head(), *extra)]
        cap = _level([line.size for line in head], room // 3)
        self._head = [line.within(cap) for line in head]
        self._room = room - sum(min(line.size, cap) for line in head)
        self._turns = [[_Line.of(part) for part in turn.parts()] for turn in dialogue.turns]
        self._numbers = [turn.n for turn in dialogue.turns]
        self._size = sum(line.size for lines in self._turns for line in lines)

    @property
    def is_whole(self) -> bool:
        """Whether everything fits as it is."""
        return self._size <= self._room

    def windows(self, turns: Iterable[BlindTurn], most: int = MOST_TURNS) -> Iterator[list[int]]:
        """The numbers of these turns in as few groups as can be shown whole, or nearly."""
        room = self._room if self.is_whole else int(self._room * _WHOLE)
        sizes = dict(zip(self._numbers, self._turns, strict=True))
        window: list[int] = []
        used = 0
        for turn in turns:
            size = sum(min(line.size, room // 4) for line in sizes[turn.n])
            if window and (used + size > room or len(window) == most):
                yield window
                window, used = [], 0
            window.append(turn.n)
            used += size
        if window:
            yield window

    def data(
        self, asked: Collection[int], *, to: int | None = None, extra: Sequence[Part] = ()
    ) -> Data:
        """The head, `extra`, and the turns up to `to`, of which the `asked` ones come first."""
        lines = [line_of(part) for part in _ends(extra, self._room // 3)]
        room = self._room - sum(len(line) + 1 for line in lines)
        shown = [
            (n, turn)
            for n, turn in zip(self._numbers, self._turns, strict=True)
            if to is None or n <= to
        ]
        return framed([*self._head, *lines, *_laid_out(shown, frozenset(asked), room)])


def _laid_out(
    turns: Sequence[tuple[int, list[_Line]]], asked: Collection[int], room: int
) -> Iterator[str]:
    whole = [line.size for n, turn in turns if n in asked for line in turn]
    rest = [line.size for n, turn in turns if n not in asked for line in turn]
    cap = _level(whole, room if sum(whole) + sum(rest) <= room else int(room * _WHOLE))
    left = room - sum(min(size, cap) for size in whole)
    low = _level(rest, left)
    hidden: set[int] = set()
    if rest and low < min(_LEAST, max(rest)):
        low = _LEAST
        hidden = _left_out([(n, turn) for n, turn in turns if n not in asked], left)
    for n, turn in turns:
        if n not in hidden:
            yield from (line.within(cap if n in asked else low) for line in turn)
        elif n - 1 not in hidden:
            last = n
            while last + 1 in hidden:
                last += 1
            yield line_of({"part": "left_out", "turns": f"{n} to {last}"})


def _left_out(turns: Sequence[tuple[int, list[_Line]]], room: int) -> set[int]:
    """Which of these turns do not fit, even cut short: all but the first and the newest that do."""
    kept: set[int] = set()
    for n, turn in (turns[0], *reversed(turns[1:])):
        room -= sum(min(line.size, _LEAST) for line in turn)
        if room < _LEAST:
            break
        kept.add(n)
    return {n for n, _ in turns} - kept


def _ends(rows: Sequence[Part], room: int) -> Sequence[Part]:
    """The first and the last of many short rows, where they are too many."""
    fit = room // _LEAST
    if len(rows) <= fit:
        return rows
    return (*rows[: fit // 2], {"part": "left_out", "rows": len(rows) - fit}, *rows[-fit // 2 :])


def _level(sizes: Iterable[int], room: int) -> int:
    """The height at which these are cut, so that together they fill at most the room."""
    ordered = sorted(sizes)
    for n, size in enumerate(ordered):
        rest = len(ordered) - n
        if size * rest > room:
            return max(room // rest, 1)
        room -= size
    return ordered[-1] if ordered else 1
