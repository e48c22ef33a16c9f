"""What can follow what: a graph unfolded in time.

A `Place` is a state at a turn, with as many of the visits so far as matter later on. What can
follow it is what any label could open there: conditions on the turn and on visits are worked out,
conditions on the reply may hold or not. Time runs one way, so places form a graph without circles,
and counts, shortest and longest ways are one sweep over it. Two different sequences of states are
two different ways through the places, which is why ways can be counted before any is written down.

Visits are packed into one whole number, a field for each state that something asks about. A field
stops where no condition can tell the difference any more, and is cleared where none is left that
asks: in a graph without loops nothing has to be remembered at all.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from convsim.graph import Graph, Run
from convsim.scenario import Guard, State, compares
from convsim.walk import Cursor, moved, resolve

MOST_PLACES = 50_000
"""How far a graph is unfolded before it counts as too large (about a second of work)."""


class Place(NamedTuple):
    """A state with the turns behind it, and the visits that still matter, packed."""

    state: str
    turn: int
    visits: int


class Step(NamedTuple):
    """An entry of `next` that a reply may open: where it leads, and the state that is entered.

    The two differ where the visits of `to` are used up and its `then` is entered instead. `sure`
    says that its condition holds whatever the reply was.
    """

    key: str
    to: str
    state: str
    weight: float
    sure: bool


class Draw(NamedTuple):
    """Entries of a state of which one is drawn, or one that opens by itself: a `graph.Run`."""

    state: str
    key: str
    start: int
    steps: tuple[Step, ...]


Odds = tuple[tuple[Place | None, float], ...]


class _Field(NamedTuple):
    """Where the visits of a state stand in the packed number, and how far they are counted."""

    mask: int
    one: int
    full: int
    shift: int

    @classmethod
    def at(cls, shift: int, most: int) -> _Field:
        """The field that counts up to `most`, at this bit."""
        return cls(((1 << most.bit_length()) - 1) << shift, 1 << shift, most << shift, shift)

    def of(self, visits: int) -> int:
        return (visits & self.mask) >> self.shift

    def counted(self, visits: int) -> int:
        """The number with one visit more."""
        return visits if visits & self.mask == self.full else visits + self.one


class Ways:
    """What can follow what in one graph. What was worked out once is kept."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._fields = _fields(graph)
        self._asked = {name: _asked_in(graph, state) for name, state in graph.states.items()}
        self._masks = {name: self._mask(asked) for name, asked in self._asked.items()}
        self._live = _live(graph, self._masks)
        self._bounds = {name: _bounds(graph, state) for name, state in graph.states.items()}
        self._runs = {name: _runs(graph, name) for name in graph.states}
        self._draws: dict[tuple[str, int, int], tuple[Draw, ...]] = {}
        self._entered: dict[tuple[str, int, int], tuple[str, ...]] = {}

    def _mask(self, names: Iterable[str]) -> int:
        mask = 0
        for name in names:
            mask |= self._fields[name].mask
        return mask

    @property
    def is_timed(self) -> bool:
        """Whether anything hangs on the turn, but for the cap."""
        return any(self._bounds.values())

    @property
    def start(self) -> Place:
        """Where every dialogue begins."""
        return Place(self.graph.start, 0, 0)

    def key(self, place: Place) -> tuple[str, int, int]:
        """All that what can follow hangs on."""
        state, turn, visits = place
        return state, visits & self._masks[state], self.era(state, turn)

    def era(self, state: str, turn: int) -> int:
        """Which stretch of turns this is: within one, all conditions of the state stay as they are.

        A state whose conditions name no turn has one.
        """
        bounds = self._bounds[state]
        return bisect_right(bounds, turn) if bounds else 0

    def draws(self, place: Place) -> tuple[Draw, ...]:
        """What replies can open at a place, in the order in which it is tried; each once."""
        key = self.key(place)
        if key not in self._draws:
            state = place.state
            after = self._counted(place)
            visits = {name: self._fields[name].of(after) for name in self._asked[state]}
            cursor = Cursor(state, place.turn + 1, visits)
            self._draws[key] = tuple(_draws(self.graph, self._runs[state], cursor))
        return self._draws[key]

    def _counted(self, place: Place) -> int:
        field = self._fields.get(place.state)
        return place.visits if field is None else field.counted(place.visits)

    def entered(self, place: Place) -> tuple[tuple[str, int], ...]:
        """The states that can be entered next, with the visits that then still matter."""
        key = self.key(place)
        states = self._entered.get(key)
        if states is None:
            steps = (step.state for draw in self.draws(place) for step in draw.steps)
            states = self._entered[key] = tuple(dict.fromkeys(steps))
        after = self._counted(place)
        return tuple([(state, after & self._live[state]) for state in states])

    def goes_on(self, turn: int, state: str) -> bool:
        """Whether a state is entered after so many turns; the turn cap ends a dialogue before."""
        return turn < self.graph.max_turns or self.graph.states[state].final

    def place_after(self, place: Place, state: str) -> Place | None:
        """The place that a step to this state leads to; None where the turn cap ends it first."""
        turn = place.turn + 1
        if not self.goes_on(turn, state):
            return None
        return Place(state, turn, self._counted(place) & self._live[state])

    def following(self, place: Place) -> tuple[Place | None, ...]:
        """What can follow a place; None where the turn cap ends the dialogue instead."""
        if self.graph.states[place.state].final:
            return ()
        turn = place.turn + 1
        found = [
            Place(state, turn, visits) if self.goes_on(turn, state) else None
            for state, visits in self.entered(place)
        ]
        return tuple(dict.fromkeys(found))

    def odds(self, place: Place) -> Odds:
        """What can follow, with the odds: every distinct choice of the author's has the odds 1.

        They are shared among the states that it draws from.
        """
        runs = (tuple((it.state, it.weight) for it in draw.steps) for draw in self.draws(place))
        odds: list[tuple[Place | None, float]] = []
        for run in dict.fromkeys(runs):
            total = sum(weight for _, weight in run)
            odds += [(self.place_after(place, state), weight / total) for state, weight in run]
        return tuple(odds)


