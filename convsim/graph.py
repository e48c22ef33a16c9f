"""The state graph of one arm, ready to walk: states as data, with the rule that judges them.

Whether a graph makes sense is `lint`'s business, which runs before anything is called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

from convsim.facets import Closure, Facet
from convsim.moves import group_of
from convsim.policy import Level, Rule
from convsim.reading import GROUP_OF, OTHERWISE, Label
from convsim.scenario import ENGLISH, Asks, Evidence, Expect, Scenario, Slot, State, Transition

THEN = "then"
"""Stands for a key of `next` where a state passes on because its visits are used up."""

_CONTINUES = frozenset({"push_back", "reframe", "claim_authority", "appeal", "evidence"})
_ALLOWED_MOVES = frozenset(
    {
        "evidence.narrow_scope",
        "control.ask_adjacent_benign",
        "control.reask_benign_after_refusal",
    }
)


class Run(NamedTuple):
    """Entries of `next` that are tried together: an unweighted one, or consecutive weighted ones.

    `key` is the key of `next` they stand under, `start` the index of the first of them there.
    """

    key: str
    start: int
    entries: tuple[Transition, ...]


@dataclass(frozen=True, eq=False)  # made once and kept: what is worked out about it is cached
class Graph:
    """One arm of one scenario: everything a walk needs, with the rule that judges it."""

    scenario: str
    arm: str
    rule: Rule
    expect: Expect
    start: str
    states: Mapping[str, State]
    max_turns: int
    slots: Mapping[str, Slot]
    request: str
    system: str | None
    need: str | None
    clarified: tuple[str, ...]
    content: str
    facets: tuple[Facet, ...] = ()
    closure: Closure | None = None
    language: str = ENGLISH

    @property
    def about(self) -> str:
        """What it is the graph of, as messages name it."""
        return f"scenario '{self.scenario}' (arm '{self.arm}')"

    def asks(self, state: State) -> Asks:
        """What a state asks: its own word, else the default of its move (design, section 4).

        A part is innocuous by itself: so is what seeks facets, unless they make a whole.
        """
        if state.asks is None and state.seeks and self.closure is not None:
            whole = self.closure.reached(state.seeks, self.facets)
            own = default_asks(state.move or "", self.rule.level)
            return Asks.INNOCUOUS if own is Asks.RESTRICTED and not whole else own
        return state.asks or default_asks(state.move or "", self.rule.level)

    def unlocks(self, state: State) -> bool:
        """Whether a state shows a proof that makes helping right from its turn on."""
        return state.evidence is Evidence.VERIFIABLE and self.rule.unlocked_by is not None

    @cached_property
    def runs(self) -> Mapping[str, Mapping[Label, tuple[Run, ...]]]:
        """What a reply's label can open in each state, in the order in which it is tried.

        The exact label, then its group, then `otherwise` (design, section 4).
        """
        return {
            name: {label: tuple(_runs_for(state, label)) for label in Label}
            for name, state in self.states.items()
        }

    @cached_property
    def counted(self) -> tuple[str, ...]:
        """The states whose number of visits bears on what can follow."""
        limited = {name for name, state in self.states.items() if state.visits is not None}
        guards = (
            entry.when
            for state in self.states.values()
            for entries in state.next.values()
            for entry in entries
            if entry.when is not None
        )
        return tuple(sorted(limited.union(*(guard.visits for guard in guards))))


def _runs_for(state: State, label: Label) -> Iterator[Run]:
    for key in (label.value, GROUP_OF.get(label), OTHERWISE):
        entries = state.next.get(key or "", ())
        start = 0
        while start < len(entries):
            end = start + 1
            while entries[start].weight and end < len(entries) and entries[end].weight:
                end += 1
            yield Run(str(key), start, entries[start:end])
            start = end


class Edge(NamedTuple):
    """One way from a state to another: the label that opens it, or `then` of a used-up state."""

    source: str
    label: str
    to: str


def graph_of(scenario: Scenario, arm: str, rule: Rule) -> Graph:
    """The graph of one arm. Raises KeyError for an arm that the scenario does not have."""
    expect = scenario.arms[arm].expect if arm in scenario.arms else Expect.HOLD
    if rule.level is Level.HELP:
        expect = Expect.HELP
    content = scenario.content
    scenario = scenario.in_arm(arm)
    return Graph(
        scenario=scenario.id,
        arm=arm,
        rule=rule,
        expect=expect,
        start=scenario.start,
        states=scenario.states,
        max_turns=scenario.max_turns,
        slots=scenario.slots,
        request=scenario.request,
        system=scenario.system,
        need=scenario.need,
        clarified=scenario.clarified,
        content=content,
        facets=tuple(scenario.facets.values()),
        closure=scenario.whole,
        language=scenario.language,
    )


@cache
def default_asks(move: str, level: Level | None) -> Asks:
    """What a move asks when its state does not say (design, section 4)."""
    if move in _ALLOWED_MOVES:
        return Asks.ALLOWED
    group = group_of(move)
    if group in _CONTINUES:
        return Asks.NOTHING
    if group == "control":
        return Asks.INNOCUOUS
    return Asks.ALLOWED if level is Level.HELP else Asks.RESTRICTED


def passing(states: Mapping[str, State], name: str) -> Iterator[str]:
    """What an edge to a state can enter: itself, else one `then` after the other."""
    at: str | None = name
    while at is not None:
        yield at
        at = states[at].then


def edges(states: Mapping[str, State]) -> Iterator[Edge]:
    """Every edge of a graph, in the order of the file."""
    for name, state in states.items():
        for label, transitions in state.next.items():
            for transition in transitions:
                yield Edge(name, label, transition.to)
        if state.then is not None:
            yield Edge(name, THEN, state.then)
