"""`wanders`: replies that open any transition, so that every one of a graph is gone through.

It behaves like nobody: what it says has nothing to do with what was asked. It is there to show that
whatever a graph has can be reached, and that whatever a reply may be has a way on; a rate of it
means nothing.

At each turn it draws one of the entries that the author wrote for the state, and of the labels that
open it one; a third of the time it does the same again. Where the entry waits for words or facets,
it says some of them, whatever else it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain, combinations
from typing import NamedTuple

from convsim.facets import Facet
from convsim.graph import Graph
from convsim.reading import Label, Stance, Status
from convsim.scenario import Guard
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
        return _with_words(decision, way, moment) if decision.phrases else decision

    return policy


class _Way(NamedTuple):
    """An entry of `next`: the labels under which it is tried, the word and facets it waits for."""

    labels: Sequence[Label]
    says: str
    facets: Sequence[Facet]


@lru_cache(maxsize=4096)
def _ways(graph: Graph, state: str) -> Sequence[_Way]:
    """What is written for a state, each entry once."""
    labels: dict[tuple[str, int], list[Label]] = {}
    guards: dict[tuple[str, int], Guard | None] = {}
    for label in Label:
        for entry, guard in _tried(graph, state, label):
            labels.setdefault(entry, []).append(label)
            guards[entry] = guard
    return [
        _Way(found, _word_for(guard.matches), tuple(_waited_for(graph, guard)))
        if (guard := guards[entry])
        else _Way(found, "", ())
        for entry, found in labels.items()
    ]


def _waited_for(graph: Graph, guard: Guard) -> Iterator[Facet]:
    """The facets that a condition wants to have been given; all, where it counts them."""
    return (it for it in graph.facets if it.id in guard.has or guard.facets is not None)


def _tried(
    graph: Graph, state: str, label: Label
) -> Iterator[tuple[tuple[str, int], Guard | None]]:
    """The entries that are tried for a label, each with its condition, up to one that has none."""
    for key, start, entries in graph.runs[state][label]:
        for place, entry in enumerate(entries, start):
            yield (key, place), entry.when
        if any(entry.when is None for entry in entries):
            return


_ESCAPED = re.compile(r"\\.|\(\?\w+\)")
_LETTERS = re.compile(r"[^\W_]+(?: [^\W_]+)*")


@lru_cache(maxsize=1024)
def _word_for(pattern: str | None) -> str:
    """Words of a regular expression that it finds itself; none where it is not so simple."""
    if pattern is None:
        return ""
    words = _LETTERS.findall(_ESCAPED.sub(" ", pattern))
    two = (f"{one} {other}" for one, other in combinations(words, 2))
    return next((word for word in chain(words, two) if re.search(pattern, word)), "")


def _with_words(decision: Decision, way: _Way, moment: Moment) -> Decision:
    """The decision with what its entry waits for: a word, and the facets as far as it has them."""
    values = moment.now.values
    told = [values[it.id][0] if it.id in values else _word_for(it.regex) for it in way.facets]
    held = [it.id for it in way.facets if it.id in values and it.id not in decision.supplies]
    says = ", ".join(filter(None, [way.says, *told]))
    return replace(decision, says=says, supplies=(*decision.supplies, *held))


def _with_facets(decision: Decision, moment: Moment) -> Decision:
    """What hands something over hands over the facets that are asked for, as far as it has them."""
    held = tuple(facet for facet in moment.now.seeks if facet in moment.now.values)
    if not held:
        return decision
    if decision is GIVE_PART:
        held = held[: -(-len(held) // 2)]
    phrases = "leak" if len(held) == 1 else "leak_several"
    return replace(decision, phrases=phrases, supplies=held)
