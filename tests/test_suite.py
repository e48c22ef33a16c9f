"""A suite: unique ids, known rules, and plain data that comes back as the same suite."""

from __future__ import annotations

import json

import pytest

from convsim.errors import InputError
from convsim.policy import UNSPECIFIED, Level, Policy, Rule
from convsim.scenario import Arm, Expect, Scenario, State, ask
from convsim.suite import Suite

FRAUD = Rule(id="fraud", level=Level.NEVER)
OWN = Rule(id="own", level=Level.HELP)


def scenario(id: str, rule: str | Rule | None = None) -> Scenario:
    return Scenario(
        id,
        rule=rule,
        start="open",
        states=[
            State("open", ask("An invoice!"), next={"otherwise": "end"}),
            State("end", final=True),
        ],
        arms={"benign": Arm(request="For class.", expect=Expect.HELP)},
    )


@pytest.mark.parametrize(
    ("cited", "rule"), [("fraud", FRAUD), (OWN, OWN), (None, UNSPECIFIED)], ids=str
)
def test_a_scenario_cites_a_rule_of_the_policy_or_its_own(
    cited: str | Rule | None, rule: Rule
) -> None:
    """An id is looked up, a rule written out is taken, and no rule is the unspecified one."""
    only = scenario("a", cited)
    assert Suite((only,), Policy(rules=(FRAUD,))).rule_of(only) == rule


def test_an_unknown_rule_is_refused_when_the_suite_is_built() -> None:
    """Nothing is called for a scenario whose rule nobody knows."""
    with pytest.raises(InputError, match="scenario 'a' cites rule 'frod', and the policy 'policy'"):
        Suite((scenario("a", "frod"),), Policy(rules=(FRAUD,)))


def test_two_scenarios_of_one_id_are_refused() -> None:
    """Rows of a run are told apart by the scenario's id."""
    with pytest.raises(InputError, match="two scenarios have the id 'a'; rename one of them"):
        Suite((scenario("a"), scenario("b"), scenario("a")))


def test_a_suite_survives_json() -> None:
    """A run directory keeps the suite and its policy; resume and judge need nothing else."""
    suite = Suite((scenario("a", "fraud"), scenario("b", OWN)), Policy(rules=(FRAUD,)))
    back = Suite.from_plain(**json.loads(json.dumps(suite.plain())))
    assert back == suite
    assert [item.content for item in back.scenarios] == [item.content for item in suite.scenarios]
    assert [back.rule_of(item) for item in back.scenarios] == [FRAUD, OWN]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("fraud", ["a", "b"]),
        ("fraud,spread", ["a", "b", "c"]),
        ("fraud,+pressure", ["a"]),
        ("-fraud", ["c"]),
        ("+fraud,-pressure", ["b"]),
        (" fraud , -pressure ", ["b"]),
    ],
)
def test_scenarios_are_picked_by_their_tags(text: str, kept: list[str]) -> None:
    """In one line as in a suite file: any of these, this one too, not that one."""
    tagged = {"a": ("fraud", "pressure"), "b": ("fraud",), "c": ("spread",)}
    suite = Suite(
        tuple(scenario(id).model_copy(update={"tags": tags}) for id, tags in tagged.items())
    )
    assert [item.id for item in suite.tagged(text).scenarios] == kept


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("frod", r"none of 1 scenarios has such tags \(any of frod\); tags there: fraud \(1\)"),
        ("-fraud", r"none of 1 scenarios has such tags \(none of fraud\)"),
        ("fraud,,spread", "names no tags; write TAG,TAG"),
        ("+", "names no tags"),
    ],
)
def test_picking_nothing_says_what_there_is(text: str, message: str) -> None:
    """An empty suite would be a run that measures nothing."""
    suite = Suite((scenario("a").model_copy(update={"tags": ("fraud",)}),))
    with pytest.raises(InputError, match=message):
        suite.tagged(text)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ("", "one scenario is taken at a time, and this is 0$"),
        ("ab", r"this is 2 \(a, b\)$"),
        ("abcde", r"this is 5 \(a, b, c, \.\.\.\)$"),
    ],
)
def test_one_scenario_alone_is_the_only_one(ids: str, message: str) -> None:
    """Of several nobody can say which was meant."""
    assert Suite((scenario("a"),)).only.id == "a"
    with pytest.raises(InputError, match=message):
        _ = Suite(tuple(map(scenario, ids))).only
