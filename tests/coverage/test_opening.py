"""What would have opened something, in words."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.coverage.gathered import Seen
from convsim.coverage.opening import opening
from convsim.coverage.things import Met, Pair, Thing, Transition
from convsim.graph import THEN
from tests.build import asking, graph

STATES: dict[str, Any] = {
    "open": asking(next={"refused": "push", "otherwise": "end"}),
    "push": asking(
        visits=2, then="claim", next={"refused": "push", "complied": "end", "otherwise": "claim"}
    ),
    "claim": asking(),
}
OF = graph(STATES, clarified=["[it]"])
REFUSED = Transition("open", "refused", "push")


def seen(*met: str, **visits: int) -> Seen:
    """What was met: `open refusal` once for each time, and the most visits of a dialogue."""
    found = Seen(visits=visits)
    found.things.update(Met(state, label) for state, label in map(str.split, met))
    return found


@pytest.mark.parametrize(
    ("thing", "met", "told"),
    [
        (REFUSED, seen("open partial"), "needs a reply 'refused' in 'open'; met there: partial 1"),
        (
            Transition("open", "otherwise", "end"),
            seen("open refusal", "open refusal"),
            "needs a reply that is unclear, compliance, hedged_compliance or 4 more in 'open'; met "
            "there: refusal 2",
        ),
        (REFUSED, seen(), "nobody came to 'open'; it is where dialogues begin"),
        (
            Transition("push", "complied", "end"),
            seen("open refusal"),
            "nobody came to 'push'; it comes after open -refused-> push",
        ),
        (
            REFUSED,
            seen("open refusal"),
            "refused came once in 'open', and its condition did not hold, or another entry came "
            "first",
        ),
        (
            Transition("push", THEN, "claim"),
            seen("push refusal", push=1),
            "needs 'push' to be come to 3 times; 1 at most were seen",
        ),
        (Met("open", "partial"), seen("open refusal"), "met there: refusal 1"),
        (
            Met("open", "partial"),
            seen("open unable", "open refusal", "open clarify", "open unable"),
            "met there: unable 2, clarify 1, refusal 1",
        ),
        (Met("claim", "partial"), seen("open refusal"), "met there: nothing"),
        ("claim", seen(), "it comes after push -otherwise-> claim or push -then-> claim"),
        ("open", seen(), "it is where dialogues begin"),
        (
            Pair(REFUSED, Transition("push", "complied", "end")),
            seen("open partial"),
            "first open -refused-> push: needs a reply 'refused' in 'open'; met there: partial 1",
        ),
    ],
)
def test_what_it_would_have_taken(thing: Thing, met: Seen, told: str) -> None:
    """A state is told by what leads to it, a transition by the reply it needs and those it got."""
    assert opening(OF, thing, met) == told


def test_a_pair_whose_first_was_taken_needs_the_second() -> None:
    """At once: what else was met in its state does not count."""
    met = seen("open refusal", "push refusal")
    met.things[REFUSED] += 1
    pair = Pair(REFUSED, Transition("push", "complied", "end"))
    assert opening(OF, pair, met) == "needs a reply 'complied' in 'push' right after it"
