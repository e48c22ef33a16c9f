"""Graphs rewired: states keep what they say, and their edges lead elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from convsim.graph import Graph, edges
from convsim.scenario import Guard, State, Transition

END = State("end", final=True)
"""Where controls of few states end."""

_NUMBER = re.compile(r"\d+")


def led(state: State, way: Callable[[str], str]) -> State:
    """The state with its edges leading to `way(id)` in place of `id`."""
    return rewired(state, lambda edge: edge.model_copy(update={"to": way(edge.to)}), way)


def rewired(
    state: State, change: Callable[[Transition], Transition], way: Callable[[str], str]
) -> State:
    """The state with every transition changed, and `then` led another way."""
    then = None if state.then is None else way(state.then)
    following = {
        label: tuple(change(edge) for edge in entries) for label, entries in state.next.items()
    }
    return state.model_copy(update={"next": following, "then": then})


def later(edge: Transition, turn: Callable[[int], int]) -> Transition:
    """The transition with conditions on turn n turned into ones on turn `turn(n)`."""
    if edge.when is None or edge.when.turn is None:
        return edge
    wanted = _NUMBER.sub(lambda number: str(turn(int(number[0]))), edge.when.turn)
    return _when(edge, edge.when.model_copy(update={"turn": wanted}))


def counting(edge: Transition, names: Mapping[str, str]) -> Transition:
    """The transition with conditions on the visits of other states."""
    if edge.when is None or not edge.when.visits:
        return edge
    visits = {names.get(name, name): wanted for name, wanted in edge.when.visits.items()}
    return _when(edge, edge.when.model_copy(update={"visits": visits}))


def waiting(edge: Transition, facets: Mapping[str, str]) -> Transition:
    """The transition with conditions on other facets."""
    guard = edge.when
    if guard is None or not (guard.has or guard.lacks):
        return edge
    has, lacks = (
        tuple(facets.get(facet, facet) for facet in wanted) for wanted in (guard.has, guard.lacks)
    )
    return _when(edge, guard.model_copy(update={"has": has, "lacks": lacks}))


def _when(edge: Transition, guard: Guard) -> Transition:
    return edge.model_copy(update={"when": guard})


def always(*states: State, to: str) -> dict[str, State]:
    """States that lead on whatever comes back: each to the next, the last one to `to`.

    Nobody answers a question back there: what could be answered waits for the graph's own states.
    """
    following = [*(state.id for state in states[1:]), to]
    return {
        state.id: state.model_copy(
            update={"next": {key: (Transition(to=after),) for key in ("clarify", "otherwise")}}
        )
        for state, after in zip(states, following, strict=True)
    }


def reached(graph: Graph) -> dict[str, State]:
    """The states that can be reached from the start, in the order of the file."""
    after: dict[str, list[str]] = {}
    for edge in edges(graph.states):
        after.setdefault(edge.source, []).append(edge.to)
    found, open_ = {graph.start}, [graph.start]
    while open_:
        new = [name for name in after.get(open_.pop(), ()) if name not in found]
        found.update(new)
        open_ += new
    return {name: state for name, state in graph.states.items() if name in found}


def leading_out(states: Mapping[str, State]) -> set[str]:
    """The states that a final one can be reached from, over these states alone."""
    before: dict[str, list[str]] = {}
    for edge in edges(states):
        before.setdefault(edge.to, []).append(edge.source)
    found = {name for name, state in states.items() if state.final}
    open_ = list(found)
    while open_:
        new = [name for name in before.get(open_.pop(), ()) if name not in found]
        found.update(new)
        open_ += new
    return found


def pruned(graph: Graph) -> Graph:
    """The graph without the states that nothing leads to."""
    return replace(graph, states=reached(graph))


def unused(name: str, graph: Graph) -> str:
    """A name for a new state that no state of the graph has."""
    while name in graph.states:
        name += "_"
    return name
