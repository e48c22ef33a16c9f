"""How much was covered, of how much; what is missing, why, and what would open it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from convsim.chance import Chance
from convsim.coverage.gathered import ArmKey, Gathered, Played, Seen, moves_of
from convsim.coverage.opening import opening
from convsim.coverage.reach import Play, reachable, scheduled
from convsim.coverage.things import Measure, Thing, Things, written
from convsim.graph import Graph
from convsim.moves import MOVES, group_of
from convsim.paths import draw_path
from convsim.plan import NO_PATH

MOVES_MET = "moves"
"""Stands for the moves of the suite where measures are named."""

PathOf = Callable[[ArmKey, str], tuple[str, ...] | None]
"""The states of a planned path of an arm, by its id."""


class Why(StrEnum):
    """Why something was not covered."""

    NEVER_SCHEDULED = "never scheduled"
    CLOSED = "closed by the replies"
    UNREACHABLE = "not reachable"


class Share(NamedTuple):
    """How many of how many that some replies lead to; `unreachable` are the others."""

    covered: int
    of: int
    unreachable: int = 0

    @property
    def value(self) -> float | None:
        """The share; None where there is nothing to cover."""
        return self.covered / self.of if self.of else None

    def __add__(self, other: object) -> Share:
        if not isinstance(other, Share):
            return NotImplemented
        return Share(*(one + two for one, two in zip(self, other, strict=True)))

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return {**self._asdict(), "share": self.value}


class Missing(NamedTuple):
    """Something that was not covered: why, and what would have opened it."""

    measure: Measure
    scenario: str
    arm: str
    thing: Thing
    why: Why
    opens: str

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return {**self._asdict(), "thing": str(self.thing)}


class Cell(NamedTuple):
    """The moves of one rule in one arm: how often each was made, 0 for those that never were."""

    rule: str
    arm: str
    moves: Mapping[str, int]

    def share(self, group: str | None = None) -> Share:
        """How many of the moves (of one group) were made."""
        counts = [n for move, n in self.moves.items() if group in (None, group_of(move))]
        return Share(sum(map(bool, counts)), len(counts))

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return self._asdict()


@dataclass(frozen=True)
class Account:
    """The coverage of a run.

        account.shares()[Measure.TRANSITIONS]     # all targets together
        account.shares("t1")[Measure.TRANSITIONS]
        account.missing(Measure.TRANSITIONS)

    Everything is counted once for each arm of each scenario. A share is of what some replies can
    lead to; what none can lead to is told beside it. `path_of` finds a planned path of the run.
    """

    gathered: Gathered
    path_of: PathOf
    scenario: str | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets of the run."""
        return self.gathered.targets

    def of_scenario(self, scenario: str) -> Account:
        """The coverage of one scenario alone."""
        return Account(self.gathered, self.path_of, scenario)

    @cached_property
    def scenarios(self) -> tuple[str, ...]:
        """The scenarios that it is of."""
        return tuple(dict.fromkeys(scenario for scenario, _ in self._graphs))

    @cached_property
    def _graphs(self) -> Mapping[ArmKey, Graph]:
        every = self.gathered.graphs.items()
        return {arm: it for arm, it in every if self.scenario in (None, arm[0])}

    def shares(self, target: str | None = None) -> dict[Measure, Share]:
        """What a target covered, or all of them together, by measure."""
        found = dict.fromkeys(Measure, Share(0, 0))
        for arm, graph in self._graphs.items():
            seen = self.gathered.seen(arm, target)
            open_, all_ = reachable(graph), written(graph)
            for measure in Measure:
                there = open_.of(measure)
                met = sum(thing in seen.things for thing in there)
                found[measure] += Share(met, len(there), len(all_.of(measure)) - len(there))
        return found

    def moves(self, target: str | None = None) -> Share:
        """How many of the moves that the suite has were made."""
        has, made = set[str](), set[str]()
        for arm, graph in self._graphs.items():
            has.update(moves_of(graph))
            made.update(self.gathered.seen(arm, target).moves)
        return Share(len(has & made), len(has))

    @cached_property
    def table_of_moves(self) -> Share:
        """How many of the named moves that there are the suite has."""
        has = {move for graph in self._graphs.values() for move in moves_of(graph)}
        return Share(len(has & MOVES.keys()), len(MOVES))

    def cells(self, target: str | None = None) -> list[Cell]:
        """Rules by arms: how often each move that is written there was made."""
        found: dict[tuple[str, str], Counter[str]] = {}
        for arm, graph in self._graphs.items():
            counts = found.setdefault((graph.rule.id, graph.arm), Counter())
            made = self.gathered.seen(arm, target).moves
            counts.update({move: made[move] for move in moves_of(graph)})
        in_order = {rule: n for n, rule in enumerate(dict.fromkeys(rule for rule, _ in found))}
        cells = [Cell(rule, arm, counts) for (rule, arm), counts in found.items()]
        return sorted(cells, key=lambda cell: in_order[cell.rule])

    def missing(self, measure: Measure, target: str | None = None) -> list[Missing]:
        """What was not covered, by a target or by all of them together, in the order of the files.

        What was never scheduled says nothing about a target: no dialogue that was played could have
        come by it, whatever the replies.
        """
        return [
            one
            for arm, graph in self._graphs.items()
            for one in _missing(graph, measure, self.gathered.seen(arm, target), self.path_of)
        ]

    def to_dict(
        self, measures: Sequence[Measure] = tuple(Measure), target: str | None = None
    ) -> dict[str, Any]:
        """It as JSON-able data, with what is missing of some measures.

        Moves and what is missing are those of a target, or of all of them together.
        """
        return {
            "all": self._told(None),
            "targets": {each: self._told(each) for each in self.targets},
            "scenarios": {
                scenario: self.of_scenario(scenario)._told(None) for scenario in self.scenarios
            },
            "moves_of_the_table": self.table_of_moves.to_dict(),
            "rules": [cell.to_dict() for cell in self.cells(target)],
            "missing": [it.to_dict() for of in measures for it in self.missing(of, target)],
        }

    def _told(self, target: str | None) -> dict[str, Any]:
        shares = {measure.value: share for measure, share in self.shares(target).items()}
        shares[MOVES_MET] = self.moves(target)
        return {name: share.to_dict() for name, share in shares.items()}