@lru_cache(maxsize=256)  # the repeats of a scenario come by the same places
def ways_of(graph: Graph) -> Ways:
    """What can follow what in a graph; the same object again for the same graph."""
    return Ways(graph)


def _fields(graph: Graph) -> dict[str, _Field]:
    """The states whose visits bear on what can follow, each with how far to count.

    One visit more than the largest number that a condition names is as good as any more.
    """
    most = {name: state.visits for name, state in graph.states.items() if state.visits is not None}
    for state in graph.states.values():
        for guard in _guards(state):
            for name, wanted in guard.visits.items():
                most[name] = max(most.get(name, 0), _number_in(wanted) + 1)
    fields, shift = {}, 0
    for name, number in most.items():
        fields[name] = _Field.at(shift, number)
        shift += number.bit_length()
    return fields


def _number_in(comparison: str) -> int:
    """The number that a comparison names."""
    return int(re.sub(r"\D", "", comparison))


def _guards(state: State) -> Iterator[Guard]:
    return (
        entry.when for entries in state.next.values() for entry in entries if entry.when is not None
    )


def _bounds(graph: Graph, state: State) -> list[int]:
    """The numbers of turns, counted before its own, from which a condition of a state may change.

    A condition on turn n can change at turn n and after it. Where a clarification may come between,
    it does a turn sooner, too.
    """
    named = {_number_in(guard.turn) for guard in _guards(state) if guard.turn is not None}
    early = 2 if graph.clarified else 1
    return sorted({n + shift for n in named for shift in range(-early, 1)})


def _runs(graph: Graph, state: str) -> list[tuple[Run, ...]]:
    """What the labels can open in a state, each once."""
    alike = {tuple(run[:2] for run in runs): runs for runs in graph.runs[state].values()}
    return list(alike.values())


def _asked_in(graph: Graph, state: State) -> tuple[str, ...]:
    """The states whose visits bear on what follows this one at once."""
    asked = {name for guard in _guards(state) for name in guard.visits}
    for entries in state.next.values():
        for entry in entries:
            at, passed = graph.states[entry.to], set[str]()
            while at.visits is not None and at.id not in passed:
                passed.add(at.id)
                at = graph.states[at.then or ""]
            asked |= passed
    return tuple(sorted(asked))


