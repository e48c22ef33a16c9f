"""Controls that keep the graph and change what is asked when: `shuffled` and `near_miss`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import combinations

from convsim.chance import Chance
from convsim.controls.source import Source, quotes
from convsim.controls.wiring import counting, leading_out, led, pruned, rewired, waiting
from convsim.graph import Graph, edges
from convsim.reading import Label
from convsim.scenario import Asks, State, Transition

# -- shuffled ---------------------------------------------------------------------------------


def not_shuffled(source: Source) -> str | None:
    """Why the parts cannot change places."""
    if not source.graph.facets:
        return "the scenario has no facets; define `facets` and say in states what they `seek`"
    if len(_parts(source)) < 2:
        return "fewer than two parts are asked for; let each of several states `seek` one facet"
    bound = [state.id for states in _parts(source).values() for state in states if quotes(state)]
    if bound:
        return (
            f"state '{bound[0]}' quotes what was said before, so it cannot come at another place; "
            "word it without `last.reply` and `last.quote`"
        )
    return None


def shuffled(source: Source, name: str, chance: Chance) -> Graph:
    """The parts change places; what each state says and seeks stays its own.

    Where one part was asked for, and asked for again, now another one is; and conditions that wait
    for the one wait for the other. An ask for the whole stays where it is: it closes what the parts
    began.
    """
    graph = source.graph
    parts = _parts(source)
    casts = _permuted(list(parts), chance)
    stands = _placed(parts, casts)
    facets = {
        facet: other
        for (facet, *more), (other, *others) in casts.items()
        if not more and not others
    }

    def way(place: str) -> str:
        return stands.get(place, place)

    def change(edge: Transition) -> Transition:
        return waiting(counting(edge, stands), facets).model_copy(update={"to": way(edge.to)})

    states = [
        graph.states[way(place)].model_copy(
            update={
                "next": (moved := rewired(state, change, way)).next,
                "visits": moved.visits,
                "then": moved.then,
            }
        )
        for place, state in graph.states.items()
    ]
    return source.graph_of(name, states, start=way(graph.start))


Part = tuple[str, ...]
"""Facets that are asked for together."""


def _parts(source: Source) -> dict[Part, list[State]]:
    """What is asked for that is no whole, and the states that seek it.

    Those that start an ask come first, and of these the one that the dialogue starts with. A part
    that nobody starts to ask for is none: it stays where it is.
    """
    starts = {state.id for state in source.asking}
    parts: dict[Part, list[State]] = {}
    for state in source.states:
        if state.seeks and not source.is_whole(state.seeks):
            parts.setdefault(tuple(sorted(state.seeks)), []).append(state)
    for states in parts.values():
        states.sort(key=lambda it: (it.id not in starts, it.id != source.graph.start))
    return {part: states for part, states in parts.items() if states[0].id in starts}


def _permuted(parts: list[Part], chance: Chance) -> dict[Part, Part]:
    """Which part is asked for in the place of each: drawn for a repeat, never as it was."""
    order = sorted(parts, key=lambda part: chance.number("shuffled", *part))
    if order == parts:
        order = [*parts[1:], parts[0]]
    return dict(zip(parts, order, strict=True))


def _placed(parts: Mapping[Part, list[State]], casts: Mapping[Part, Part]) -> dict[str, str]:
    """Which state comes to stand at each place.

    A part that is asked for more often than the one whose place it takes fills what is left.
    """
    stands: dict[str, str] = {}
    empty: list[str] = []
    spare: list[str] = []
    for part, cast in casts.items():
        places, states = ([state.id for state in parts[it]] for it in (part, cast))
        stands.update(zip(places, states, strict=False))
        empty += places[len(states) :]
        spare += states[len(places) :]
    return stands | dict(zip(empty, spare, strict=True))


# -- near miss --------------------------------------------------------------------------------


def not_near(source: Source) -> str | None:
    """Why nothing can be left out so that the whole is just missed."""
    if source.graph.closure is None:
        return "the scenario has no closure; define at least two `facets`, or a `closure`"
    if not source.can_make(_sought(source)):
        return "the states do not seek a whole, so nothing can be left out of it"
    if _nearest(source) is None:
        return (
            "without the states that seek one part too many no ask is left to begin with; let "
            "each state `seek` one facet, or write the arm `near_miss` yourself"
        )
    return None


def near_miss(source: Source, name: str) -> Graph:
    """The graph without the fewest facets that keep the whole out of reach."""
    left = _nearest(source)
    assert left is not None, "`not_near` says why there is none"
    return replace(left, arm=name)


def _nearest(source: Source) -> Graph | None:
    """The graph in which the fewest facets are not asked for; None where nothing sound is left.

    Of equally few those are left out without which the beginning stays as it is and most states
    are left, and of these the later ones.
    """
    sought = _sought(source)

    def loss(left: Graph) -> tuple[bool, int]:
        return left.start != source.graph.start, -len(left.states)

    for size in range(1, len(sought) + 1):
        left = [
            graph
            for missing in combinations(reversed(sought), size)
            if not source.can_make(set(sought).difference(missing))
            and (graph := _without(source, missing)) is not None
        ]
        if left:
            return min(left, key=loss)
    return None


def _sought(source: Source) -> list[str]:
    """The facets that somebody asks for, in the order of the file; what is known needs no ask."""
    asked = {facet for state in source.states for facet in state.seeks}
    return [facet.id for facet in source.graph.facets if facet.id in asked and not facet.known]


def _without(source: Source, missing: Collection[str]) -> Graph | None:
    """The graph in which nobody asks for these facets; None where no sound one is left."""
    graph = source.graph
    out = {name for name, state in graph.states.items() if not set(missing).isdisjoint(state.seeks)}
    kept = {name: state for name, state in graph.states.items() if name not in out}
    ends = leading_out(kept)
    ways = {name: next(_onward(graph, name, ends)) for name in out}
    thens = _thens(graph, kept, ends)

    def way(name: str) -> str:
        return ways.get(name, name)

    states = {
        name: led(state, way).model_copy(update={"then": thens.get(name)})
        for name, state in kept.items()
    }
    left = pruned(replace(graph, start=way(graph.start), states=states))
    first = left.states[left.start]
    begins = not first.final and left.asks(first) is not Asks.NOTHING and not quotes(first)
    return left if begins and any(state.seeks for state in left.states.values()) else None


def _thens(graph: Graph, kept: Mapping[str, State], ends: Collection[str]) -> dict[str, str]:
    """Where used-up states pass on to when others are taken out: never round to themselves."""
    thens = {name: state.then for name, state in kept.items() if state.then in kept}
    for name, state in kept.items():
        if state.then is not None and name not in thens:
            onward = _onward(graph, state.then, ends)
            thens[name] = next(to for to in onward if name not in _chain(to, thens))
    return {name: then for name, then in thens.items() if then is not None}


def _chain(name: str | None, thens: Mapping[str, str | None]) -> Iterator[str]:
    """A state, and those it passes on to, one after the other."""
    while name is not None:
        yield name
        name = thens.get(name)


def _onward(graph: Graph, name: str, ends: Collection[str]) -> Iterator[str]:
    """Where a dialogue may go on that would have come to a state that is taken out.

    Where compliance leads first, as if the assistant had given what is not asked for, then to ever
    farther states; only to such that have a way out. A sound graph ends, so there is one.
    """
    seen, open_ = {name}, [name]
    while open_:
        for following in _ways_on(graph, open_.pop(0)):
            if following not in seen:
                seen.add(following)
                open_.append(following)
                if following in ends:
                    yield following


def _ways_on(graph: Graph, name: str) -> Iterator[str]:
    """Where a state leads, the certain answer to compliance first."""
    runs = graph.runs[name][Label.COMPLIANCE]
    yield from (edge.to for run in runs for edge in run.entries if edge.when is None)
    yield from (edge.to for edge in edges({name: graph.states[name]}))
