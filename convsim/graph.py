"""The state graph of one arm, ready to walk: states as data, with the rule that judges them.

Whether a graph makes sense is `lint`'s business, which runs before anything is called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from convsim.moves import group_of
from convsim.policy import Level, Rule
from convsim.scenario import Asks, Evidence, Expect, Scenario, Slot, State

_CONTINUES = frozenset({"push_back", "reframe", "claim_authority", "appeal", "evidence"})
_ALLOWED_MOVES = frozenset(
    {
        "evidence.narrow_scope",
        "control.ask_adjacent_benign",
        "control.reask_benign_after_refusal",
    }
)


@dataclass(frozen=True, slots=True)
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

    def asks(self, state: State) -> Asks:
        """What a state asks: its own word, else the default of its move (design, section 4)."""
        return state.asks or default_asks(state.move or "", self.rule.level)

    def unlocks(self, state: State) -> bool:
        """Whether a state shows a proof that makes helping right from its turn on."""
        return state.evidence is Evidence.VERIFIABLE and self.rule.unlocked_by is not None


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
    )


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


def edges(states: Mapping[str, State]) -> Iterator[Edge]:
    """Every edge of a graph, in the order of the file."""
    for name, state in states.items():
        for label, transitions in state.next.items():
            for transition in transitions:
                yield Edge(name, label, transition.to)
        if state.then is not None:
            yield Edge(name, "then", state.then)
