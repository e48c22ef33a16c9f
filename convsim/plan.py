"""Which dialogues a run consists of, in which order; lazy, because a plan can be long.

A *group* is one (scenario, repeat): its arms, paths and targets stay adjacent, because they share
wordings, secrets and, where conversations begin alike, replies. Groups are numbered from 0 over
scenarios and their repeats, dialogues by their *position* in the whole plan. Both follow from a key
by arithmetic, so nothing here grows with the number of repeats.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

from convsim.chance import Chance
from convsim.errors import InputError, choices
from convsim.graph import Graph, graph_of
from convsim.paths import Path, Walk, draw_path, paths_of
from convsim.suite import Suite
from convsim.transcript import Key, Mode

NO_PATH = "-"
"""What stands in a key where no path was planned."""


class Job(NamedTuple):
    """One dialogue to simulate."""

    key: Key
    graph: Graph
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Shard:
    """The i-th of n parts of a plan, counted from 1: every n-th group."""

    i: int
    n: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `2/8` says; raises InputError for anything else."""
        match = re.fullmatch(r"(\d+)/(\d+)", text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise InputError(
                f"{text!r} is no shard; write I/N, the I-th of N parts, such as 1/8 to 8/8"
            )
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.i}/{self.n}"

    def repeats_of(self, number: int, repeats: int) -> range:
        """Which of the `repeats` of the scenario with this number, from 0, are in this part."""
        return range(1 + (self.i - 1 - number * repeats) % self.n, repeats + 1, self.n)


class _Arm(NamedTuple):
    """One arm of a scenario with its paths: None follows the replies, or is drawn per repeat."""

    graph: Graph
    paths: tuple[Path | None, ...]


class _Place(NamedTuple):
    """Where the dialogues of one path of one arm stand in the plan.

    `repeats` are those that are ours; `first` is the position in the first repeat, `size` how many
    dialogues a repeat has.
    """

    repeats: range
    first: int
    size: int


@dataclass(frozen=True)
class Plan:
    """Every arm of every scenario against every target, several times, on every planned path.

    `scenarios` has the arms of each scenario. With `shard` it is the plan of that part alone;
    positions are those of the whole plan all the same, so that parts can be laid side by side.
    """

    scenarios: tuple[tuple[_Arm, ...], ...]
    targets: tuple[str, ...]
    repeats: int
    draws_paths: bool = False
    seed: int = 0
    shard: Shard | None = None

    @cached_property
    def whole(self) -> int:
        """How many dialogues there are in all shards together."""
        return sum(map(self._size, self.scenarios)) * self.repeats

    @cached_property
    def graphs(self) -> tuple[Graph, ...]:
        """The graph of every arm of every scenario."""
        return tuple(arm.graph for arms in self.scenarios for arm in arms)

    def __len__(self) -> int:
        return sum(
            self._size(arms) * len(self._repeats_of(number))
            for number, arms in enumerate(self.scenarios)
        )

    def __iter__(self) -> Iterator[Job]:
        return self.jobs()

    def jobs(
        self,
        *,
        done: Done | None = None,
        targets: Collection[str] | None = None,
        repeat: int | None = None,
        scenarios: Collection[str] | None = None,
    ) -> Iterator[Job]:
        """The dialogues in order, without those that are done; of these targets, ... only."""
        wanted = [
            (column, target)
            for column, target in enumerate(self.targets)
            if targets is None or target in targets
        ]
        for position, arms, n in self._groups(repeat, scenarios):
            for graph, paths in arms:
                scenario, arm = graph.scenario, graph.arm
                for planned in paths:
                    due = [
                        target
                        for column, target in wanted
                        if done is None or position + column not in done
                    ]
                    path = self._drawn(graph, n) if due and self.draws_paths else planned
                    name = path.id if path else NO_PATH
                    for target in due:
                        yield Job(Key(scenario, arm, target, n, "0", name), graph, path)
                    position += len(self.targets)

    def position(self, key: str) -> int | None:
        """Which dialogue of the whole plan a key names, from 0; None for one that is not ours.

        A drawn path follows from the rest of its key, and is not drawn again to compare it.
        """
        try:
            scenario, arm, target, number, draw, path = key.split("/")
            column, repeat = self._columns[target], int(number)
            place = self._places[scenario, arm, NO_PATH if self.draws_paths else path]
        except (ValueError, KeyError):
            return None
        if draw != "0" or repeat not in place.repeats:
            return None
        return place.first + (repeat - 1) * place.size + column

    def _groups(
        self, repeat: int | None, scenarios: Collection[str] | None
    ) -> Iterator[tuple[int, tuple[_Arm, ...], int]]:
        """The groups that are ours and wanted: first position, arms, repeat."""
        first = 0
        for number, arms in enumerate(self.scenarios):
            size = self._size(arms)
            if scenarios is None or any(arm.graph.scenario in scenarios for arm in arms):
                ours: Collection[int] = self._repeats_of(number)
                if repeat is not None:
                    ours = [repeat] if repeat in ours else []
                for n in ours:
                    yield first + (n - 1) * size, arms, n
            first += size * self.repeats

    def _repeats_of(self, number: int) -> range:
        """The repeats of the scenario with this number, from 0, that are ours."""
        return (self.shard or Shard(1, 1)).repeats_of(number, self.repeats)

    def _size(self, arms: tuple[_Arm, ...]) -> int:
        """How many dialogues a group of these arms has."""
        return sum(len(arm.paths) for arm in arms) * len(self.targets)

    def _drawn(self, graph: Graph, repeat: int) -> Path:
        return draw_path(graph, Chance(self.seed, graph.scenario, repeat))

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {target: column for column, target in enumerate(self.targets)}

    @cached_property
    def _places(self) -> dict[tuple[str, str, str], _Place]:
        """Where each path of each arm of each scenario stands; the rest is arithmetic."""
        places = {}
        first = 0
        for number, arms in enumerate(self.scenarios):
            size, repeats = self._size(arms), self._repeats_of(number)
            for graph, paths in arms:
                for path in paths:
                    where = (graph.scenario, graph.arm, path.id if path else NO_PATH)
                    places[where] = _Place(repeats, first, size)
                    first += len(self.targets)
            first += size * (self.repeats - 1)
        return places


