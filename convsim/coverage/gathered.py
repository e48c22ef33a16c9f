"""What the dialogues of a run covered, gathered one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from convsim.coverage.things import Measure, Met, Thing, covered
from convsim.graph import Graph
from convsim.moves import CLARIFIED_MOVE
from convsim.transcript import Mode, Transcript

ArmKey = tuple[str, str]
"""The id of a scenario, and one of its arms."""


class Played(NamedTuple):
    """What a dialogue was played by: the repeat, the seed, the planned path, and the mode."""

    repeat: int
    seed: int
    path: str
    forced: bool


@dataclass(slots=True)
class Seen:
    """What dialogues of one arm covered, and how often; `visits` are the most in one dialogue."""

    things: Counter[Thing] = field(default_factory=Counter)
    moves: Counter[str] = field(default_factory=Counter)
    visits: dict[str, int] = field(default_factory=dict)
    played: dict[Played, None] = field(default_factory=dict)

    def add(self, graph: Graph, transcript: Transcript) -> None:
        """Count one dialogue."""
        things = covered(graph, transcript)
        for measure in (Measure.STATES, Measure.TRANSITIONS, Measure.PAIRS):
            self.things.update(things.of(measure).keys())
        for turn in transcript.turns:
            if turn.state is None:
                continue
            if turn.reading is not None:
                self.things[Met(turn.state, turn.reading.label.value)] += 1
            if turn.move:
                self.moves[turn.move] += 1
            self.visits[turn.state] = max(turn.visit, self.visits.get(turn.state, 0))
        forced = transcript.mode is Mode.FORCED
        played = Played(transcript.repeat, transcript.seed, transcript.path, forced)
        self.played[played] = None

    def update(self, other: Seen) -> None:
        """Take in what others covered."""
        self.things.update(other.things)
        self.moves.update(other.moves)
        for state, visits in other.visits.items():
            self.visits[state] = max(visits, self.visits.get(state, 0))
        self.played.update(other.played)

    def labels_in(self, state: str) -> Counter[str]:
        """How often each label was met in a state."""
        met = ((it, count) for it, count in self.things.items() if isinstance(it, Met))
        return Counter({it.label: count for it, count in met if it.state == state})


class Gathered:
    """What the dialogues of a run covered, by target, scenario and arm.

    `graphs` are those of the authored arms, whether they were played or not: of controls nothing is
    counted. `dialogues` gives those of a scenario that ended; nothing is read of either before it
    is asked for, and of a scenario that nobody asks about nothing at all.
    """

    def __init__(
        self,
        graphs: Iterable[Graph],
        targets: Iterable[str],
        dialogues: Callable[[str], Iterable[Transcript]],
    ) -> None:
        self.targets = tuple(targets)
        self._given = graphs
        self._dialogues = dialogues
        self._read: dict[str, dict[tuple[str, ArmKey], Seen]] = {}

    @cached_property
    def graphs(self) -> Mapping[ArmKey, Graph]:
        """The graph of every authored arm."""
        return {(graph.scenario, graph.arm): graph for graph in self._given}

    def _seen(self, scenario: str) -> dict[tuple[str, ArmKey], Seen]:
        if scenario not in self._read:
            seen = self._read[scenario] = {}
            for transcript in self._dialogues(scenario):
                arm = transcript.scenario, transcript.arm
                if (graph := self.graphs.get(arm)) is not None:
                    seen.setdefault((transcript.target, arm), Seen()).add(graph, transcript)
        return self._read[scenario]

    def seen(self, arm: ArmKey, target: str | None = None) -> Seen:
        """What was covered of an arm, by one target or by all of them together."""
        found, seen = Seen(), self._seen(arm[0])
        for one in self.targets if target is None else (target,):
            if (one, arm) in seen:
                found.update(seen[one, arm])
        return found


def moves_of(graph: Graph) -> Iterator[str]:
    """The moves that a graph has, in the order of the file."""
    found = {state.move: None for state in graph.states.values() if state.move is not None}
    yield from found
    if graph.clarified and CLARIFIED_MOVE not in found:
        yield CLARIFIED_MOVE
