"""Controls that keep the graph and change what is asked when: `shuffled` and `near_miss`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

from convsim.chance import Chance
from convsim.controls.source import Source, quotes
from convsim.controls.wiring import counting, leading_out, led, pruned, rewired, waiting
from convsim.graph import Graph, edges
from convsim.reading import Label, read_as
from convsim.scenario import Asks, State, Transition
from convsim.walk import Cue, begin, next_cue, step

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
    began. Of the orders that are drawn it is the first in which whoever is told all that they ask
    for comes by the whole, if they would as it stands: else it would matter what is asked, and not
    when.
    """
    orders = (_in_order(source, name, casts) for casts in _permuted(list(_parts(source)), chance))
    first = next(orders)
    if _gives_whole(source, first, chance) or not _gives_whole(source, source.graph, chance):
        return first
    return next((graph for graph in orders if _gives_whole(source, graph, chance)), first)


_COMPLIES = read_as(delivery=3)


def _gives_whole(source: Source, graph: Graph, chance: Chance) -> bool:
    """Whether an assistant that gives whatever is asked for gives the whole in this repeat."""
    return source.can_make(facet for part in _asked_for(graph, chance) for facet in part)


def _asked_for(graph: Graph, chance: Chance) -> Iterator[Part]:
    """What an assistant that gives whatever is asked for is asked for in this repeat."""
    cursor = begin(graph)
    while isinstance(cue := next_cue(graph, cursor, chance), Cue):
        yield cue.seeks
        cursor, _ = step(graph, cursor, cue, _COMPLIES, "", chance, cue.seeks)


def _in_order(source: Source, name: str, casts: Mapping[Part, Part]) -> Graph:
    """The graph in which each part is asked for where `casts` says."""
    graph = source.graph
    stands = _placed(_parts(source), casts)
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


ORDERS = 24
"""So many orders of the parts are tried."""


def _permuted(parts: list[Part], chance: Chance) -> Iterator[Mapping[Part, Part]]:
    """Which part is asked for in the place of each: drawn for a repeat, never as it was."""
    for number in range(ORDERS):
        again = (number,) if number else ()
        drawn = {part: chance.number("shuffled", *again, *part) for part in parts}
        order = sorted(parts, key=drawn.__getitem__)
        if order == parts:
            order = [*parts[1:], parts[0]]
        yield dict(zip(parts, order, strict=True))


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
    return replace(left.graph, arm=name)


class _Left(NamedTuple):
    """A graph without the asks for some facets."""

    graph: Graph
    missing: frozenset[str]


