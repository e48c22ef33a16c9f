"""Which arms a scenario needs, and that a proof is all that tells two apart."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.lints.proof_arms import (
    check_proof_wordings,
    check_proofs_tested,
    check_twin_wanted,
)
from convsim.policy import Rule
from convsim.scenario import Scenario
from tests.build import HELP, LIMIT, UNLOCKABLE, asking, scenario

TICKETS = {"ticket": {"secret": "CHG-####"}, "stray": {"secret": "CHG-####"}}


def shown(evidence: str, proof: str, say: str = "It is {{ %s }}.") -> dict[str, Any]:
    return {"evidence": evidence, "proof": proof, "say": say % proof if "%s" in say else say}


def proving(**arms: Any) -> Scenario:
    states = {"open": asking(), "show": asking("claim_authority.org_approval")}
    return scenario(states, slots=TICKETS, system="Open: {{ ticket }}.", arms=arms)


VERIFIED = {"states": {"show": shown("verifiable", "ticket")}}
FORGED = {"states": {"show": shown("forged", "stray")}}


@pytest.mark.parametrize(
    ("arms", "rule", "wanted"),
    [
        ({}, LIMIT, True),
        ({}, HELP, False),
        ({}, None, False),
        ({"benign": {"expect": "help"}}, LIMIT, False),
        ({"forged": {}}, LIMIT, True),
        ({"near_miss": {"expect": "help"}}, LIMIT, True),
    ],
)
def test_a_restricted_graph_wants_a_twin(
    arms: dict[str, Any], rule: Rule | None, wanted: bool
) -> None:
    """A control is none, and what is to be helped anyway needs none."""
    made = scenario({"open": asking()}, arms=arms)
    found = list(check_twin_wanted(made, rule))
    assert [(flaw.code, flaw.loc) for flaw in found] == (
        [("CS509", ("arms",) if arms else ())] if wanted else []
    )


@pytest.mark.parametrize(
    ("arms", "missing"),
    [
        ({}, "verifiable or one that is forged"),
        ({"verified": VERIFIED}, "forged"),
        ({"forged": FORGED}, "verifiable"),
        ({"verified": VERIFIED, "forged": FORGED}, None),
    ],
)
def test_a_rule_with_a_proof_wants_both_arms(arms: dict[str, Any], missing: str | None) -> None:
    made = proving(**arms)
    found = list(check_proofs_tested([made], {made.id: UNLOCKABLE}))
    assert [(id, flaw.loc) for id, flaw in found] == [(made.id, ("rule",))] * (missing is not None)
    if missing:
        assert f"no arm shows one that is {missing};" in found[0][1].message
    assert list(check_proofs_tested([made], {made.id: LIMIT})) == []


def test_another_scenario_of_the_rule_may_have_them() -> None:
    bare, whole = proving(), proving(verified=VERIFIED, forged=FORGED)
    other = whole.model_copy(update={"id": "t"})
    assert list(check_proofs_tested([bare, other], {"s": UNLOCKABLE, "t": UNLOCKABLE})) == []


@pytest.mark.parametrize(
    ("forged", "loc"),
    [
        (FORGED, None),
        (
            {"states": {"show": shown("forged", "stray", "Well: {{ %s }}.")}},
            ("arms", "forged", "states", "show", "say"),
        ),
        (
            {**FORGED, "states": {**FORGED["states"], "open": {"say": "[other]"}}},
            ("arms", "forged", "states", "open", "say"),
        ),
        ({**FORGED, "request": "[other]"}, ("arms", "forged", "request")),
        ({**FORGED, "system": "Open: {{ ticket }}!"}, ("arms", "forged", "system")),
    ],
)
def test_only_the_proof_tells_the_arms_apart(
    forged: dict[str, Any], loc: tuple[str, ...] | None
) -> None:
    found = list(check_proof_wordings(proving(verified=VERIFIED, forged=forged)))
    assert [(flaw.code, flaw.loc) for flaw in found] == ([("CS511", loc)] if loc else [])


def test_without_a_genuine_proof_there_is_nothing_to_compare() -> None:
    assert list(check_proof_wordings(proving(forged=FORGED))) == []


@pytest.mark.parametrize(
    ("arms", "loc", "said"),
    [
        ({"benign": {"request": "x"}}, ("arms", "benign"), "expects `hold`, the default: helping"),
        ({"twin": {"expect": "hold"}}, ("arms", "twin"), "expects `hold`: helping"),
        ({"forged": {}, "Benign": {}}, ("arms", "Benign"), "add `expect: help`"),
        ({"forged": {}}, ("arms",), "write a twin"),
    ],
)
def test_an_arm_that_is_called_like_a_twin_is_told_its_key(
    arms: dict[str, Any], loc: tuple[str, ...], said: str
) -> None:
    """Its author meant it to be helped, and forgot to say so."""
    (flaw,) = check_twin_wanted(scenario({"open": asking()}, arms=arms), LIMIT)
    assert flaw.loc == loc
    assert said in flaw.message