def _live(graph: Graph, masks: Mapping[str, int]) -> dict[str, int]:
    """For each state the fields that something at or after it asks about."""
    before: dict[str, list[str]] = {name: [] for name in graph.states}
    for name, state in graph.states.items():
        for to in _led_to(graph, state):
            before[to].append(name)
    live = dict(masks)
    waiting = deque(reversed(list(graph.states)))
    while waiting:
        name = waiting.popleft()
        for source in before[name]:
            both = live[source] | live[name]
            if both != live[source]:
                live[source] = both
                waiting.append(source)
    return live


def _led_to(graph: Graph, state: State) -> set[str]:
    """Every state that can be entered from this one, whatever was visited how often."""
    led_to = set()
    for entries in state.next.values():
        for entry in entries:
            at = entry.to
            while at not in led_to:
                led_to.add(at)
                at = graph.states[at].then or at
    return led_to


def _draws(graph: Graph, alike: Iterable[tuple[Run, ...]], cursor: Cursor) -> Iterator[Draw]:
    """What replies can open in the state of a cursor, each once."""
    found: dict[Draw, None] = {}
    for runs in alike:
        for run in runs:
            seen = [(entry, _may_hold(entry.when, graph, cursor)) for entry in run.entries]
            steps = tuple(
                Step(
                    run.key,
                    entry.to,
                    resolve(graph, moved(cursor, entry.to)).id,
                    entry.weight or 1.0,
                    may is True,
                )
                for entry, may in seen
                if may is not False
            )
            if steps:
                found[Draw(cursor.state, run.key, run.start, steps)] = None
            if any(may is True for _, may in seen):
                break  # it always opens, so nothing after it is tried
    return iter(found)


def _may_hold(guard: Guard | None, graph: Graph, cursor: Cursor) -> bool | None:
    """Whether a guard holds, as far as the way alone tells; None where the reply decides."""
    if guard is None:
        return True
    if not all(compares(cursor.visits.get(at, 0), wanted) for at, wanted in guard.visits.items()):
        return False
    # An answered clarifying question makes the turn one later than the states alone say.
    turns = (cursor.turn, cursor.turn + 1) if graph.clarified else (cursor.turn,)
    in_time = {guard.turn is None or compares(turn, guard.turn) for turn in turns}
    if True not in in_time:
        return False
    asked = (guard.delivery, guard.matches, guard.facets)
    by_reply = any(it is not None for it in asked) or bool(guard.has or guard.lacks)
    return None if by_reply or False in in_time else True


@dataclass(frozen=True, slots=True)
class Unfolded:
    """Every place, in the order of time, with those that can follow it.

    Nothing follows a final state; None stands where the turn cap ends the dialogue instead.
    """

    start: Place
    after: dict[Place, tuple[Place | None, ...]]

    def count(self) -> int:
        """How many sequences of states there are."""
        return self._swept(sum, end=1)

    def turns(self, best: Callable[[Iterable[int]], int]) -> int:
        """The turns of the shortest or the longest sequence."""
        return self._swept(lambda turns: 1 + best(turns), end=0)

    def _swept(self, combine: Callable[[list[int]], int], *, end: int) -> int:
        """A value of the start, from the values of what follows each place."""
        values: dict[Place | None, int] = {None: end}
        for place, following in reversed(self.after.items()):
            values[place] = combine([values[one] for one in following]) if following else end
        return values[self.start]

    def has(self, states: tuple[str, ...]) -> bool:
        """Whether this is a sequence, from the start to an end."""
        place = self.start
        for state in states[1:]:
            entered = [one for one in self.after[place] if one and one.state == state]
            if not entered:
                return False
            place = entered[0]
        return not self.after[place] or None in self.after[place]


def unfold(graph: Graph, most: int | None = None) -> Unfolded | None:
    """The places of a graph; None where there are more than `most` (`MOST_PLACES`)."""
    ways, most = ways_of(graph), MOST_PLACES if most is None else most
    after: dict[Place, tuple[Place | None, ...]] = {ways.start: ()}
    waiting = deque([ways.start])
    while waiting:
        place = waiting.popleft()
        after[place] = ways.following(place)
        fresh = [one for one in after[place] if one is not None and one not in after]
        after.update(dict.fromkeys(fresh, ()))
        waiting.extend(fresh)
        if len(after) > most:
            return None
    return Unfolded(ways.start, after)
