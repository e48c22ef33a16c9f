"""What there is to cover in a graph: states, transitions, pairs of them, labels met in a state.

An edge that `then` opens is a transition like any other: it was walked where `to` says one state
and the dialogue went on in another one. A pair is two transitions that replies opened one after the
other. The arms of a scenario are covered each for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from convsim.graph import THEN, Graph, edges, passing
from convsim.reading import Label
from convsim.scenario import State
from convsim.transcript import Stop, Transcript


class Measure(StrEnum):
    """What is counted."""

    STATES = "states"
    TRANSITIONS = "transitions"
    PAIRS = "pairs"
    LABELS = "labels"


class Transition(NamedTuple):
    """A state, the key of `next` that a reply opened, and where it led."""

    state: str
    label: str
    to: str

    def __str__(self) -> str:
        return f"{self.state} -{self.label}-> {self.to}"


class Pair(NamedTuple):
    """Two transitions that replies opened one after the other."""

    first: Transition
    second: Transition

    def __str__(self) -> str:
        between = "" if self.first.to == self.second.state else f" (then {self.second.state})"
        return f"{self.first}{between} -{self.second.label}-> {self.second.to}"


class Met(NamedTuple):
    """A label that a reply in a state was read as."""

    state: str
    label: str

    def __str__(self) -> str:
        return f"{self.label} in {self.state}"


Thing = str | Transition | Pair | Met
"""One thing to cover; a state is its name."""


@dataclass(slots=True)
class Things:
    """Some of the things that there are in a graph, each once, in the order of the file."""

    states: dict[str, None] = field(default_factory=dict)
    transitions: dict[Transition, None] = field(default_factory=dict)
    pairs: dict[Pair, None] = field(default_factory=dict)
    labels: dict[Met, None] = field(default_factory=dict)

    def of(self, measure: Measure) -> dict[Thing, None]:
        """Those that a measure counts."""
        found: dict[Thing, None] = getattr(self, measure.value)
        return found

    def add(self, others: Things) -> None:
        """Take in others."""
        for measure in Measure:
            self.of(measure).update(others.of(measure))


@lru_cache(maxsize=1024)  # every share of every target is of the same
def written(graph: Graph) -> Things:
    """Everything that is written in a graph, whether it can be reached or not."""
    things = Things(states=dict.fromkeys(graph.states))
    things.transitions = {Transition(*edge): None for edge in edges(graph.states)}
    opened: dict[str, list[Transition]] = {}
    for one in things.transitions:
        if one.label != THEN:
            opened.setdefault(one.state, []).append(one)
    things.pairs = {
        Pair(first, second): None
        for firsts in opened.values()
        for first in firsts
        for name in passing(graph.states, first.to)
        for second in opened.get(name, ())
    }
    things.labels = {met: None for state in graph.states.values() for met in labels_of(state)}
    return things


def labels_of(state: State) -> Iterator[Met]:
    """Whatever a reply in a state can be read as; nobody replies in a final one."""
    return (Met(state.id, label.value) for label in Label if not state.final)


def passed_on(graph: Graph, to: str, entered: str) -> Iterator[Transition]:
    """The edges of `then` on the way from where an edge led to the state that was entered."""
    names = list(passing(graph.states, to))
    if entered in names:
        way = names[: names.index(entered) + 1]
        yield from (Transition(one, THEN, other) for one, other in pairwise(way))


def covered(graph: Graph, transcript: Transcript) -> Things:
    """What one dialogue covered. In forced mode replies open no transition."""
    things, opened = Things(), []
    for turn, entered in zip(transcript.turns, _entered(graph, transcript), strict=True):
        if turn.state is None:
            continue
        things.states[turn.state] = None
        if turn.reading is not None:
            things.labels[Met(turn.state, turn.reading.label.value)] = None
        if entered is not None:
            things.states[entered] = None
        if turn.opened_by is not None and turn.to is not None:
            opened.append(Transition(turn.state, turn.opened_by, turn.to))
            steps = [] if entered is None else passed_on(graph, turn.to, entered)
            things.transitions.update(dict.fromkeys([opened[-1], *steps]))
    things.pairs = {Pair(*both): None for both in pairwise(opened)}
    return things


def _entered(graph: Graph, transcript: Transcript) -> Iterable[str | None]:
    """For each turn the state that was entered after it; None where it ended the dialogue."""
    turns = transcript.turns
    yield from (turn.state for turn in turns[1:])
    if turns:
        to = turns[-1].to if transcript.stop is Stop.FINAL else None
        entered = () if to is None else passing(graph.states, to)
        yield next((name for name in entered if graph.states[name].final), None)