class Done:
    """Which dialogues of a plan are done: one bit for each."""

    def __init__(self, plan: Plan) -> None:
        self._position = plan.position
        self._bits = bytearray(plan.whole // 8 + 1)
        self._count = 0

    def add(self, key: str) -> None:
        """Count a dialogue as done, once; a key that the plan does not have counts for nothing."""
        position = self._position(key)
        if position is not None and position not in self:
            self._bits[position >> 3] |= 1 << (position & 7)
            self._count += 1

    def __contains__(self, position: int | None) -> bool:
        return position is not None and bool(self._bits[position >> 3] >> (position & 7) & 1)

    def __len__(self) -> int:
        return self._count


def plan(
    suite: Suite,
    targets: Sequence[str],
    *,
    repeats: int,
    arms: Sequence[str] | None = None,
    walk: str = Walk.RANDOM,
    mode: str = Mode.CLOSED,
    seed: int = 0,
    shard: Shard | None = None,
) -> Plan:
    """The plan of a run. `arms=None` takes every authored arm.

    `seed` is the run's: forced mode with a random walk draws its paths from it.

    Raises InputError for an arm that no scenario has, for too many paths, for an unknown walk or
    mode, and when there is nothing to do.
    """
    if repeats < 1:
        raise InputError(f"repeats is {repeats}; at least 1 is needed")
    known = list(dict.fromkeys(arm for item in suite.scenarios for arm in item.arm_names))
    for arm in arms or ():
        if arm not in known:
            raise InputError(f"no scenario has an arm '{arm}'" + choices(arm, known))
    chosen, forced = _walk(walk), _is_forced(mode)
    scenarios = tuple(
        tuple(
            _Arm(graph, paths_of(graph, chosen) or (None,))
            for arm in scenario.arm_names
            if arms is None or arm in arms
            for graph in (graph_of(scenario, arm, suite.rule_of(scenario)),)
        )
        for scenario in suite.scenarios
    )
    draws_paths = forced and chosen is Walk.RANDOM
    planned = Plan(scenarios, tuple(targets), repeats, draws_paths, seed, shard)
    if not planned.whole:
        raise InputError("there is nothing to run; give at least one scenario, arm and target")
    if not planned:
        raise InputError(
            f"shard {shard} has nothing to run: a plan is divided by scenario and repeat, and of "
            f"these there are {len(scenarios) * repeats}; use fewer shards"
        )
    return planned


def _walk(name: str) -> Walk:
    if name not in list(Walk):
        raise InputError(f"'{name}' is no walk" + choices(name, list(Walk)))
    return Walk(name)


def _is_forced(mode: str) -> bool:
    simulated = [Mode.CLOSED, Mode.FORCED]
    if mode not in simulated:
        raise InputError(f"'{mode}' is no mode to run in" + choices(mode, simulated))
    return mode == Mode.FORCED