def _missing(graph: Graph, measure: Measure, seen: Seen, path_of: PathOf) -> Iterator[Missing]:
    open_ = reachable(graph).of(measure)
    wanted = Things()
    wanted.of(measure).update({thing: None for thing in open_ if thing not in seen.things})
    due = scheduled(graph, _plays(graph, seen, path_of), wanted) if wanted.of(measure) else wanted
    for thing in written(graph).of(measure):
        if thing in seen.things:
            continue
        if thing not in open_:
            why, opens = Why.UNREACHABLE, "no replies lead there"
        elif thing not in due.of(measure):
            why, opens = Why.NEVER_SCHEDULED, _not_scheduled(seen, measure)
        else:
            why, opens = Why.CLOSED, opening(graph, thing, seen)
        yield Missing(measure, graph.scenario, graph.arm, thing, why, opens)


def _not_scheduled(seen: Seen, measure: Measure) -> str:
    """What kept the dialogues that were played from coming by."""
    if not seen.played:
        return "no dialogue of this arm was played"
    if all(played.forced for played in seen.played):
        if measure in (Measure.TRANSITIONS, Measure.PAIRS):
            return "in forced mode replies open no transitions"
        return "no path that was played comes by"
    if any(played.path != NO_PATH for played in seen.played):
        return "no planned path comes by; plan another one, or use --walk random"
    return "the weights were drawn otherwise; more repeats, or a path, come by"


def _plays(graph: Graph, seen: Seen, path_of: PathOf) -> Iterator[Play]:
    for played in seen.played:
        yield _play(graph, played, path_of)


def _play(graph: Graph, played: Played, path_of: PathOf) -> Play:
    chance = Chance(played.seed, graph.scenario, played.repeat)
    if played.path == NO_PATH:
        return Play(chance)
    states = path_of((graph.scenario, graph.arm), played.path)
    if states is None:
        states = draw_path(graph, chance).states
    return Play(chance, states, played.forced)
