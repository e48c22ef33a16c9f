"""What could be covered: by some replies at all, and in the dialogues that were played.

A dialogue plays one arm in one repeat, whose draws are fixed beforehand, and perhaps a planned
path. What no replies could have opened in any of them was *never scheduled*, and says nothing about
the target.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import combinations
from typing import Any, NamedTuple

import orjson

from convsim.chance import Chance
from convsim.coverage.things import (
    Measure,
    Pair,
    Things,
    Transition,
    labels_of,
    passed_on,
    written,
)
from convsim.graph import Graph, Run
from convsim.paths import Draw, Place, Step, Ways, most_turns_in, ways_of
from convsim.scenario import State
from convsim.walk import weighted

MOST_PLACES = 20_000
"""So many places are gone through; where there are more, all that they led to counts as reached."""

MOST_GUARDED = 8
"""Of one draw so many entries with a condition are tried open and shut; of more, any can come."""

Opens = Callable[[Draw], Iterable[Step]]
"""Which entries of a draw replies can open."""


class Play(NamedTuple):
    """What fixes how a dialogue of an arm can go: the repeat's draws, and the planned states."""

    chance: Chance
    path: tuple[str, ...] | None = None
    forced: bool = False


def reachable(graph: Graph) -> Things:
    """Everything that some replies and some draws lead to."""
    return _reachable(_Alike(graph))


