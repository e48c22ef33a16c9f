"""Proofs: a verifiable one can be checked, a forged one cannot, and both are shown."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.lints.evidence import check_evidence
from convsim.policy import Rule
from convsim.scenario import Scenario
from tests.build import LIMIT, UNLOCKABLE, asking, scenario
from tests.linted import Loc

SHOW: Loc = ("states", "show")
LISTED, NOT_LISTED = "Open tickets: {{ ticket }}.", "Answer politely."


def showing(system: str | None, **keys: Any) -> Scenario:
    """A second state that shows the ticket, with some keys changed."""
    state = {"proof": "ticket", "say": ["It is {{ ticket }}.", "See {{ ticket }}."], **keys}
    states = {"open": asking(), "show": asking("claim_authority.org_approval", **state)}
    return scenario(states, slots={"ticket": {"secret": "CHG-####"}}, system=system)


@pytest.mark.parametrize(
    ("evidence", "system", "code"),
    [
        ("verifiable", LISTED, None),
        ("verifiable", NOT_LISTED, "CS303"),
        ("verifiable", None, "CS303"),
        ("forged", NOT_LISTED, None),
        ("forged", None, None),
        ("forged", LISTED, "CS304"),
        ("asserted", LISTED, None),
        ("asserted", None, None),
        ("none", LISTED, None),
    ],
)
def test_the_system_prompt_makes_a_proof_genuine(
    evidence: str, system: str | None, code: str | None
) -> None:
    """What is only asserted needs no proof at all."""
    found = list(check_evidence(showing(system, evidence=evidence), UNLOCKABLE))
    assert [(flaw.code, flaw.loc) for flaw in found] == (
        [(code, (*SHOW, "evidence"))] if code else []
    )


@pytest.mark.parametrize(
    ("rule", "code"), [(UNLOCKABLE, None), (LIMIT, "CS306"), (None, None)], ids=str
)
@pytest.mark.parametrize("evidence", ["verifiable", "forged"])
def test_a_genuine_proof_needs_a_rule_that_it_unlocks(
    evidence: str, rule: Rule | None, code: str | None
) -> None:
    """A forged one unlocks nothing, and a rule that is not known is not asked."""
    made = showing(LISTED if evidence == "verifiable" else NOT_LISTED, evidence=evidence)
    expected = [code] if code and evidence == "verifiable" else []
    assert [flaw.code for flaw in check_evidence(made, rule)] == expected


@pytest.mark.parametrize(
    ("proof", "evidence", "code", "loc", "said"),
    [
        (None, "verifiable", "CS302", "evidence", "shows verifiable evidence; name its slot"),
        (None, "forged", "CS302", "evidence", "shows forged evidence; name its slot"),
        ("tiket", "verifiable", "CS301", "proof", "is no slot; did you mean 'ticket'?"),
        ("tiket", "none", "CS301", "proof", "is no slot; did you mean 'ticket'?"),
    ],
)
def test_a_proof_is_a_slot(
    proof: str | None, evidence: str, code: str, loc: str, said: str
) -> None:
    made = showing(LISTED, evidence=evidence, proof=proof)
    (flaw,) = check_evidence(made, UNLOCKABLE)
    assert (flaw.code, flaw.loc) == (code, (*SHOW, loc))
    assert said in flaw.message


@pytest.mark.parametrize(("evidence", "system"), [("verifiable", LISTED), ("forged", None)])
def test_every_wording_shows_the_proof(evidence: str, system: str | None) -> None:
    """It counts from the turn of its state, whichever wording is drawn."""
    made = showing(system, evidence=evidence, say=["It is {{ ticket }}.", "I have a ticket."])
    (flaw,) = check_evidence(made, UNLOCKABLE)
    assert (flaw.code, flaw.loc) == ("CS305", (*SHOW, "say", 1))
    assert "put {{ ticket }} into each of them" in flaw.message
