"""What is said of a policy: each rule by itself, and what several say together."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.errors import Flaw
from convsim.hazards import spellings
from convsim.lints.policy import LONGEST_REQUEST, LONGEST_TEXT, check, readable, uncited
from convsim.policy import Policy, Rule


def rule(**keys: Any) -> Rule:
    return Rule.model_validate({"id": "r", "text": "Do not do that.", **keys})


def example(expect: str, request: str = "Do it!") -> dict[str, str]:
    return {"request": request, "expect": expect}


def said(*rules: Rule) -> list[str]:
    """The flaws of a policy: `warning ` if it is one, the place, and the message."""
    return [
        f"{'warning ' if flaw.warning else ''}{'.'.join(map(str, flaw.loc))}: {flaw.message}"
        for flaw in check(dict(enumerate(rules)))
    ]


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"level": "never", "examples": [example("refuse"), example("help", "What is it?")]},
        {"level": "help", "examples": [example("help")]},
        {"level": "limit", "disclaimer": "allowed", "examples": [example("limit")]},
        {"level": "limit", "unlocked_by": "a ticket number that the system prompt lists"},
        {"level": "never", "unlocked_by": "the code word"},
        {"unlocked_by": "die Nummer eines Auftrags, den der Betreiber führt"},
        {"unlocked_by": "a tool result that says the account is the user's"},
        {"hazards": ["Privacy", "ncr", "Suicide and Self-Harm"]},
        {"text": "x" * LONGEST_TEXT},
    ],
)
def test_a_good_rule_has_no_flaws(keys: dict[str, Any]) -> None:
    """Every level with what belongs to it; contrast examples; proofs in any language."""
    assert said(rule(**keys)) == []


@pytest.mark.parametrize(
    ("keys", "start"),
    [
        ({"id": "a b"}, "warning rules.0.id: rule 'a b': use letters, digits, "),
        ({"id": "-a"}, "warning rules.0.id: rule '-a': use letters, digits, "),
        ({"id": "a/b"}, "warning rules.0.id: rule 'a/b': use letters, digits, "),
        ({"text": ""}, "warning rules.0.text: rule 'r' has no `text`; "),
        ({"text": " \n"}, "warning rules.0.text: rule 'r' has no `text`; "),
        (
            {"text": "x" * (LONGEST_TEXT + 1)},
            "warning rules.0.text: rule 'r': the text has 2,001 characters, ",
        ),
        (
            {"level": "never", "disclaimer": "allowed"},
            "rules.0.disclaimer: rule 'r' is `never` and accepts everything under a disclaimer; ",
        ),
        (
            {"level": "help", "unlocked_by": "the ticket number"},
            "rules.0.unlocked_by: rule 'r' is `help`, so there is nothing that a proof could ",
        ),
        (
            {"level": "help", "disclaimer": "allowed"},
            "warning rules.0.disclaimer: rule 'r' is `help`, where a disclaimer changes nothing",
        ),
        ({"unlocked_by": " "}, "rules.0.unlocked_by: rule 'r': `unlocked_by` is empty; "),
        (
            {"unlocked_by": "sufficient proof of authorization"},
            "warning rules.0.unlocked_by: rule 'r': `unlocked_by` names no particular proof; ",
        ),
        (
            {"unlocked_by": "the user says that they are a nurse"},
            "warning rules.0.unlocked_by: rule 'r': what a user says cannot be checked, ",
        ),
        (
            {"hazards": ["Fraud"]},
            "warning rules.0.hazards.0: rule 'r': hazard 'Fraud' is none of MLCommons AILuminate; "
            f"allowed: {', '.join(spellings())}",
        ),
        (
            {"hazards": ["prv", "NONVIOLENT CRIME"]},
            "warning rules.0.hazards.1: rule 'r': hazard 'NONVIOLENT CRIME' is none of MLCommons "
            "AILuminate; did you mean 'Nonviolent Crimes'? Allowed: ",
        ),
        (
            {"hazards": ["Privacy", "prv"]},
            "warning rules.0.hazards.1: rule 'r': hazard 'prv' is 'Privacy' again; ",
        ),
        (
            {"level": "never", "examples": [example("refuse"), example("limit", "A part?")]},
            "rules.0.examples.1.expect: rule 'r', example 2 expects 'limit', which the level "
            "`never` rules out; allowed: refuse, help",
        ),
        (
            {"level": "help", "examples": [example("refuse")]},
            "rules.0.examples.0.expect: rule 'r', example 1 expects 'refuse', which the level "
            "`help` rules out; allowed: help",
        ),
        (
            {"level": "never", "examples": [example("help")]},
            "warning rules.0.examples: rule 'r' is `never`, and all of its examples are to be ",
        ),
        (
            {"examples": [example("refuse", " ")]},
            "rules.0.examples.0.request: rule 'r', example 1: the request is empty; ",
        ),
        (
            {"examples": [example("refuse", "x" * (LONGEST_REQUEST + 1))]},
            "warning rules.0.examples.0.request: rule 'r', example 1: the request has 301 ",
        ),
        (
            {"level": "never", "examples": [example("refuse"), example("help", "do  IT!")]},
            "warning rules.0.examples.1: rule 'r', example 2 expects 'help' for a request of which "
            "rule 'r' expects 'refuse'; ",
        ),
    ],
)
def test_a_flaw_says_what_and_where(keys: dict[str, Any], start: str) -> None:
    """One flaw each, with what is allowed or what to do."""
    (found,) = said(rule(**keys))
    assert found[: len(start)] == start


def test_what_several_rules_say_together() -> None:
    """Two of one id, two of one text, two that disagree about a request."""
    assert said(
        rule(id="a", examples=[example("refuse")]),
        rule(id="b", text=" do not  do THAT. "),
        rule(id="a", text="Something else.", examples=[example("limit")]),
    ) == [
        "rules.2.id: rule 'a' is defined twice; give each rule its own id",
        "warning rules.1.text: rule 'b' has the same text as rule 'a'; say what differs, or keep "
        "one of them",
        "warning rules.2.examples.0: rule 'a', example 1 expects 'limit' for a request of which "
        "rule 'a' expects 'refuse'; decide which it is",
    ]


def test_a_whole_policy_is_checked_as_its_rules_are() -> None:
    """A policy from Python, too."""
    assert check(Policy(rules=(rule(), rule(id="b", text="And not this.")))) == []


def test_rules_that_no_scenario_cites_are_warnings() -> None:
    """At their ids, in their order."""
    policy = Policy(rules=(rule(id="a"), rule(id="b"), rule(id="c")))
    found = uncited(policy, {"b"})
    assert [(flaw.loc, flaw.warning) for flaw in found] == [
        (("rules", 0, "id"), True),
        (("rules", 2, "id"), True),
    ]
    assert found[0] == Flaw(found[0].loc, found[0].message, warning=True, code="CS606")
    assert uncited(policy, {"a", "b", "c"}) == []


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (
            {"rules": [{"id": "a"}, {"id": "b", "levl": "never", "text": "x"}]},
            {0: rule(id="a", text=""), 1: rule(id="b", text="x")},
        ),
        ({"rules": [{"id": "a", "text": 5}]}, {0: rule(id="a", text="")}),
        (
            {"rules": [{"id": "a", "text": "x", "level": "nevr", "disclaimer": "allowed"}]},
            {0: rule(id="a", text="x")},
        ),
        ({"rules": [{"id": 5}, {"text": "x"}, "a", None]}, {}),
        ({"rules": {"a": {}}}, {}),
        ({"rules": None}, {}),
        ({}, {}),
    ],
)
def test_what_can_be_read_is_read(data: dict[str, Any], read: dict[int, Rule]) -> None:
    """A key that cannot be read hides neither the others nor the other rules."""
    assert readable(data) == read


def test_a_policy_without_rules_is_worth_a_look() -> None:
    """It explains nothing."""
    assert [(flaw.loc, flaw.warning) for flaw in check(Policy())] == [(("rules",), True)]
