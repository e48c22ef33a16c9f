"""How much of each scenario's graph the dialogues have walked: for stopping when it is enough."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

from convsim.errors import InputError
from convsim.graph import Graph, edges
from convsim.transcript import Transcript


class Walked(NamedTuple):
    """One transition in one arm: the state, the key of `next` it was found under, where it led."""

    arm: str
    state: str
    label: str
    to: str


@dataclass(frozen=True, slots=True)
class Until:
    """Stop repeating a scenario once this share of its transitions was walked."""

    coverage: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `coverage=0.9` or `coverage=90%` says; raises `InputError` for anything else."""
        name, _, value = text.partition("=")
        try:
            share = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
        except ValueError:
            share = -1.0
        if name.strip() != "coverage" or not 0 < share <= 1:
            raise InputError(
                f"{text!r} is no condition to stop at; allowed: coverage=C, with C above 0 and at "
                "most 1 (or 100%), for example coverage=0.9"
            )
        return cls(share)


class Coverage:
    """Which transitions were walked, and in which repeat first.

    A transition counts when every target has walked it at least once: `share` is the smallest over
    the targets. An edge that `then` opens is not one: it shows in no reply. The graphs are those of
    authored arms: controls that are made are repeated as long as their scenario is, and a scenario
    of which nothing else is played has nothing to cover, so that it is never enough.
    """

    def __init__(self, graphs: Iterable[Graph], targets: Iterable[str]) -> None:
        self._edges: dict[str, set[Walked]] = {}
        for graph in graphs:
            known = self._edges.setdefault(graph.scenario, set())
            known |= {
                Walked(graph.arm, edge.source, edge.label, edge.to)
                for edge in edges(graph.states)
                if edge.label != "then"
            }
        self._first: dict[str, dict[str, dict[Walked, int]]] = {
            scenario: {target: {} for target in targets} for scenario in self._edges
        }

    def add(self, transcript: Transcript) -> None:
        """Count the transitions of one dialogue."""
        known = self._edges.get(transcript.scenario)
        if not known:
            return
        first = self._first[transcript.scenario][transcript.target]
        for turn in transcript.turns:
            if turn.state is not None and turn.opened_by is not None and turn.to is not None:
                edge = Walked(transcript.arm, turn.state, turn.opened_by, turn.to)
                if edge in known:
                    first[edge] = min(first.get(edge, transcript.repeat), transcript.repeat)

    def share(self, scenario: str, *, before: int) -> float:
        """The share of a scenario's transitions that each target walked before a repeat.

        Later repeats do not count, so that the answer is the same in whichever order dialogues end.
        """
        known = self._edges.get(scenario)
        if not known:
            return 0.0
        return min(
            sum(first.get(edge, before) < before for edge in known) / len(known)
            for first in self._first[scenario].values()
        )
