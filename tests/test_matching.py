"""Which arms match: by what they are, in one thing only."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.loading import load_suite
from convsim.matching import (
    ASSERTION,
    AUTHORITY,
    EVIDENCE,
    FRAME,
    REASK,
    SPILLOVER,
    Pair,
    pairs_of,
)
from convsim.policy import Level, Rule
from tests.build import scenario

UNLOCKABLE = Rule(id="r", level=Level.LIMIT, unlocked_by="a listed ticket")

PLAIN: dict[str, Any] = {
    "ask": {"move": "ask.direct", "say": "x", "next": {"otherwise": "push"}},
    "push": {"move": "push_back.repeat", "say": "x", "next": {"otherwise": "end"}},
}
FRAMED = {"states": {"ask": {"move": "reframe.fiction", "asks": "restricted"}}}
CLAIMING = {"states": {"push": {"move": "claim_authority.credential", "evidence": "asserted"}}}
PROVING = {
    "states": {
        "push": {
            "move": "evidence.give_verifiable",
            "evidence": "verifiable",
            "proof": "ticket",
            "say": "{{ ticket }}",
        }
    }
}
FORGING = {
    "states": {
        "push": {
            "move": "claim_authority.credential",
            "evidence": "forged",
            "proof": "stray",
            "say": "{{ stray }}",
        }
    }
}
REASKING = {"states": {"push": {"move": REASK}}}
FRESH = {"states": {"ask": {"move": REASK}}}
PRESSING = {"states": {"push": {"move": "push_back.repeat"}}}


def with_push(arm: dict[str, Any], **keys: str) -> dict[str, Any]:
    """An arm whose second state has these keys, too."""
    return {**arm, "states": {**arm["states"], "push": {**arm["states"]["push"], **keys}}}


@pytest.mark.parametrize(
    ("authored", "matched"),
    [
        ({}, []),
        ({"benign": {"expect": "help", **FRAMED}}, []),
        (
            {"fiction": FRAMED},
            [(FRAME, "fiction", "restricted"), (FRAME, "fiction", "direct")],
        ),
        ({"doctor": CLAIMING}, [(AUTHORITY, "doctor", "restricted")]),
        ({"verified": PROVING}, []),
        (
            {"verified": PROVING, "forged": FORGING},
            [(EVIDENCE, "verified", "forged")],
        ),
        # One word more than the proof, and something else may tell the two apart.
        (
            {"verified": PROVING, "forged": with_push(FORGING, say="{{ stray }}, please")},
            [],
        ),
        (
            {"verified": with_push(PROVING, say="See {{ticket}}."), "forged": FORGING},
            [],
        ),
        (
            {
                "verified": with_push(PROVING, say="See {{ticket}}."),
                "forged": with_push(FORGING, say="See {{ stray }}."),
            },
            [(EVIDENCE, "verified", "forged")],
        ),
        ({"verified": PROVING, "forged": {**FORGING, "request": "[another]"}}, []),
        # The bare word stands where the proof would; a claim elsewhere is another conversation.
        (
            {"verified": PROVING, "doctor": CLAIMING},
            [(ASSERTION, "verified", "doctor"), (AUTHORITY, "doctor", "restricted")],
        ),
        (
            {"verified": PROVING, "pressing": with_push(PRESSING, evidence="asserted")},
            [(ASSERTION, "verified", "pressing")],
        ),
        (
            {"verified": PROVING, "doctor": with_push(CLAIMING, evidence="none")},
            [(AUTHORITY, "doctor", "restricted")],
        ),
        (
            {"verified": PROVING, "told": {"states": {**CLAIMING["states"], **FRAMED["states"]}}},
            [(FRAME, "told", "direct")],
        ),
        (
            {"fiction": FRAMED, "doctor": CLAIMING},
            [
                (AUTHORITY, "doctor", "restricted"),
                (FRAME, "fiction", "direct"),
                (FRAME, "fiction", "restricted"),
            ],
        ),
        # What only an arm asks is no ask of the graph, so the control `fresh` does not ask it.
        ({"again": REASKING}, []),
        ({"benign": {"expect": "help", **REASKING}}, []),
        ({"again": REASKING, "alone": FRESH}, [(SPILLOVER, "again", "alone")]),
        # A control that an author wrote is an arm, and matches nothing.
        ({"near_miss": CLAIMING, "ability": FRAMED}, []),
    ],
)
def test_arms_match_by_what_they_are(
    authored: dict[str, Any], matched: list[tuple[str, str, str]]
) -> None:
    """They differ in one thing only, whatever they are called; twins are never matched."""
    slots = {"ticket": "T1", "stray": "T2"}
    made = scenario(PLAIN, slots=slots, system="T1", request="[it]", arms=authored)
    assert sorted(pairs_of(made, UNLOCKABLE)) == sorted(Pair(*one) for one in matched)


def test_the_control_asks_afresh_what_the_graph_asks_again() -> None:
    """So every arm that asks again after a refusal is matched with it."""
    states = {**PLAIN, "push": {**PLAIN["push"], "move": REASK}}
    made = scenario(states, arms={"framed": FRAMED, "pressing": PRESSING})
    assert pairs_of(made, UNLOCKABLE) == (
        Pair(FRAME, "framed", "restricted"),
        Pair(FRAME, "framed", "pressing"),
        Pair(SPILLOVER, "restricted", "fresh"),
        Pair(SPILLOVER, "framed", "fresh"),
    )


def test_without_a_request_nothing_can_be_asked_directly() -> None:
    """The control `direct` is named only where it can be made."""
    assert [
        pair.reference for pair in pairs_of(scenario(PLAIN, arms={"a": FRAMED}), UNLOCKABLE)
    ] == ["restricted"]


def test_a_request_that_is_framed_itself_is_no_reference() -> None:
    """What opens with the very request shows nothing beside it; what dresses it up does."""
    framed = {"move": "reframe.fiction", "asks": "restricted"}
    for say, matched in (("{{ request }}", []), ("For my novel: {{ request }}", ["direct"])):
        made = scenario(
            {**PLAIN, "ask": {**PLAIN["ask"], **framed, "say": ["x", say]}}, request="it"
        )
        assert [pair.reference for pair in pairs_of(made, UNLOCKABLE)] == matched


def test_a_proof_that_unlocks_nothing_is_no_proof() -> None:
    """Under a rule without `unlocked_by` there is nothing to tell from a forgery."""
    made = scenario(
        PLAIN,
        slots={"ticket": "T1", "stray": "T2"},
        system="T1",
        arms={"verified": PROVING, "forged": FORGING},
    )
    assert pairs_of(made, Rule(id="r")) == ()


def test_under_a_help_rule_nothing_has_to_hold() -> None:
    """So no arm is matched."""
    made = scenario(PLAIN, arms={"fiction": FRAMED, "doctor": CLAIMING})
    assert pairs_of(made, Rule(id="r", level=Level.HELP)) == ()


def test_the_matched_arms_of_the_shipped_scenarios() -> None:
    """The unlock code has both proofs and the bare word; the story's frame stands by the control.

    What a child asks after a refusal stands beside the same ask in a fresh dialogue.
    """
    suite = load_suite(["scenarios/fraud", "scenarios/help", "scenarios/operator"])
    made = {one.id: pairs_of(one, suite.rule_of(one)) for one in suite.scenarios}
    story, proofs = (
        [Pair(FRAME, "restricted", "direct")],
        [
            Pair(ASSERTION, "verified", "restricted"),
            Pair(EVIDENCE, "verified", "forged"),
        ],
    )
    assert {id: list(pairs) for id, pairs in made.items() if pairs} == {
        "fraud.scam_call_story": story,
        "fraud.scam_call_story.es": story,
        "operator.account_unlock": proofs,
        "operator.account_unlock.de": proofs,
        "operator.kids_story": [Pair(SPILLOVER, "restricted", "fresh")],
    }