class _Alike:
    """A graph that equals any other in which the same can follow: most arms differ in words."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        parts = [
            (name, state.visits, state.then, state.final, _leading(state))
            for name, state in graph.states.items()
        ]
        self._said = orjson.dumps([graph.start, graph.max_turns, bool(graph.clarified), parts])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Alike) and other._said == self._said

    def __hash__(self) -> int:
        return hash(self._said)


def _leading(state: State) -> dict[str, list[dict[str, Any]]]:
    """Where a state leads, as plain data."""
    return {
        key: [entry.model_dump(mode="json") for entry in entries]
        for key, entries in state.next.items()
    }


@lru_cache(maxsize=1024)
def _reachable(alike: _Alike) -> Things:
    return _swept(alike.graph, lambda draw: draw.steps)


@lru_cache(maxsize=1024)
def _drawn_from(alike: _Alike, drawn: _Drawn) -> Things:
    """What can come of the draws of a repeat: the same in every arm, for every measure."""
    return _swept(alike.graph, drawn)


def scheduled(graph: Graph, plays: Iterable[Play], wanted: Things) -> Things:
    """Of what is wanted, as much as replies could have opened in one of the dialogues."""
    found, known = Things(), set()
    alike = _Alike(graph)
    for play in plays:
        drawn = _Drawn(graph, play.chance)
        if (way := (drawn, play.path, play.forced)) in known:
            continue
        known.add(way)
        if play.path is None:
            found.add(_drawn_from(alike, drawn))
        else:
            found.add(_along(graph, play.path, drawn, forced=play.forced))
        if all(wanted.of(it).keys() <= found.of(it).keys() for it in Measure):
            break
    return found


class _Drawn:
    """Which entries of `next` the draws of a repeat can come to, on whichever visit.

    A condition on the reply may hold or not, so that a draw may be among any of the entries that
    have one. It equals that of another repeat in which the same can come.
    """

    def __init__(self, graph: Graph, chance: Chance) -> None:
        self._drawn: dict[tuple[str, str, int], frozenset[str]] = {}
        for name, by_label in graph.runs.items():
            runs = {(name, *run[:2]): run for runs in by_label.values() for run in runs}
            for key, run in runs.items():
                if len(run.entries) > 1:
                    visits = range(1, _most_visits(graph, name) + 1)
                    picks = (pick for visit in visits for pick in _picks(run, chance, name, visit))
                    self._drawn[key] = frozenset(picks)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Drawn) and other._drawn == self._drawn

    def __hash__(self) -> int:
        return hash(tuple(self._drawn.items()))

    def __call__(self, draw: Draw) -> Iterable[Step]:
        """The entries of a draw that it can come to."""
        drawn = self._drawn.get((draw.state, draw.key, draw.start))
        return draw.steps if drawn is None else [it for it in draw.steps if it.to in drawn]


@lru_cache(maxsize=4096)
def _most_visits(graph: Graph, state: str) -> int:
    return most_turns_in(graph, [state])


def _picks(run: Run, chance: Chance, state: str, visit: int) -> Iterator[str]:
    """Where the draw of one visit leads, whichever of the entries with a condition are open."""
    unit = chance.unit(state, visit, "next", run.key, run.start)
    guarded = [entry for entry in run.entries if entry.when is not None]
    if len(guarded) > MOST_GUARDED:
        yield from (entry.to for entry in run.entries)
        return
    for count in range(len(guarded) + 1):
        for shut in combinations(guarded, count):
            if entries := [entry for entry in run.entries if entry not in shut]:
                yield weighted(entries, unit).to


def _swept(graph: Graph, opens: Opens) -> Things:
    """Everything that comes of going on from place to place by the entries that open."""
    ways, things = ways_of(graph), Things()
    # Where nothing hangs on the turn, what comes of a state later on came of it before.
    stand: Callable[[Place], object] = (lambda at: at) if ways.is_timed else (lambda at: at[::2])
    seen, waiting = {stand(ways.start)}, deque([ways.start])
    paired: set[tuple[Transition, object]] = set()
    while waiting:
        place = waiting.popleft()
        things.states[place.state] = None
        for step in _steps(ways, place, opens):
            first = Transition(place.state, step.key, step.to)
            things.transitions[first] = None
            after = ways.place_after(place, step.state)
            if after is None:
                continue
            if (both := (first, ways.key(after))) not in paired:
                paired.add(both)
                things.transitions.update(dict.fromkeys(passed_on(graph, step.to, step.state)))
                for other in _steps(ways, after, opens):
                    second = Transition(after.state, other.key, other.to)
                    things.pairs[Pair(first, second)] = None
            if stand(after) not in seen:
                seen.add(stand(after))
                waiting.append(after)
        if len(seen) > MOST_PLACES:
            return written(graph)
    return _with_labels(graph, things)


def _steps(ways: Ways, place: Place, opens: Opens) -> list[Step]:
    return [step for draw in ways.draws(place) for step in opens(draw)]


def _with_labels(graph: Graph, things: Things) -> Things:
    things.labels = {met: None for name in things.states for met in labels_of(graph.states[name])}
    return things


def _along(graph: Graph, path: tuple[str, ...], drawn: Opens, *, forced: bool) -> Things:
    """What can come of a planned path: a reply that leads off it ends the dialogue there."""
    ways, things = ways_of(graph), Things(states=dict.fromkeys(path))
    place: Place | None = None if forced else ways.start
    before: list[Transition] = []
    for ahead in (*path[1:], None):
        if place is None:
            break
        steps = [step for draw in ways.draws(place) for step in _towards(draw, ahead, drawn)]
        opened = [Transition(place.state, step.key, step.to) for step in steps]
        things.transitions.update(dict.fromkeys(opened))
        things.pairs.update({Pair(first, second): None for first in before for second in opened})
        on_path = [step for step in steps if step.state == ahead]
        before = [Transition(place.state, step.key, step.to) for step in on_path]
        for step in on_path:
            things.transitions.update(dict.fromkeys(passed_on(graph, step.to, step.state)))
        place = ways.place_after(place, ahead) if ahead is not None and on_path else None
    return _with_labels(graph, things)


def _towards(draw: Draw, ahead: str | None, drawn: Opens) -> list[Step]:
    """The entries of a draw that can open where a state is planned: the plan decides a draw."""
    planned = [step for step in draw.steps if step.state == ahead]
    if any(step.sure for step in planned):
        return planned
    return [*planned, *(step for step in drawn(draw) if step not in planned)]