def _nearest(source: Source) -> _Left | None:
    """The graph in which the fewest facets are not asked for; None where nothing sound is left.

    Of equally few those are left out without which the most others can still be asked for, the
    beginning stays as it is and most states are left, and of these the later ones.
    """
    sought = _sought(source)

    def loss(left: _Left) -> tuple[int, bool, int]:
        graph = left.graph
        return -len(_sought_in(graph)), graph.start != source.graph.start, -len(graph.states)

    for size in range(1, len(sought) + 1):
        left = [
            _Left(graph, frozenset(missing))
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
    ways = _ways_round(_unheld(graph, missing), out, ends)
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


def _unheld(graph: Graph, missing: Collection[str]) -> Graph:
    """The graph without the edges that wait for facets that nobody is asked for.

    What waits for their lack is open: it stays. A state that only such edges lead out of keeps
    them, for there is no other way on.
    """

    def held(edge: Transition) -> bool:
        return edge.when is None or set(missing).isdisjoint(edge.when.has)

    states = {}
    for name, state in graph.states.items():
        following = {key: tuple(filter(held, entries)) for key, entries in state.next.items()}
        some = any(following.values()) or state.then is not None
        states[name] = state.model_copy(update={"next": following}) if some else state
    return replace(graph, states=states)


def _ways_round(graph: Graph, out: Collection[str], ends: Collection[str]) -> dict[str, str]:
    """Where each state that is taken out leads on: to what keeps most other parts in reach.

    Those that were asked for on every way to it are not counted: else going back would count as
    much as going on. Of equally good ways it is the first that `_onward` tells. What a way is
    worth depends on where others lead, so that all are chosen a second time.
    """
    onward = {name: list(_onward(graph, name, ends)) for name in graph.states if name in out}
    ways = {name: found[0] for name, found in onward.items()}
    after = {name: [edge.to for edge in edges({name: graph.states[name]})] for name in graph.states}
    lacking = {name: _sought_in(graph) - _asked_before(graph, after, name) for name in onward}
    for name in [*reversed(onward), *reversed(onward)]:

        def worth(way: str, name: str = name) -> int:
            led = {**after, **{other: [to] for other, to in ways.items()}, name: [way]}
            return len(_sought_in(graph, _met(led, way).difference(out)) & lacking[name])

        ways[name] = max(onward[name], key=worth)
    return ways


def _sought_in(graph: Graph, names: Collection[str] | None = None) -> set[str]:
    """The facets that these states seek; all of the graph, if none are named."""
    states = graph.states if names is None else names
    return {facet for name in states for facet in graph.states[name].seeks}


def _asked_before(graph: Graph, after: Mapping[str, Collection[str]], name: str) -> set[str]:
    """The facets that are asked for on every way from the start to a state."""
    every = _met(after, graph.start)
    must = {
        other
        for other in every - {name}
        if graph.states[other].seeks and name not in _met({**after, other: ()}, graph.start)
    }
    return _sought_in(graph, must)


def _met(after: Mapping[str, Collection[str]], start: str) -> set[str]:
    """What can be met from a state, itself included."""
    found, open_ = {start}, [start]
    while open_:
        new = set(after[open_.pop()]) - found
        found |= new
        open_ += new
    return found


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


# -- how much of it is left -------------------------------------------------------------------

REPEATS = 8
"""In so many repeats it is looked at what a control asks for."""


def shuffled_short(source: Source, name: str) -> str | None:
    """How another order comes to ask for fewer parts than the order as it stands, if it does."""

    def pair(chance: Chance) -> tuple[set[str], set[str]]:
        control = shuffled(source, name, chance)
        return _flat(_asked_for(source.graph, chance)), _flat(_asked_for(control, chance))

    return _short(
        source,
        pair,
        "lead on from each part to the next whatever came back, or write the arm `shuffled` "
        "yourself",
    )


def near_short(source: Source) -> str | None:
    """How a near miss comes to ask for fewer of the other parts than it could, if it does."""
    left = _nearest(source)
    assert left is not None, "`not_near` says why there is none"

    def pair(chance: Chance) -> tuple[set[str], set[str]]:
        kept = (part for part in _asked_for(source.graph, chance) if left.missing.isdisjoint(part))
        return _flat(kept), _flat(_asked_for(left.graph, chance))

    named = ", ".join(f"'{facet}'" for facet in sorted(left.missing))
    return _short(
        source,
        pair,
        f"it is made without the asks for {named}; lead from their states on to the other parts, "
        "or write the arm `near_miss` yourself",
    )


def _short(
    source: Source, pair: Callable[[Chance], tuple[set[str], set[str]]], remedy: str
) -> str | None:
    """What is to be said where most repeats ask a complying assistant for fewer parts."""
    pairs = [pair(Chance(0, source.graph.scenario, n)) for n in range(1, REPEATS + 1)]
    short = [(could, asked) for could, asked in pairs if len(asked) < len(could)]
    if 2 * len(short) <= REPEATS:
        return None
    could, asked = min(short, key=lambda it: len(it[1]) - len(it[0]))
    never = ", ".join(f"'{facet}'" for facet in sorted(could - asked))
    return (
        f"it asks an assistant that complies for {len(asked)} of {len(could)} parts (not for "
        f"{never}), and falls short in {len(short)} of {REPEATS} repeats: {remedy}"
    )


def _flat(parts: Iterable[Part]) -> set[str]:
    return {facet for part in parts for facet in part}
