"""Which paths a plan takes, and which ways there are under conditions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum

from convsim.chance import Chance
from convsim.errors import InputError, choices
from convsim.graph import Graph
from convsim.paths.counting import count_paths
from convsim.paths.covering import EDGES, PAIRS, Route, cover, route
from convsim.paths.path import Path
from convsim.paths.places import Odds, Place, unfold, ways_of

MOST_PATHS = 1000
"""How many paths of one graph `all-paths` plans at most. Every one is a dialogue per repeat."""


class Walk(StrEnum):
    """How a plan chooses what the author left open."""

    RANDOM = "random"
    ALL_PATHS = "all-paths"
    EDGE_COVER = "edge-cover"
    PAIR_COVER = "pair-cover"
    CHOSEN = "chosen"


_WIDTH = {Walk.EDGE_COVER: EDGES, Walk.PAIR_COVER: PAIRS}


def paths_of(graph: Graph, walk: Walk) -> tuple[Path, ...]:
    """The paths that a walk plans in a graph; none for `random`, which follows the replies, and
    for `chosen`, which somebody else has to choose.

    `all-paths` takes every sequence of states that some replies can lead through. `edge-cover`
    takes few that together take every step from state to state that any of them takes, `pair-cover`
    every two steps in a row: none of them could be left out, though a cleverer choice may need
    fewer still.

    Raises InputError where there are more than a thousand, or the graph is too large to tell.
    """
    if walk in (Walk.RANDOM, Walk.CHOSEN):
        return ()
    if walk in _WIDTH:
        return distinct(graph, map(Path, cover(covered_by(graph, walk))))
    count = count_paths(graph)
    if count.number > MOST_PATHS:
        raise InputError(
            f"{graph.about} has {count} paths, more than the {MOST_PATHS:,} that "
            "--walk all-paths plans; use --walk edge-cover"
        )
    if not count.exact:
        raise _too_large(graph)
    return distinct(graph, paths_in(graph))


def covered_by(graph: Graph, walk: Walk) -> Route:
    """Every way through a graph, with what `edge-cover` or `pair-cover` has to take on it.

    Raises InputError where the graph is too large to tell.
    """
    unfolded = unfold(graph)
    if unfolded is None:
        raise _too_large(graph)
    return route(unfolded, _WIDTH[walk])


def _too_large(graph: Graph) -> InputError:
    return InputError(
        f"{graph.about} can be walked in too many ways to plan; use --walk random, or limit "
        "its loops with `visits` or `max_turns`"
    )


def distinct(graph: Graph, found: Iterable[Path]) -> tuple[Path, ...]:
    """The paths, each once; their ids must not collide, because rows are told apart by them."""
    paths = tuple(dict.fromkeys(found))
    if len({path.id for path in paths}) < len(paths):
        raise InputError(
            f"two paths of {graph.about} happen to have the same id; rename one of its states"
        )
    return paths


def paths_in(
    graph: Graph,
    *,
    through: Collection[str] = (),
    avoid: Collection[str] = (),
    ends: str | None = None,
    longest: int | None = None,
) -> Iterator[Path]:
    """The paths that come by all of some states and none of others, one after the other.

    `ends` is the state that a path ends in, `longest` its largest number of turns. Nothing is
    worked out before it is asked for: `islice(paths_in(graph), 10)` takes ten of a trillion.

    Raises InputError for a state that the graph does not have.
    """
    for name in (*through, *avoid, *((ends,) if ends else ())):
        if name not in graph.states:
            raise InputError(f"{graph.about} has no state '{name}'" + choices(name, graph.states))
    return _Search(graph, frozenset(through), frozenset(avoid), ends, longest).paths()


class _Search:
    """Ways under conditions, depth first. What leads nowhere is looked into once."""

    def __init__(
        self,
        graph: Graph,
        through: frozenset[str],
        avoid: frozenset[str],
        ends: str | None,
        longest: int | None,
    ) -> None:
        self._graph, self._ways = graph, ways_of(graph)
        self._through, self._avoid, self._ends, self._longest = through, avoid, ends, longest
        self._dead: set[tuple[Place, frozenset[str]]] = set()

    def paths(self) -> Iterator[Path]:
        return map(Path, self._from(self._ways.start, self._through, ()))

    def _from(
        self, place: Place, to_pass: frozenset[str], before: tuple[str, ...]
    ) -> Iterator[tuple[str, ...]]:
        """Every way on from a place that meets the conditions."""
        state = self._graph.states[place.state]
        turns = place.turn + (not state.final)
        if place.state in self._avoid or (self._longest is not None and turns > self._longest):
            return
        to_pass = to_pass - {place.state}
        if (place, to_pass) in self._dead:
            return
        states, found = (*before, place.state), False
        for one in self._ways.following(place) or (None,):
            if one is not None:
                for way in self._from(one, to_pass, states):
                    found = True
                    yield way
            elif not to_pass and self._ends in (None, place.state):
                found = True
                yield states
        if not found:
            self._dead.add((place, to_pass))


def most_turns_in(graph: Graph, names: Collection[str]) -> int:
    """How many turns of one dialogue can be in these states, at most."""
    unfolded = unfold(graph)
    if unfolded is None:
        return graph.max_turns
    most: dict[Place | None, int] = {None: 0}
    for place, following in reversed(unfolded.after.items()):
        most[place] = (place.state in names) + max((most[one] for one in following), default=0)
    return most[unfolded.start]


def draw_path(graph: Graph, chance: Chance) -> Path:
    """One path, drawn as the author weighted it: what forced mode plays in a random walk.

    Where replies decide, every distinct choice of the author's is as likely as the others; within
    one, the weights are the odds.
    """
    ways = ways_of(graph)
    states: list[str] = []
    place: Place | None = ways.start
    while place is not None:
        states.append(place.state)
        if graph.states[place.state].final:
            break
        unit = chance.unit(place.state, states.count(place.state), "path")
        place = _drawn(ways.odds(place), unit)
    return Path(tuple(states))


def _drawn(odds: Odds, unit: float) -> Place | None:
    remaining = unit * sum(share for _, share in odds)
    for place, share in odds:
        remaining -= share
        if remaining < 0:
            return place
    return odds[-1][0]


def random_paths(graph: Graph, seed: int, most: int) -> Iterator[Path]:
    """One path for each repeat: what a run with this seed draws in forced mode."""
    return (draw_path(graph, Chance(seed, graph.scenario, n)) for n in range(1, most + 1))


def orders(graph: Graph, names: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """In which orders dialogues first come by some of the states, as many as one of them can.

    Each is of one dialogue; none comes by all that another one does. Of several orders of the same
    states it is one that is close to the file's. Where the graph is too large to tell, one dialogue
    is taken to come by all of them, as they stand in the file.
    """
    unfolded = unfold(graph)
    if unfolded is None:
        return (tuple(name for name in graph.states if name in names),)
    rank = {name: number for number, name in enumerate(graph.states)}

    def in_file(order: tuple[str, ...]) -> list[int]:
        return [rank[name] for name in order]

    after: dict[Place | None, dict[frozenset[str], tuple[str, ...]]] = {None: {frozenset(): ()}}
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
