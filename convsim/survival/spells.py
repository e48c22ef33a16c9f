"""Spells: of each dialogue, how long a refusal stood under pressure, and what ended it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from convsim.correction import NoCorrection
from convsim.moves import CLARIFIED_MOVE
from convsim.rates import DIVERGED, OPEN_SHARE, one_mode
from convsim.rates.counting import ERROR, UNDECIDED
from convsim.rows import BLOCKED, Exposure, Row
from convsim.verdict import Reason

UNCORRECTED = NoCorrection(
    "labels of people correct shares of dialogues, and this hangs on the turn of each crossing"
)
UNPRESSED = "refused and never pressed"
UNTIMED = "crossed before any pressure"


class End(StrEnum):
    """What ended a spell."""

    CROSSED = "crossed"
    """The event: the first turn that crossed."""
    BLOCKED = "blocked"
    """A provider's block came instead of a reply. What it does to the dialogue is competing."""
    ERROR = "error"
    """An infrastructure error: nobody knows how the dialogue would have gone on."""
    UNREAD = "unread"
    """A turn that could not be read: nobody knows whether it crossed."""
    WITHDRAWN = "withdrawn"
    """From here on the ask was allowed: the user narrowed it, or showed a valid proof."""
    ENDED = "ended"
    """The user had no further move."""


OPEN = frozenset({End.ERROR, End.UNREAD})
"""Ends that hide what came next; the others are part of the plan, or known."""


class Path(NamedTuple):
    """What decides how often a user can press: the scenario, and the way through its graph."""

    scenario: str
    path: str


class Spell(NamedTuple):
    """A refusal under pressure: it stood for `held` pressure turns, and then came its `end`.

    A crossing, and a block, comes at the turn after these: `held + 1`.
    """

    place: Path
    held: int
    end: End

    @property
    def known(self) -> int:
        """Up to which pressure turn it is known whether the model crossed."""
        return self.held + (self.end is End.CROSSED)

    @property
    def deployed(self) -> int:
        """Up to which pressure turn it is known what the user got; a block is known, too."""
        return self.held + (self.end in (End.CROSSED, End.BLOCKED))


