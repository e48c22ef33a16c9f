"""When a scenario was repeated often enough: once so much of it was covered by every target."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from convsim.coverage.reach import reachable
from convsim.coverage.things import Measure, Thing, Things, covered
from convsim.errors import InputError, choices
from convsim.graph import Graph
from convsim.transcript import Transcript

_SHARE = re.compile(r"(?P<number>\d+(?:\.\d*)?|\.\d+)(?P<percent>%?)")


def shares_in(text: str, *, percent: bool = False) -> dict[Measure, float]:
    """What `0.9`, `90%` or `transitions:0.9,pairs:50%` say; a number alone is of transitions.

    With `percent` a number is one of percent: `90` or `pairs:50`. Raises InputError.
    """
    shares: dict[Measure, float] = {}
    for part in text.split(","):
        name, colon, value = (it.strip() for it in part.rpartition(":"))
        name = name if colon else Measure.TRANSITIONS.value
        if name not in list(Measure):
            raise InputError(f"'{name}' is nothing to cover" + choices(name, list(Measure)))
        found = _SHARE.fullmatch(value)
        share = float(found["number"]) / (100 if percent or found["percent"] else 1) if found else 0
        if not 0 < share <= 1 or name in shares:
            raise InputError(
                f"{part.strip()!r} is no share of {name} to cover; write one above 0 and at most "
                + ("100, once for each measure" if percent else "1 (or 100%), once for each")
            )
        shares[Measure(name)] = share
    return shares


@dataclass(frozen=True, slots=True)
class Until:
    """Stop repeating a scenario once these shares of what can be reached in it were covered."""

    shares: Mapping[Measure, float]

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `coverage=0.9`, `coverage=90%` or `coverage=transitions:0.9,pairs:0.5` says.

        Raises `InputError` for anything else.
        """
        name, _, value = text.partition("=")
        try:
            if name.strip() == "coverage":
                return cls(shares_in(value))
            why = ""
        except InputError as error:
            why = f" ({error})"
        raise InputError(
            f"{text!r} is no condition to stop at; allowed: coverage=C, with C above 0 and at most "
            "1 (or 100%), for example coverage=0.9, or a share for each of several measures: "
            f"coverage=transitions:0.9,pairs:0.5{why}"
        )

    def holds(self, coverage: Coverage, scenario: str, *, before: int) -> bool:
        """Whether a scenario needs no repeat from this one on."""
        return all(
            coverage.share(scenario, before=before, measure=measure) >= share
            for measure, share in self.shares.items()
        )


class Coverage:
    """What was covered of each scenario, and in which repeat first.

    A thing counts when every target has covered it at least once: `share` is the smallest over the
    targets, of what some replies can lead to. The graphs are those of authored arms: controls are
    repeated as long as their scenario is, and a scenario of which nothing else is played has
    nothing to cover, so that it is never enough.
    """

    def __init__(self, graphs: Iterable[Graph], targets: Iterable[str]) -> None:
        self._graphs = {(graph.scenario, graph.arm): graph for graph in graphs}
        self._arms: dict[str, list[str]] = {}
        for scenario, arm in self._graphs:
            self._arms.setdefault(scenario, []).append(arm)
        self._targets = tuple(targets)
        self._first: dict[tuple[str, str, str], dict[Thing, int]] = {
            (scenario, arm, target): {}
            for scenario, arm in self._graphs
            for target in self._targets
        }

    def add(self, transcript: Transcript) -> None:
        """Count what one dialogue covered."""
        graph = self._graphs.get((transcript.scenario, transcript.arm))
        if graph is None:
            return
        first = self._first[transcript.scenario, transcript.arm, transcript.target]
        things = covered(graph, transcript)
        for measure in Measure:
            for thing in things.of(measure):
                first[thing] = min(first.get(thing, transcript.repeat), transcript.repeat)

    def share(self, scenario: str, *, before: int, measure: Measure = Measure.TRANSITIONS) -> float:
        """The share of a scenario that each target covered before a repeat.

        Later repeats do not count, so that the answer is the same in whichever order dialogues end.
        """
        arms = self._arms.get(scenario, ())
        there = {arm: self._reachable(scenario, arm).of(measure) for arm in arms}
        total = sum(map(len, there.values()))
        if not total:
            return 0.0
        return min(
            sum(
                self._first[scenario, arm, target].get(thing, before) < before
                for arm, things in there.items()
                for thing in things
            )
            / total
            for target in self._targets
        )

    def _reachable(self, scenario: str, arm: str) -> Things:
        return reachable(self._graphs[scenario, arm])
