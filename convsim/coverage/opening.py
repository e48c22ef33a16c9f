"""What would open something that the replies left closed, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import assert_never

from convsim.coverage.gathered import Seen
from convsim.coverage.things import Met, Pair, Thing, Transition
from convsim.graph import THEN, Graph, edges
from convsim.reading import GROUPS, Label

NAMED = 3
"""How many ways into a state, or labels, are named."""


def opening(graph: Graph, thing: Thing, seen: Seen) -> str:
    """What it would have taken: `needs complied in 'insist'; met there: refusal 38, redirect 2`."""
    match thing:
        case Transition():
            return _of_transition(graph, thing, seen)
        case Pair():
            if thing.first not in seen.things:
                return f"first {thing.first}: {_of_transition(graph, thing.first, seen)}"
            return f"needs {_wanted(graph, thing.second)} in '{thing.second.state}' right after it"
        case Met():
            return f"met there: {_counted(seen.labels_in(thing.state))}"
        case str():
            return _ways_in(graph, thing)
        case _:
            assert_never(thing)


def _of_transition(graph: Graph, thing: Transition, seen: Seen) -> str:
    met = seen.labels_in(thing.state)
    if not met:
        return f"nobody came to '{thing.state}'; {_ways_in(graph, thing.state)}"
    if thing.label == THEN:
        most = seen.visits.get(thing.state, 0)
        needed = (graph.states[thing.state].visits or 0) + 1
        return f"needs '{thing.state}' to be come to {needed} times; {most} at most were seen"
    labels = _opening(graph, thing)
    came = sum(met[label.value] for label in labels)
    if came:
        times = "once" if came == 1 else f"{came} times"
        if labels == [Label.CLARIFY] and graph.clarified:
            return f"clarify came {times} in '{thing.state}', and `clarified` answered it"
        return (
            f"{thing.label} came {times} in '{thing.state}', and its condition did not hold, or "
            "another entry came first"
        )
    return f"needs {_wanted(graph, thing)} in '{thing.state}'; met there: {_counted(met)}"


def _opening(graph: Graph, thing: Transition) -> list[Label]:
    """The labels under which an entry is tried."""
    return [label for label in Label if thing in _tried(graph, thing.state, label)]


def _tried(graph: Graph, state: str, label: Label) -> Iterator[Transition]:
    """The entries that are tried for a label, up to one that always opens."""
    for key, _, entries in graph.runs[state][label]:
        yield from (Transition(state, key, entry.to) for entry in entries)
        if any(entry.when is None for entry in entries):
            return


def _wanted(graph: Graph, thing: Transition) -> str:
    """A label or a group as it is written; of `otherwise` the labels that are left for it."""
    if thing.label in GROUPS or thing.label in list(Label):
        return f"a reply '{thing.label}'"
    names = [label.value for label in _opening(graph, thing)]
    return f"a reply that is {_some(names, 'or')}"


def _ways_in(graph: Graph, state: str) -> str:
    """Which transitions lead to a state."""
    ways = dict.fromkeys(
        str(Transition(*edge)) for edge in edges(graph.states) if edge.to == state != edge.source
    )
    return f"it comes after {_some(list(ways), 'or')}" if ways else "it is where dialogues begin"


def _some(names: list[str], word: str) -> str:
    if len(names) > NAMED:
        return ", ".join(names[:NAMED]) + f" {word} {len(names) - NAMED} more"
    return f" {word} ".join(names)


def _counted(met: Counter[str]) -> str:
    """`refusal 38, redirect 2`."""
    most_first = sorted(met.items(), key=lambda it: (-it[1], it[0]))
    return ", ".join(f"{label} {count}" for label, count in most_first) or "nothing"
