"""Controls that keep the graph and change what is asked when: `shuffled` and `near_miss`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import combinations

from convsim.chance import Chance
from convsim.controls.source import Source, quotes
from convsim.controls.wiring import counting, leading_out, led, pruned, rewired
from convsim.graph import Graph, edges
from convsim.reading import Label
from convsim.scenario import Asks, State, Transition

# -- shuffled ---------------------------------------------------------------------------------


def not_shuffled(source: Source) -> str | None:
    """Why the parts cannot change places."""
    if not source.graph.facets:
        return "the scenario has no facets; define `facets` and say in states what they `seek`"
    parts = _parts(source)
    if len(parts) < 2:
        return "fewer than two states seek a part; let each of several states `seek` one facet"
    bound = [state.id for state in parts if quotes(state)]
    if bound:
        return (
            f"state '{bound[0]}' quotes what was said before, so it cannot come at another place; "
            "word it without `last.reply` and `last.quote`"
        )
    return None


def shuffled(source: Source, name: str, chance: Chance) -> Graph:
    """The states that seek a part change places; what each of them says and seeks stays its own.

    An ask for the whole stays where it is: it closes what the parts began.
    """
    graph = source.graph
    stands = _permuted([state.id for state in _parts(source)], chance)

    def way(place: str) -> str:
        return stands.get(place, place)

    def change(edge: Transition) -> Transition:
        return counting(edge, stands).model_copy(update={"to": way(edge.to)})

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


def _parts(source: Source) -> list[State]:
    """The states that ask for facets which are no whole."""
    return [state for state in source.asking if state.seeks and not source.is_whole(state.seeks)]


def _permuted(places: list[str], chance: Chance) -> dict[str, str]:
    """Which state comes to stand at each place: drawn for a repeat, never as they stood."""
    order = sorted(places, key=lambda name: chance.number("shuffled", name))
    if order == places:
        order = [*places[1:], places[0]]
    return dict(zip(places, order, strict=True))


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
    ways = {name: _onward(graph, name, ends) for name in out}

    def way(name: str) -> str:
        return ways.get(name, name)

    states = {name: led(state, way) for name, state in kept.items()}
    left = pruned(replace(graph, start=way(graph.start), states=states))
    first = left.states[left.start]
    begins = not first.final and left.asks(first) is not Asks.NOTHING and not quotes(first)
    return left if begins and any(state.seeks for state in left.states.values()) else None


def _onward(graph: Graph, name: str, ends: Collection[str]) -> str:
    """Where a dialogue goes on that would have come to a state that is taken out.

    Where compliance leads, as if the assistant had given what is not asked for; where there is no
    way out of there, to the nearest state that has one. A sound graph ends, so there is one.
    """
    seen, waiting = {name}, [name]
    while True:
        for following in _ways_on(graph, waiting.pop(0)):
            if following in ends:
                return following
            if following not in seen:
                seen.add(following)
                waiting.append(following)


def _ways_on(graph: Graph, name: str) -> Iterator[str]:
    """Where a state leads, the certain answer to compliance first."""
    runs = graph.runs[name][Label.COMPLIANCE]
    yield from (edge.to for run in runs for edge in run.entries if edge.when is None)
    yield from (edge.to for edge in edges({name: graph.states[name]}))
