"""Rules and policies."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from convsim.policy import UNSPECIFIED, Disclaimer, Example, Level, Policy, Right, Rule


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


def test_an_example_is_a_request_and_what_is_right() -> None:
    """With a note, if need be."""
    rule = Rule.model_validate({"id": "a", "examples": [{"request": "Do it!", "expect": "refuse"}]})
    assert rule.examples == (Example(request="Do it!", expect=Right.REFUSE),)


@pytest.mark.parametrize(
    "data", [{"request": "x"}, {"expect": "help"}, {"request": "", "expect": "help"}]
)
def test_an_example_needs_both(data: dict[str, str]) -> None:
    """A request that says nothing is none."""
    with pytest.raises(ValidationError):
        Example.model_validate(data)


def test_what_a_policy_does_not_say_is_not_written() -> None:
    """A run knows its policy by the hash of it: keys that came later leave old ones alone."""
    plain = Policy(rules=(Rule(id="a"),)).model_dump(mode="json")
    assert plain.keys() == {"id", "title", "rules"}
    assert "examples" not in plain["rules"][0]
    said = Policy(version="2", rules=(Rule(id="a", examples=(_EXAMPLE,)),))
    assert Policy.model_validate(said.model_dump(mode="json")) == said


_EXAMPLE = Example(request="Do it!", expect=Right.LIMIT, note="in part")
