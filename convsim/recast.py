"""A dialogue that was played under one rule, as it counts under another.

What a turn asks and what unlocks it are worked out while a dialogue is played, from the scenario
and its rule: under a `help` rule a plain ask is allowed, and a proof unlocks only where the rule
has `unlocked_by`. What was said stays; this is worked out again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from convsim.chance import Chance
from convsim.controls import played
from convsim.graph import Graph
from convsim.policy import Rule
from convsim.scenario import Asks
from convsim.suite import Suite
from convsim.transcript import Transcript, Turn


def graph_played(suite: Suite, transcript: Transcript, rule: Rule | None = None) -> Graph:
    """The graph that a dialogue was played on, under its own rule or another.

    Raises KeyError where the suite does not have its scenario, arm or control.
    """
    scenario = suite.by_id[transcript.scenario]
    chance = Chance(transcript.seed, transcript.scenario, transcript.repeat)
    rule = rule or suite.rules[scenario.id]
    return played(scenario, transcript.arm, rule, chance, transcript.draw)


def recast(transcript: Transcript, graph: Graph) -> Transcript:
    """The transcript with the asks, unlockings and expectation of `graph`, which has another rule.

    `graph` is the arm that was played (`graph_of` with the other rule). Under its own rule a
    transcript stays as it is.
    """
    return replace(
        transcript,
        turns=tuple(_turns(transcript, graph)),
        expect=graph.expect,
        rule=graph.rule.id,
    )


def _turns(transcript: Transcript, graph: Graph) -> Iterator[Turn]:
    asks: Asks | None = None
    ask: str | None = None
    unlocked = False
    for turn in transcript.turns:
        state = graph.states[turn.state or ""]
        own = Asks.NOTHING if turn.clarified else graph.asks(state)
        if own is not Asks.NOTHING:
            asks, ask = own, state.id
        asks, ask = asks or Asks.RESTRICTED, ask or state.id
        unlocked = unlocked or graph.unlocks(state)
        yield replace(turn, asks=asks, ask=ask, unlocked=unlocked)
