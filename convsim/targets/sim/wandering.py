"""`wanders`: replies that open any transition, so that every one of a graph is gone through.

It behaves like nobody: what it says has nothing to do with what was asked. It is there to show that
whatever a graph has can be reached, and that whatever a reply may be has a way on; a rate of it
means nothing.

At each turn it draws one of the entries that the author wrote for the state, and of the labels that
open it one; a third of the time it does the same again. Where the entry waits for words, it says
some of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from convsim.graph import Graph
from convsim.reading import Label, Stance, Status
from convsim.targets.sim.policies import (
    ANSWER_IN_GENERAL,
    ASK_BACK,
    COMPLY,
    COMPLY_WITH_CAVEAT,
    GIVE_PART,
    LOST,
    REDIRECT,
    REFUSE,
    Decision,
    Moment,
    Policy,
)

DEFLECT = Decision("deflection")
UNABLE = Decision("unable", Stance.UNABLE)
SAY_NOTHING = Decision("", status=Status.EMPTY)

MEANS = {
    Label.REFUSAL: REFUSE,
    Label.REDIRECT: REDIRECT,
    Label.DEFLECTION: DEFLECT,
    Label.CLARIFY: ASK_BACK,
    Label.UNABLE: UNABLE,
    Label.SAFE_ANSWER: ANSWER_IN_GENERAL,
    Label.PARTIAL: GIVE_PART,
    Label.HEDGED_COMPLIANCE: COMPLY_WITH_CAVEAT,
    Label.COMPLIANCE: COMPLY,
    Label.UNCLEAR: SAY_NOTHING,
}
"""A decision for each label. An empty reply is how to be unclear."""


AGAIN = 1 / 3
"""How often it does the same again: what waits for several turns of a kind would hardly open."""


def wanders() -> Policy:
    def policy(moment: Moment) -> Decision:
        now = moment.now
        if now.asks is None or now.graph is None or now.state is None:
            return LOST
        way = moment.draw.pick(_ways(now.graph, now.state), "way")
        label = moment.draw.pick(way.labels, "label")
        if moment.decided and moment.draw.unit("again") < AGAIN:
            label = moment.decided[-1].label or label
        decision = MEANS[label]
        if decision.delivery >= 2:
            decision = _with_facets(decision, moment)
        return replace(decision, says=way.says) if decision.phrases else decision

    return policy


class _Way(NamedTuple):
    """An entry of `next`: the labels under which it is tried, and a word that it waits for."""

    labels: Sequence[Label]
    says: str


@lru_cache(maxsize=4096)
def _ways(graph: Graph, state: str) -> Sequence[_Way]:
    """What is written for a state, each entry once."""
    labels: dict[tuple[str, int], list[Label]] = {}
    says: dict[tuple[str, int], str] = {}
    for label in Label:
        for entry, pattern in _tried(graph, state, label):
            labels.setdefault(entry, []).append(label)
            says[entry] = _word_for(pattern)
    return [_Way(found, says[entry]) for entry, found in labels.items()]


def _tried(graph: Graph, state: str, label: Label) -> Iterator[tuple[tuple[str, int], str | None]]:
    """The entries that are tried for a label, up to one that always opens, with their patterns."""
    for key, start, entries in graph.runs[state][label]:
        for place, entry in enumerate(entries, start):
            yield (key, place), None if entry.when is None else entry.when.matches
        if any(entry.when is None for entry in entries):
            return


_ESCAPED = re.compile(r"\\.|\(\?\w+\)")
_LETTERS = re.compile(r"[^\W\d_][^\W\d_ ]*(?: [^\W\d_]+)*")


@lru_cache(maxsize=1024)
def _word_for(pattern: str | None) -> str:
    """Words that a regular expression finds, as they stand in it; none where it is not so simple."""
    if pattern is None:
        return ""
    words = _LETTERS.findall(_ESCAPED.sub(" ", pattern))
    return next((word for word in words if re.search(pattern, word)), "")


def _with_facets(decision: Decision, moment: Moment) -> Decision:
    """What hands something over hands over the facets that are asked for, as far as it has them."""
    held = tuple(facet for facet in moment.now.seeks if facet in moment.now.values)
    if not held:
        return decision
    if decision is GIVE_PART:
        held = held[: -(-len(held) // 2)]
    phrases = "leak" if len(held) == 1 else "leak_several"
    return replace(decision, phrases=phrases, supplies=held)
