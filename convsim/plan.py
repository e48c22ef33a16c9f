"""Which dialogues a run consists of, in which order; lazy, because a plan can be long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from convsim.errors import InputError, choices
from convsim.graph import Graph, graph_of
from convsim.suite import Suite
from convsim.transcript import Key


@dataclass(frozen=True, slots=True)
class Job:
    """One dialogue to simulate."""

    key: Key
    graph: Graph


@dataclass(frozen=True, slots=True)
class Plan:
    """Every arm of every scenario against every target, several times.

    Iterating gives the jobs; the arms and targets of one (scenario, repeat) stay adjacent, so that
    what they share is in flight at the same time.
    """

    graphs: tuple[tuple[Graph, ...], ...]
    targets: tuple[str, ...]
    repeats: int

    def __len__(self) -> int:
        return sum(map(len, self.graphs)) * len(self.targets) * self.repeats

    def __iter__(self) -> Iterator[Job]:
        for arms in self.graphs:
            for repeat in range(1, self.repeats + 1):
                for graph in arms:
                    for target in self.targets:
                        key = Key(graph.scenario, graph.arm, target, repeat, "0", "-")
                        yield Job(key, graph)


def plan(
    suite: Suite, targets: Sequence[str], *, repeats: int, arms: Sequence[str] | None = None
) -> Plan:
    """The plan of a run. `arms=None` takes every authored arm.

    Raises InputError for an arm that no scenario has, and when there is nothing to do.
    """
    if repeats < 1:
        raise InputError(f"repeats is {repeats}; at least 1 is needed")
    known = list(dict.fromkeys(arm for item in suite.scenarios for arm in item.arm_names))
    for arm in arms or ():
        if arm not in known:
            raise InputError(f"no scenario has an arm '{arm}'" + choices(arm, known))
    graphs = tuple(
        tuple(
            graph_of(scenario, arm, suite.rule_of(scenario))
            for arm in scenario.arm_names
            if arms is None or arm in arms
        )
        for scenario in suite.scenarios
    )
    planned = Plan(graphs, tuple(targets), repeats)
    if not planned:
        raise InputError("there is nothing to run; give at least one scenario, arm and target")
    return planned