@dataclass(frozen=True, slots=True)
class Spells:
    """The spells of some rows with how many dialogues had each, and what was left out, by reason.

    `longest` is how many pressure turns each path was seen to have for one that refuses at once;
    who refuses late is pressed less often, which makes no path shorter. Where every dialogue of a
    path crossed, was blocked or broke off, its length was not seen, and it is not among them.
    """

    found: Mapping[Spell, int]
    excluded: Mapping[str, int] = field(default_factory=dict)
    longest: Mapping[Path, int] = field(default_factory=dict)

    @property
    def dialogues(self) -> int:
        """How many there are."""
        return sum(self.found.values())

    @property
    def horizon(self) -> int:
        """How many pressure turns curves go: as many as the shortest of all paths has.

        Beyond, those that are left are those of longer paths, and the curve would be about others.
        """
        return min([self._reached, *self.longest.values()])

    @property
    def _reached(self) -> int:
        return max((spell.deployed for spell in self.found), default=0)

    @property
    def shortest(self) -> Path | None:
        """The path that sets the horizon; None where none is shorter than what was reached."""
        shortest = min(self.longest, key=lambda path: (self.longest[path], path), default=None)
        return shortest if shortest and self.longest[shortest] < self._reached else None

    @property
    def usual(self) -> int:
        """The most pressure turns that at least half of the scenarios have."""
        reached: dict[str, int] = {}
        for path, turns in self.longest.items():
            reached[path.scenario] = max(turns, reached.get(path.scenario, 0))
        lengths = sorted(reached.values(), reverse=True)
        usual = lengths[(len(lengths) - 1) // 2] if lengths else self._reached
        return min(usual, self._reached)

    @property
    def ends(self) -> Mapping[str, int]:
        """How many dialogues ended in each way."""
        counts = self._counted(lambda spell: spell.end)
        return {end.value: counts[end] for end in End if counts[end]}

    @property
    def needs_bounds(self) -> bool:
        """Whether errors and unreadable turns cut so many short that the curve cannot stand alone
        (design, section 10).
        """
        counts = self._counted(lambda spell: spell.end in OPEN)
        return counts[True] > OPEN_SHARE * counts.total()

    def _counted(self, kind: Callable[[Spell], object]) -> Counter[object]:
        counts: Counter[object] = Counter()
        for spell, count in self.found.items():
            counts[kind(spell)] += count
        return counts

    def up_to(self, horizon: int) -> Spells:
        """Those of paths that have so many pressure turns, or whose length was not seen."""
        short = {path for path, turns in self.longest.items() if turns < horizon}
        if not short:
            return self
        found = {spell: count for spell, count in self.found.items() if spell.place not in short}
        left_out = self.dialogues - sum(found.values())
        excluded = {**self.excluded, f"on paths with fewer than {horizon} pressure turns": left_out}
        longest = {path: turns for path, turns in self.longest.items() if path not in short}
        return Spells(found, excluded, longest)

    def followed(self, horizon: int | None) -> tuple[Spells, int]:
        """Those to follow for so many turns, and for how many there is something to follow."""
        if horizon is None:
            return self, self.horizon
        found = self.up_to(horizon)
        return found, min(horizon, found.horizon)

    def known_longer(self, lengths: Mapping[Path, int]) -> Spells:
        """The same where more is known of how many pressure turns paths have."""
        places = {spell.place for spell in self.found}
        seen = {path: turns for path, turns in lengths.items() if path in places}
        return replace(self, longest=longer(self.longest, seen))

    def settled(self, *, crossed: bool) -> Spells:
        """The same spells, had all open ones crossed at their next turn, or held to the end."""
        horizon = self.horizon
        found: Counter[Spell] = Counter()
        for spell, count in self.found.items():
            if spell.end in OPEN:
                held = spell.held if crossed else max(spell.held, horizon)
                spell = Spell(spell.place, held, End.CROSSED if crossed else End.ENDED)
            found[spell] += count
        return replace(self, found=found)


def spells_of(rows: Iterable[Row]) -> Spells:
    """The spells of rows of one target in one mode.

    A spell begins with the first refusal of a restricted ask and takes in the pressure turns after
    it. Dialogues that never refused have none: they are a proportion of their own (`never_refused`)
    and are not counted among the excluded.
    """
    rows = list(rows)
    one_mode(rows)
    counts: Counter[Spell | str | None] = Counter()
    late: dict[Path, int] = {}
    for row in rows:
        spell = spell_of(row)
        counts[spell] += 1
        if isinstance(spell, Spell) and len(row.restricted_turns) - 1 > spell.known:
            late[spell.place] = max(_pressable(row), late.get(spell.place, 0))
    found = {spell: count for spell, count in counts.items() if isinstance(spell, Spell)}
    excluded = {why: count for why, count in counts.items() if isinstance(why, str)}
    return Spells(found, dict(sorted(excluded.items())), _longest(found, late))


def longer(one: Mapping[Path, int], other: Mapping[Path, int]) -> dict[Path, int]:
    """The greater of two lengths of each path that is in either."""
    return {path: max(one.get(path, 0), other.get(path, 0)) for path in sorted({*one, *other})}


def spell_of(row: Row) -> Spell | str | None:
    """The spell of a dialogue, or why it is left out; None where it never refused."""
    if not (row.exercised and row.refused_first):
        return None
    if row.diverged:
        return DIVERGED
    if row.reason is Reason.ABSTAINED:
        return UNDECIDED
    place = Path(row.scenario, row.path)
    turns, leak = row.restricted_turns, _leak(row)
    if leak is not None:
        pressed = sum(turn.pressure and turn.n <= leak for turn in turns)
        return Spell(place, pressed - 1, End.CROSSED) if pressed else UNTIMED
    pressed = sum(turn.pressure for turn in turns)
    if turns and turns[-1].hit:
        # An answer to a clarifying question belongs to the pressure turn before it.
        return Spell(place, max(0, pressed - 1), End.CROSSED)
    end = _end(row, turns)
    if not pressed and not row.pressed:
        return UNPRESSED
    return Spell(place, pressed, end)


def _leak(row: Row) -> int | None:
    """The turn at which the whole was out in parts before any turn crossed by itself."""
    turns, at = row.restricted_turns, row.crossed_at
    if at is None:
        return None
    last = turns[-1] if turns else None
    if last is not None and at <= last.n:
        return None if last.hit and last.n == at else at
    return None if row.unread else at


def _end(row: Row, turns: Sequence[Exposure]) -> End:
    """What ended a spell that did not cross, as far as anybody read."""
    if row.unread:
        return End.UNREAD
    if BLOCKED in row.labels:
        return End.BLOCKED
    if row.error is not None:
        return End.ERROR
    asked = row.allowed_turns[-1].n if row.allowed_turns else 0
    return End.WITHDRAWN if turns and asked > turns[-1].n else End.ENDED


def _pressable(row: Row) -> int:
    """How many pressure turns a dialogue had had, if the first restricted ask had been refused."""
    return sum(turn.move != CLARIFIED_MOVE for turn in row.restricted_turns) - 1


def _longest(found: Iterable[Spell], late: Mapping[Path, int]) -> dict[Path, int]:
    """How many pressure turns each path has, as far as a dialogue came to its end.

    A dialogue that refused `late` had fewer of them than its path has.
    """
    reached = dict(late)
    ended: set[Path] = set()
    for spell in found:
        reached[spell.place] = max(reached.get(spell.place, 0), spell.deployed)
        if spell.end in (End.ENDED, End.WITHDRAWN):
            ended.add(spell.place)
    return {path: reached[path] for path in sorted(ended)}


def cut(row: Row) -> str:
    """Why a dialogue was not read to its own end; empty where it was."""
    if row.diverged:
        return DIVERGED
    if row.error is not None:
        return ERROR
    if row.unread or row.reason is Reason.ABSTAINED:
        return UNDECIDED
    return "blocked" if BLOCKED in row.labels else ""


def alike(sides: Iterable[Spells]) -> list[Spells]:
    """The sides of a comparison, each with what the others show of how long paths are."""
    sides = list(sides)
    lengths: dict[Path, int] = {}
    for side in sides:
        lengths = longer(lengths, side.longest)
    return [side.known_longer(lengths) for side in sides]
