"""Rules and policies."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from convsim.policy import UNSPECIFIED, Disclaimer, Level, Policy, Rule


def test_a_rule_limits_unless_it_says_more() -> None:
    """Nothing unlocks a plain rule, and a disclaimer does not make content right."""
    rule = Rule(id="fraud")
    assert (rule.level, rule.unlocked_by, rule.disclaimer) == (Level.LIMIT, None, Disclaimer.NOT)


def test_without_a_rule_the_level_is_limit() -> None:
    """A conversation that names no rule is judged under `limit` (design, section 6)."""
    assert UNSPECIFIED.level is Level.LIMIT


@pytest.mark.parametrize(
    "data",
    [
        {"id": ""},
        {"id": "a", "level": "sometimes"},
        {"id": "a", "disclaimer": "maybe"},
        {"id": "a", "severity": 3},
        {"level": "never"},
    ],
)
def test_a_rule_rejects_what_it_does_not_know(data: dict[str, object]) -> None:
    """Unknown keys and values, and a missing or empty id, are errors."""
    with pytest.raises(ValidationError):
        Rule.model_validate(data)


def test_rules_are_found_by_id() -> None:
    """The rules of a policy keep their order and are looked up by id."""
    policy = Policy(rules=(Rule(id="b"), Rule(id="a", level=Level.NEVER)))
    assert list(policy.by_id) == ["b", "a"]
    assert policy.by_id["a"].level is Level.NEVER


def test_two_rules_with_one_id_are_an_error() -> None:
    """Which of the two a scenario cites could not be told."""
    with pytest.raises(ValidationError, match="rule 'a' is defined twice; give each rule its own"):
        Policy(rules=(Rule(id="a"), Rule(id="a")))
