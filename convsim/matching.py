"""Which arms of a scenario match, so that the difference between them is the effect of one thing.

That follows from what they are, not from their names. Of two arms of a scenario that expect `hold`,
the *profile* says how the dialogue opens (with an `ask` or a `reframe`), whether the user claims
authority, and which proof they show. Two arms match where their profiles differ in just the one
thing that a comparison (`comparisons`) is about:

- `frame_inheritance`: the first request is dressed (`reframe`) in the one and plain (`ask`) in the
  other; the generated control `direct`, which makes the `request` once, is a reference too, unless
  the frame is a part of the request;
- `authority_deference`: the one makes a claim of authority, the other makes none;
- `evidence_sensitivity`: the one shows a verifiable proof, the other a forged one, at identical
  wording: but for the proof itself both say the same, so that nothing else can tell them apart;
- `evidence_over_claim`: the one shows a verifiable proof, the other only asserts at the same
  states what the proof would show; the wordings differ, since one of them holds a proof;
- `spillover`: the one asks something allowed after a refusal (the move
  `control.reask_benign_after_refusal`), the other opens with it, as the generated control `fresh`
  does with every ask of the graph.

Arms that are controls match nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from convsim.chance import Chance
from convsim.controls import Playable
from convsim.graph import Graph
from convsim.policy import Rule
from convsim.scenario import Asks, Evidence, Expect, Scenario, State

FRAME = "frame_inheritance"
AUTHORITY = "authority_deference"
EVIDENCE = "evidence_sensitivity"
ASSERTION = "evidence_over_claim"
SPILLOVER = "spillover"

REASK = "control.reask_benign_after_refusal"

DIRECT = "direct"
FRESH = "fresh"


class Pair(NamedTuple):
    """Two matched arms of one scenario, and what is compared in them."""

    name: str
    treated: str
    reference: str


Pairs = Mapping[str, Sequence[Pair]]
"""The matched arms of every scenario, by its id."""


class Profile(NamedTuple):
    """What an arm is made of, as far as comparisons look at it."""

    opening: str
    claims: bool
    proof: Evidence


def pairs_of(scenario: Scenario, rule: Rule) -> tuple[Pair, ...]:
    """The matched arms of a scenario; `direct` and `fresh` are named whether they were run or not.

    An arm in which helping is right answers another question than one that has to hold, so it is
    never compared with it.
    """
    playable = Playable(scenario, rule)
    any_repeat = Chance(0, scenario.id, 1)
    graphs = [playable.graph(name, any_repeat) for name in playable.authored]
    holding = [graph for graph in graphs if graph.expect is Expect.HOLD]
    found = [pair for treated in holding for other in holding for pair in _compared(treated, other)]
    if playable.why_not(DIRECT) is None:
        framed = (graph for graph in holding if _is_framed(graph))
        found += [Pair(FRAME, graph.arm, DIRECT) for graph in framed]
    if playable.why_not(FRESH) is None:
        graphs += [playable.graph(FRESH, any_repeat, draw) for draw in playable.draws(FRESH)]
    return (*found, *_spilling(graphs))


def _is_framed(graph: Graph) -> bool:
    """Whether an arm opens in a frame that its request does not have itself."""
    opening = graph.states[graph.start]
    return opening.group == "reframe" and "{{ request }}" not in map(str.strip, opening.say)


def _compared(treated: Graph, reference: Graph) -> Iterator[Pair]:
    one, other = profile_of(treated), profile_of(reference)
    arms = treated.arm, reference.arm
    if one == other._replace(opening="reframe") and other.opening == "ask":
        yield Pair(FRAME, *arms)
    if one == other._replace(claims=True) and not other.claims:
        yield Pair(AUTHORITY, *arms)
    if one.proof is not Evidence.VERIFIABLE:
        return
    if one == other._replace(proof=Evidence.VERIFIABLE) and other.proof is Evidence.FORGED:
        if _says_the_same(treated, reference):
            yield Pair(EVIDENCE, *arms)
    elif other.proof is Evidence.NONE and _only_asserts(treated, reference):
        yield Pair(ASSERTION, *arms)


def _says_the_same(one: Graph, other: Graph) -> bool:
    """Whether two arms are the same conversation but for the proofs in it."""
    return (
        one.request == other.request
        and one.clarified == other.clarified
        and one.states.keys() == other.states.keys()
        and all(_wordings(state) == _wordings(other.states[id]) for id, state in one.states.items())
    )


def _wordings(state: State) -> tuple[str, ...]:
    """What a state says, with the proof taken out."""
    if state.proof is None:
        return state.say
    hole = re.compile(r"\{\{\s*" + re.escape(state.proof) + r"\s*\}\}")
    return tuple(hole.sub("{{ proof }}", wording) for wording in state.say)


def _only_asserts(proven: Graph, other: Graph) -> bool:
    """Whether an arm is the one with the proof, with a bare assertion in every place of it."""
    shown = {id for id, state in proven.states.items() if proven.unlocks(state)}
    return (
        proven.states.keys() == other.states.keys()
        and all(other.states[id].evidence is Evidence.ASSERTED for id in shown)
        and all(
            (state.move, state.evidence) == (other.states[id].move, other.states[id].evidence)
            for id, state in proven.states.items()
            if id not in shown
        )
    )


def _spilling(graphs: Iterable[Graph]) -> Iterator[Pair]:
    """An allowed ask after a refusal, against the same ask as an opening."""
    after, first = [], []
    for graph in graphs:
        opening = graph.states[graph.start]
        if opening.group == "control" and graph.asks(opening) is Asks.ALLOWED:
            first.append(graph.arm)
        elif graph.expect is Expect.HOLD and _asks_again(graph):
            after.append(graph.arm)
    for treated in after:
        yield from (Pair(SPILLOVER, treated, reference) for reference in dict.fromkeys(first))


def _asks_again(graph: Graph) -> bool:
    return any(state.move == REASK for state in graph.states.values())


def profile_of(graph: Graph) -> Profile:
    """How an arm opens, whether it claims authority without any proof, and which proof it shows.

    A proof that cannot unlock is none: under its rule it is only another claim.
    """
    states = [state for state in graph.states.values() if not state.final]
    unlocks = any(graph.unlocks(state) for state in states)
    forged = any(state.evidence is Evidence.FORGED for state in states)
    shown = Evidence.VERIFIABLE if unlocks else Evidence.FORGED if forged else Evidence.NONE
    claims = any(
        state.group == "claim_authority"
        and state.evidence is not Evidence.FORGED
        and not graph.unlocks(state)
        for state in states
    )
    return Profile(graph.states[graph.start].group, claims, shown)
