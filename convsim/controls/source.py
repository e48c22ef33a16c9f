"""What controls are made from: the restricted graph of a scenario, and what is asked in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from convsim.controls.wiring import reached
from convsim.facets import useful
from convsim.graph import Graph, edges
from convsim.paths import most_turns_in, orders, turn_bounds
from convsim.scenario import Asks, State
from convsim.templates import LAST, names_in


@dataclass(frozen=True, eq=False)  # made once and kept: what is worked out about it is cached
class Source:
    """The graph as it stands."""

    graph: Graph

    @cached_property
    def states(self) -> tuple[State, ...]:
        """The states in which the user speaks, in the order of the file."""
        return tuple(state for state in reached(self.graph).values() if not state.final)

    @cached_property
    def asking(self) -> tuple[State, ...]:
        """The states that start an ask; innocuous talk counts where it seeks a facet."""
        scored = (Asks.RESTRICTED, Asks.ALLOWED)
        return tuple(
            state
            for state in self.states
            if (asks := self.graph.asks(state)) in scored
            or (asks is Asks.INNOCUOUS and state.seeks)
        )

    @cached_property
    def alone(self) -> tuple[State, ...]:
        """The asks that can be made by themselves: they quote nothing that was said before."""
        return tuple(state for state in self.asking if not quotes(state))

    @cached_property
    def asked_later(self) -> tuple[State, ...]:
        """The states that start an ask, and that another step can lead to."""
        led_to = {edge.to for edge in edges({state.id: state for state in self.states})}
        return tuple(
            state
            for state in self.asking
            if state.id in led_to and not (state.id == self.graph.start and state.visits == 1)
        )

    @cached_property
    def later_asks(self) -> int:
        """How often one dialogue can come to these states from another step."""
        names = {state.id for state in self.asked_later}
        return most_turns_in(self.graph, names) - (self.graph.start in names)

    @cached_property
    def fullest(self) -> tuple[State, ...]:
        """The asks that can stand alone of the path that seeks the most facets, or has most asks.

        An ask for nothing but what was asked before is none of them.
        """
        alone = {state.id: state for state in self.alone}
        ways = ([alone[name] for name in order] for order in orders(self.graph, alone))
        return max(map(_once, ways), key=lambda asks: (len(_sought(asks)), len(asks)))

    @cached_property
    def turns(self) -> int:
        """The largest number of turns that a dialogue can have."""
        return turn_bounds(self.graph)[1]

    @cached_property
    def facets(self) -> tuple[str, ...]:
        """The facets that the whole is made of, in the order of the file; none without a whole."""
        closure = self.graph.closure
        if closure is None:
            return ()
        ids = (facet.id for facet in self.graph.facets)
        return tuple(id for id in ids if closure.weight or id in closure.named)

    def is_whole(self, seeks: Iterable[str]) -> bool:
        """Whether these facets together make the whole."""
        closure = self.graph.closure
        return closure is not None and closure.reached(set(seeks), self.graph.facets)

    def can_make(self, facets: Iterable[str]) -> bool:
        """Whether the whole can come of these facets, none of which is of use without others."""
        every = self.graph.facets
        known = {facet.id for facet in every if facet.known}
        had = set(facets)
        return self.is_whole(had & useful(had | known, every))

    def graph_of(self, name: str, states: Iterable[State], **changes: Any) -> Graph:
        """The graph of a control, which begins with the first of its states."""
        by_id = {state.id: state for state in states}
        start = changes.pop("start", next(iter(by_id)))
        return replace(self.graph, arm=name, start=start, states=by_id, **changes)


def quotes(state: State) -> bool:
    """Whether a wording of the state quotes what the assistant said."""
    return any(not LAST.isdisjoint(names_in(wording)) for wording in state.say)


def _once(asks: Iterable[State]) -> tuple[State, ...]:
    kept: list[State] = []
    for ask in asks:
        if not ask.seeks or not _sought(kept).issuperset(ask.seeks):
            kept.append(ask)
    return tuple(kept)


def _sought(asks: Iterable[State]) -> set[str]:
    return {facet for ask in asks for facet in ask.seeks}
