"""Paths: which sequences of states a dialogue can go through, and which of them to plan.

Theory of operation. A graph is unfolded in time: a `_Place` is a state at a turn, with as many of
the visits so far as matter later on. What can follow a place is what any label could open there:
conditions on the turn and on visits are worked out, conditions on the reply may hold or not. Time
runs one way, so the places form a graph without circles, and counts, shortest and longest ways are
one sweep over it, from the ends to the start. Two different sequences of states are two different
ways through the places, which is why ways can be counted before any is written down.

A path is the states that the user plays and, where it gets there, the final state; one that the
turn cap ends has no final state. Clarifications are no part of a path: they are played on top.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from hashlib import blake2b
from itertools import combinations, pairwise
from typing import NamedTuple

from convsim.chance import Chance
from convsim.errors import InputError
from convsim.graph import Graph
from convsim.scenario import Guard, compares
from convsim.walk import Cursor, moved, resolve

MOST_PATHS = 1000
"""How many paths of one graph `all-paths` plans at most. Every one is a dialogue per repeat."""

MOST_PLACES = 50_000
"""How far a graph is unfolded before it counts as too large (about a second of work)."""


class Walk(StrEnum):
    """How a plan chooses what the author left open."""

    RANDOM = "random"
    ALL_PATHS = "all-paths"
    EDGE_COVER = "edge-cover"


@dataclass(frozen=True)
class Path:
    """The states of one planned dialogue, in order."""

    states: tuple[str, ...]

    @cached_property
    def id(self) -> str:
        """Eight hex digits that stand for the path in keys, the same in every arm and run."""
        return blake2b("\x1f".join(self.states).encode(), digest_size=4).hexdigest()


def paths_of(graph: Graph, walk: Walk) -> tuple[Path, ...]:
    """The paths that a walk plans in a graph; none for `random`, which follows the replies.

    `all-paths` takes every sequence of states that some replies can lead through. `edge-cover`
    takes few that together take every step from state to state that any of them takes: none of
    them could be left out, though a cleverer choice may need fewer still.

    Raises InputError where there are more than a thousand, or the graph is too large to tell.
    """
    if walk is Walk.RANDOM:
        return ()
    unfolded = _unfold(graph)
    if unfolded is None:
        raise InputError(
            f"{_name(graph)} can be walked in too many ways to plan; use --walk random, or limit "
            "its loops with `visits` or `max_turns`"
        )
    if walk is Walk.EDGE_COVER:
        return _distinct(graph, _edge_cover(unfolded))
    count = unfolded.count()
    if count > MOST_PATHS:
        raise InputError(
            f"{_name(graph)} has {count:,} paths, more than the {MOST_PATHS:,} that "
            "--walk all-paths plans; use --walk edge-cover"
        )
    return _distinct(graph, unfolded.sequences())


def turn_bounds(graph: Graph) -> tuple[int, int]:
    """The smallest and the largest number of turns that replies can lead to.

    A block or an error can end a dialogue sooner. The answer to a clarifying question counts in the
    largest number. Where the graph is too large to tell, the bounds are 1 and the turn cap.
    """
    unfolded = _unfold(graph)
    if unfolded is None:
        return 1, graph.max_turns
    most = unfolded.turns(max) + bool(graph.clarified)
    return unfolded.turns(min), min(most, graph.max_turns)


def most_turns_in(graph: Graph, names: Collection[str]) -> int:
    """How many turns of one dialogue can be in these states, at most."""
    unfolded = _unfold(graph)
    if unfolded is None:
        return graph.max_turns
    most: dict[_Place | None, int] = {None: 0}
    for place, following in reversed(unfolded.after.items()):
        most[place] = (place.state in names) + max((most[one] for one in following), default=0)
    return most[unfolded.start]


def draw_path(graph: Graph, chance: Chance) -> Path:
    """One path, drawn as the author weighted it: what forced mode plays in a random walk.

    Where replies decide, every distinct choice of the author's is as likely as the others; within
    one, the weights are the odds.
    """
    states: list[str] = []
    place: _Place | None = _start(graph)
    while place is not None:
        states.append(place.state)
        if graph.states[place.state].final:
            break
        unit = chance.unit(place.state, states.count(place.state), "path")
        place = _drawn(_following(graph, place), unit)
    return Path(tuple(states))


def orders(graph: Graph, names: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """In which orders dialogues first come by some of the states, as many as one of them can.

    Each is of one dialogue; none comes by all that another one does. Of several orders of the same
    states it is one that is close to the file's. Where the graph is too large to tell, one dialogue
    is taken to come by all of them, as they stand in the file.
    """
    unfolded = _unfold(graph)
    if unfolded is None:
        return (tuple(name for name in graph.states if name in names),)
    rank = {name: number for number, name in enumerate(graph.states)}

    def in_file(order: tuple[str, ...]) -> list[int]:
        return [rank[name] for name in order]

    after: dict[_Place | None, dict[frozenset[str], tuple[str, ...]]] = {None: {frozenset(): ()}}
    for place, following in reversed(unfolded.after.items()):
        found: dict[frozenset[str], tuple[str, ...]] = {}
        for one in following or (None,):
            for order in after[one].values():
                if place.state in names:
                    order = (place.state, *(name for name in order if name != place.state))
                met = frozenset(order)
                found[met] = min(order, found.get(met, order), key=in_file)
        fullest = [met for met in found if not any(met < other for other in found)]
        after[place] = {met: found[met] for met in fullest}
    return tuple(after[unfolded.start].values())


def _name(graph: Graph) -> str:
    return f"scenario '{graph.scenario}' (arm '{graph.arm}')"


def _distinct(graph: Graph, sequences: Iterable[tuple[str, ...]]) -> tuple[Path, ...]:
    """The sequences as paths, whose ids must not collide: rows are told apart by them."""
    paths = tuple(map(Path, sequences))
    if len({path.id for path in paths}) < len(paths):
        raise InputError(
            f"two paths of {_name(graph)} happen to have the same id; rename one of its states"
        )
    return paths


# -- what can follow --------------------------------------------------------------------------


class _Place(NamedTuple):
    """A state with the turns behind it, and the visits of the states that `Graph.counted` names."""

    state: str
    turn: int
    visits: tuple[int, ...]


_Odds = tuple[tuple[_Place | None, float], ...]


def _start(graph: Graph) -> _Place:
    return _Place(graph.start, 0, (0,) * len(graph.counted))


@lru_cache(maxsize=4096)  # the repeats of a scenario come by the same places
def _following(graph: Graph, place: _Place) -> _Odds:
    """What can follow a place, with the odds; None where the turn cap ends the dialogue.

    Every distinct choice of the author's has the odds 1, to be shared among its states.
    """
    counted = graph.counted
    visits = dict(zip(counted, place.visits, strict=True))
    visits[place.state] = visits.get(place.state, 0) + 1
    cursor = Cursor(place.state, place.turn + 1, visits)
    after = tuple(visits[name] for name in counted)
    odds: list[tuple[_Place | None, float]] = []
    for draw in dict.fromkeys(_choices(graph, cursor)):
        total = sum(weight for _, weight in draw)
        for to, weight in draw:
            goes_on = cursor.turn < graph.max_turns or graph.states[to].final
            odds.append((_Place(to, cursor.turn, after) if goes_on else None, weight / total))
    return tuple(odds)


def _drawn(odds: _Odds, unit: float) -> _Place | None:
    remaining = unit * sum(share for _, share in odds)
    for place, share in odds:
        remaining -= share
        if remaining < 0:
            return place
    return odds[-1][0]


def _choices(graph: Graph, cursor: Cursor) -> Iterator[tuple[tuple[str, float], ...]]:
    """What replies can open in the state of a cursor: each a draw of (state, weight)."""
    alike = {tuple(run[:2] for run in runs): runs for runs in graph.runs[cursor.state].values()}
    for runs in alike.values():
        for run in runs:
            seen = [(entry, _may_hold(entry.when, graph, cursor)) for entry in run.entries]
            entries = [entry for entry, may in seen if may is not False]
            if entries:
                yield tuple(
                    (resolve(graph, moved(cursor, entry.to)).id, entry.weight or 1.0)
                    for entry in entries
                )
            if any(may is True for _, may in seen):
                break  # it always opens, so nothing after it is tried


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


# -- unfolded in time -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Unfolded:
    """Every place, in the order of time, with those that can follow it.

    Nothing follows a final state; None stands where the turn cap ends the dialogue instead.
    """

    start: _Place
    after: dict[_Place, tuple[_Place | None, ...]]

    def count(self) -> int:
        """How many sequences of states there are."""
        return self._swept(sum, end=1)

    def turns(self, best: Callable[[Iterable[int]], int]) -> int:
        """The turns of the shortest or the longest sequence."""
        return self._swept(lambda turns: 1 + best(turns), end=0)

    def _swept(self, combine: Callable[[list[int]], int], *, end: int) -> int:
        """A value of the start, from the values of what follows each place."""
        values: dict[_Place | None, int] = {None: end}
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

    def sequences(self) -> Iterator[tuple[str, ...]]:
        """Every sequence of states, one by one."""
        open_: list[tuple[_Place | None, tuple[str, ...]]] = [(self.start, ())]
        while open_:
            place, before = open_.pop()
            if place is None:
                yield before
                continue
            states = (*before, place.state)
            if not self.after[place]:
                yield states
            open_ += [(one, states) for one in reversed(self.after[place])]


def _unfold(graph: Graph) -> _Unfolded | None:
    """The places of a graph; None where there are too many."""
    start = _start(graph)
    after: dict[_Place, tuple[_Place | None, ...]] = {start: ()}
    waiting = deque([start])
    while waiting:
        place = waiting.popleft()
        if graph.states[place.state].final:
            continue
        after[place] = tuple(dict.fromkeys(one for one, _ in _following(graph, place)))
        fresh = [one for one in after[place] if one is not None and one not in after]
        after.update(dict.fromkeys(fresh, ()))
        waiting.extend(fresh)
        if len(after) > MOST_PLACES:
            return None
    return _Unfolded(start, after)


# -- a cover of the edges ---------------------------------------------------------------------

_States = tuple[str, ...]


class _Way(NamedTuple):
    """A way from a place to an end: the edges it takes, as bits, its length, what follows first."""

    edges: int
    length: int
    first: _Place | None


def _edge_cover(unfolded: _Unfolded) -> list[_States]:
    """Sequences that together take every edge, each of them one that no other one takes.

    Greedily: again and again one that takes the most edges still missing, without the detours that
    bring nothing. (The fewest possible are as hard to find as the fewest sets that cover a set.)
    """
    missing = {
        (place.state, one.state)
        for place, following in unfolded.after.items()
        for one in following
        if one is not None
    }
    cover: list[_States] = []
    while missing or not cover:
        found = _best_way(unfolded, missing)
        cover.append(_straightened(unfolded, found, missing & _edges(found)))
        missing -= _edges(cover[-1])
    return _without_spare(cover)


def _edges(states: _States) -> set[tuple[str, str]]:
    return set(pairwise(states))


def _best_way(unfolded: _Unfolded, missing: Iterable[tuple[str, str]]) -> _States:
    """The sequence that takes the most missing edges, as far as one sweep can tell."""
    bits = {edge: 1 << n for n, edge in enumerate(missing)}
    ways: dict[_Place | None, _Way] = {None: _Way(0, 0, None)}
    for place, following in reversed(unfolded.after.items()):
        best = most = None
        for one in following:
            onward = ways[one]
            edges = onward.edges | (bits.get((place.state, one.state), 0) if one else 0)
            gain = (edges.bit_count(), -onward.length)
            if most is None or gain > most:
                most, best = gain, _Way(edges, onward.length + 1, one)
        ways[place] = best or _Way(0, 1, None)
    states: list[str] = []
    at: _Place | None = unfolded.start
    while at is not None:
        states.append(at.state)
        at = ways[at].first
    return tuple(states)


def _straightened(
    unfolded: _Unfolded, states: _States, needed: Collection[tuple[str, str]]
) -> _States:
    """The sequence without the rounds that take none of the needed edges: a turn is a call."""
    for start, end in sorted(combinations(range(len(states)), 2), key=lambda cut: cut[0] - cut[1]):
        if states[start] == states[end]:
            shorter = states[:start] + states[end:]
            if unfolded.has(shorter) and _edges(shorter).issuperset(needed):
                return _straightened(unfolded, shorter, needed)
    return states


def _without_spare(cover: list[_States]) -> list[_States]:
    """The sequences without those whose every edge another one takes, too; later ones go first."""
    kept = list(cover)
    for states in reversed(cover):
        others = [other for other in kept if other is not states]
        if others and _edges(states) <= set().union(*map(_edges, others)):
            kept = others
    return kept
