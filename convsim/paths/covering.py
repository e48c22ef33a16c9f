"""Few paths that together take everything: every step from state to state, or every two in a row.

The fewest possible are as hard to find as the fewest sets that cover a set. What is found is small,
and none of its paths could be left out; `fewest` says how many there must be at least.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from convsim.paths.places import Place, Unfolded

States = tuple[str, ...]

Item = States
"""What is to be taken: a step as its two states, two steps in a row as their three."""

EDGES, PAIRS = 2, 3
"""How many states an item has. Where no way takes two steps, a step is an item of pairs as well."""


class Stand(NamedTuple):
    """A place, and where steps are taken in pairs the place before it."""

    at: Place
    before: Place | None = None

    @property
    def name(self) -> States:
        """The states that an item can begin with here."""
        return (self.before.state, self.at.state) if self.before else (self.at.state,)


@dataclass(frozen=True, slots=True)
class Route:
    """Every way through a graph, in the order of time, with what is taken on it."""

    unfolded: Unfolded
    start: Stand
    after: Mapping[Stand, Sequence[Stand | None]]
    width: int

    @property
    def missing(self) -> dict[Item, None]:
        """Everything that any way takes; of first steps those that are taken nowhere else."""
        items = dict.fromkeys(
            (*stand.name, one.at.state)
            for stand, following in self.after.items()
            for one in following
            if one is not None
        )
        elsewhere = {part for item in items for part in (item[:-1], item[1:])}
        return {item: None for item in items if item not in elsewhere}

    def taken(self, states: States) -> set[Item]:
        """What a sequence of states takes."""
        return {states[max(0, end - self.width) : end] for end in range(2, len(states) + 1)}


def route(unfolded: Unfolded, width: int) -> Route:
    """Every way through the places of a graph, for items of `EDGES` or `PAIRS`."""
    start = Stand(unfolded.start)
    if width == EDGES:
        after = {
            Stand(place): [one and Stand(one) for one in following]
            for place, following in unfolded.after.items()
        }
        return Route(unfolded, start, after, width)
    stands = {start: None}
    for place, following in unfolded.after.items():
        stands |= {Stand(one, place): None for one in following if one is not None}
    in_pairs = {
        stand: [one and Stand(one, stand.at) for one in unfolded.after[stand.at]]
        for stand in stands
    }
    return Route(unfolded, start, in_pairs, width)


def cover(ways: Route) -> list[States]:
    """Sequences that together take every item, each of them one that no other one takes.

    Greedily: again and again one that takes the most items still missing, without the detours that
    bring nothing.
    """
    missing = ways.missing
    found: list[States] = []
    while missing or not found:
        best = _best_way(ways, missing)
        needed = ways.taken(best).intersection(missing)
        found.append(_straightened(ways, best, needed))
        for item in ways.taken(found[-1]):
            missing.pop(item, None)
    return _without_spare(ways, found)


class _Way(NamedTuple):
    """A way from a stand to an end: the items it takes, as bits, its length, what follows first."""

    items: int
    length: int
    first: Stand | None


def _best_way(ways: Route, missing: Collection[Item]) -> States:
    """The sequence that takes the most missing items, as far as one sweep can tell."""
    bits = {item: 1 << n for n, item in enumerate(missing)}
    best: dict[Stand | None, _Way] = {None: _Way(0, 0, None)}
    for stand, following in reversed(list(ways.after.items())):
        name, chosen, most = stand.name, None, None
        for one in following:
            onward = best[one]
            items = onward.items | (bits.get((*name, one.at.state), 0) if one else 0)
            gain = (items.bit_count(), -onward.length)
            if most is None or gain > most:
                most, chosen = gain, _Way(items, onward.length + 1, one)
        best[stand] = chosen or _Way(0, 1, None)
    states: list[str] = []
    at: Stand | None = ways.start
    while at is not None:
        states.append(at.at.state)
        at = best[at].first
    return tuple(states)


def _straightened(ways: Route, states: States, needed: Collection[Item]) -> States:
    """The sequence without the rounds that take none of the needed items: a turn is a call."""
    for start, end in sorted(combinations(range(len(states)), 2), key=lambda cut: cut[0] - cut[1]):
        if states[start] == states[end]:
            shorter = states[:start] + states[end:]
            if ways.unfolded.has(shorter) and ways.taken(shorter).issuperset(needed):
                return _straightened(ways, shorter, needed)
    return states


def _without_spare(ways: Route, found: list[States]) -> list[States]:
    """The sequences without those whose every item another one takes, too; later ones go first."""
    kept = list(found)
    for states in reversed(found):
        others = [other for other in kept if other is not states]
        if others and ways.taken(states) <= set().union(*map(ways.taken, others)):
            kept = others
    return kept


def fewest(ways: Route) -> int:
    """How many paths there must be at least, to take every item.

    The smallest flow from the start that runs through every item, as if a dialogue could be as long
    as it likes and come by everywhere as often: a path that the graph has is one unit of such a
    flow. Nor can a path take more items than the longest one has steps.
    """
    import networkx as nx

    items = list(ways.missing)
    if not items:
        return 1
    net: nx.DiGraph[States | str] = nx.DiGraph()
    net.add_edge("end", "start", weight=1)
    net.add_edge("start", ways.start.name, weight=0)
    demand: dict[States, int] = {}
    for item in items:
        # One unit runs through it beside the flow that is looked for.
        source, onward = item[:-1], item[1 - ways.width :]
        demand[source] = demand.get(source, 0) + 1
        demand[onward] = demand.get(onward, 0) - 1
    for stand, following in ways.after.items():
        for one in following or (None,):
            net.add_edge(stand.name, "end" if one is None else one.name, weight=0)
    nx.set_node_attributes(net, demand, "demand")
    by_flow = round(nx.min_cost_flow_cost(net))
    longest = ways.unfolded.turns(max)
    return max(1, by_flow, math.ceil(len(items) / longest))
