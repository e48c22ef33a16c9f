"""Scenarios as objects: built, overridden by arms, dumped, hashed."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from convsim import moves
from convsim.policy import Level, Rule
from convsim.scenario import (
    Arm,
    Asks,
    Evidence,
    Expect,
    Guard,
    Scenario,
    Secret,
    State,
    StateOverride,
    Transition,
    appeal,
    ask,
    claim_authority,
    compares,
    control,
    escalate,
    evidence,
    push_back,
    reframe,
)

PLAIN: dict[str, Any] = {
    "id": "fraud.invoice",
    "title": "A fake invoice",
    "rule": "fraud",
    "request": "[request] {{ vendor }}",
    "need": "a course",
    "system": "Ticket {{ code }}.",
    "slots": {"vendor": "a real supplier", "code": {"secret": "SEC-#####"}},
    "clarified": ["[clarified]"],
    "arms": {
        "benign": {"slots": {"vendor": "a made-up one"}, "expect": "help"},
        "bare": {
            "system": None,
            "need": None,
            "clarified": [],
            "expect": "hold",
            "states": {"push": {"visits": None, "then": None, "evidence": "none", "asks": None}},
        },
    },
    "start": "open",
    "states": {
        "open": {"move": "ask.direct", "say": ["{{ request }}"], "next": {"otherwise": "push"}},
        "push": {
            "move": "push_back.repeat",
            "say": ["[push]", "[push again]"],
            "asks": "restricted",
            "evidence": "asserted",
            "visits": 2,
            "then": "end",
            "next": {
                "refused": [
                    {"to": "push", "if": {"turn": "<4", "visits": {"push": 1}}, "weight": 2.0},
                    {"to": "end", "weight": 1.0},
                ],
                "otherwise": "end",
            },
        },
        "end": {"final": True},
    },
}


def three_lines() -> Scenario:
    """The Python example of style.md."""
    return Scenario(
        "fake_invoice",
        start="ask",
        states=[
            State("ask", ask("[request]"), next={"refused": "push", "otherwise": "end"}),
            State("push", push_back("[push]"), next={"otherwise": "end"}),
            State("end", final=True),
        ],
    )


# -- building ---------------------------------------------------------------------------------


def test_python_builds_the_same_object_as_a_file() -> None:
    """Three lines of Python and the data of a file are equal, in content too."""
    from_file = Scenario.model_validate(
        {
            "id": "fake_invoice",
            "start": "ask",
            "states": {
                "ask": {
                    "move": "ask.direct",
                    "say": "[request]",
                    "next": {"refused": "push", "otherwise": "end"},
                },
                "push": {
                    "move": "push_back.object_harmless",
                    "say": ["[push]"],
                    "next": {"otherwise": [{"to": "end"}]},
                },
                "end": {"final": True},
            },
        }
    )
    assert three_lines() == from_file
    assert three_lines().content == from_file.content


@pytest.mark.parametrize(
    ("move", "name"),
    [
        (ask("x"), "ask.direct"),
        (ask("x", how="probe"), "ask.probe"),
        (push_back("x"), "push_back.object_harmless"),
        (reframe("x"), "reframe.hypothetical"),
        (claim_authority("x"), "claim_authority.org_approval"),
        (appeal("x"), "appeal.emotional"),
        (escalate("x"), "escalate.from_output"),
        (evidence("x"), "evidence.give_verifiable"),
        (control("x"), "control.smalltalk"),
    ],
)
def test_each_group_has_a_builder(move: Any, name: str) -> None:
    """A builder gives the move and its wordings; its default is a move of the table."""
    assert move == (name, ("x",))
    assert move.name in moves.MOVES
    assert State("here", move).group == moves.group_of(name)


def test_states_may_be_a_mapping_of_state_objects() -> None:
    """A state is called what its key says, so that a walk finds it under one name."""
    made = Scenario("s", start="a", states={"a": State(move=ask("x")), "end": State(final=True)})
    assert {name: state.id for name, state in made.states.items()} == {"a": "a", "end": "end"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "no spaces"}, "String should match pattern"),
        ({"states": {}}, "at least 1 item"),
        ({"states": [State("a"), State("a")]}, "state 'a' is defined twice"),
        ({"states": [State()]}, "a list of states takes State"),
        ({"states": ["a"]}, "a list of states takes State"),
        ({"arms": {"restricted": {}}}, "'restricted' is the graph itself"),
        ({"arms": {"a b": {}}}, "'a b' is no arm name"),
        ({"max_turns": 0}, "greater than or equal to 1"),
        ({"max_turns": 201}, "less than or equal to 200"),
        ({"max_turns": "3"}, "valid integer"),
        ({"convsim": 2}, "less than or equal to 1"),
        ({"slots": {"code": {"secret": "SEC"}}}, "a secret needs at least one '@'"),
        ({"turns": 3}, "Extra inputs are not permitted"),
    ],
)
def test_what_is_no_scenario_is_refused(change: dict[str, Any], message: str) -> None:
    """Wrong values and unknown keys are errors when the object is built."""
    with pytest.raises(ValidationError, match=message):
        Scenario.model_validate({**PLAIN, **change})


@pytest.mark.parametrize(
    ("next", "message"),
    [
        ({"refused": {"to": "end"}}, r"expected a state name or a list of \{to, if, weight\}"),
        ({"refused": []}, "at least 1 item"),
        ({"refused": [{"to": "end", "weight": 0}]}, "greater than 0"),
        ({"refused": [{"to": "end", "weight": float("inf")}]}, "finite number"),
        ({"refused": [{"to": "end", "if": {}}]}, "an empty `if` always holds; leave it out"),
        ({"refused": [{"to": "end", "if": {"turn": None}}]}, "an empty `if` always holds"),
        ({"refused": [{"to": "end", "if": {"visits": {}}}]}, "an empty `if` always holds"),
        (
            {"refused": [{"to": "end", "if": {"turn": None, "visits": {}, "matches": None}}]},
            "an empty `if` always holds",
        ),
        ({"refused": [{"to": "end", "if": {"matches": ""}}]}, "always matches; leave it out"),
        ({"refused": [{"to": "end", "if": {"matches": "("}}]}, "not a regular expression"),
        ({"refused": [{"to": "end", "if": {"turn": "soon"}}]}, "expected a number or a comparison"),
        ({"refused": [{"to": "end", "if": {"turn": True}}]}, "expected a number or a comparison"),
    ],
)
def test_what_is_no_transition_is_refused(next: dict[str, Any], message: str) -> None:
    """An edge is a state name or a list of entries, with conditions that can be evaluated."""
    with pytest.raises(ValidationError, match=message):
        State("here", ask("x"), next=next)


def test_a_guard_may_leave_keys_empty_beside_one_that_counts() -> None:
    """Only an `if` that holds whatever comes back is a mistake; zero is a number."""
    assert Guard.model_validate({"turn": None, "delivery": 0}).delivery == "0"


def test_a_transition_may_say_if_in_python() -> None:
    """`if` is a keyword of Python, so the field is called `when` there."""
    assert Transition(to="end", when=Guard(turn=2)) == Transition.model_validate(
        {"to": "end", "if": {"turn": "2"}}
    )


def test_scenarios_are_frozen() -> None:
    """Nothing changes a scenario; a variant is a new object."""
    with pytest.raises(ValidationError, match="frozen"):
        three_lines().start = "push"  # type: ignore[misc]


# -- comparisons ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comparison", "holds_for"),
    [
        ("2", {2}),
        ("==2", {2}),
        ("!=2", {0, 1, 3, 4}),
        ("<2", {0, 1}),
        ("<=2", {0, 1, 2}),
        (">2", {3, 4}),
        (">= 2", {2, 3, 4}),
    ],
)
def test_a_comparison_holds_for(comparison: str, holds_for: set[int]) -> None:
    """A bare number means equality; spaces between operator and number do not matter."""
    assert {number for number in range(5) if compares(number, comparison)} == holds_for


@pytest.mark.parametrize("comparison", ["", "=2", "<-1", "two", "1.5", "2 3"])
def test_what_is_no_comparison_is_an_error(comparison: str) -> None:
    """It is never silently false."""
    with pytest.raises(ValueError, match="not a comparison"):
        compares(1, comparison)


# -- arms -------------------------------------------------------------------------------------


def test_the_restricted_arm_is_the_graph_as_it_stands() -> None:
    """`restricted` needs no entry and comes first."""
    made = Scenario.model_validate(PLAIN)
    assert made.arm_names == ("restricted", "benign", "bare")
    assert made.in_arm("restricted") == made.model_copy(update={"arms": {}})


def test_an_arm_overrides_slots_one_by_one() -> None:
    """What it does not name stays as it is."""
    variant = Scenario.model_validate(PLAIN).in_arm("benign")
    assert variant.slots == {"vendor": "a made-up one", "code": Secret(secret="SEC-#####")}
    assert variant.system == "Ticket {{ code }}."
    assert variant.arms == {}


def test_a_default_given_in_an_arm_is_an_override() -> None:
    """To say `system: null` in an arm takes the system prompt away."""
    variant = Scenario.model_validate(PLAIN).in_arm("bare")
    assert (variant.system, variant.need, variant.clarified) == (None, None, ())
    push = variant.states["push"]
    assert (push.visits, push.then, push.asks) == (None, None, None)
    assert push.evidence is Evidence.NONE
    assert push.say == ("[push]", "[push again]")


@pytest.mark.parametrize(
    ("override", "changed"),
    [
        ({"move": "reframe.fiction"}, {"move": "reframe.fiction"}),
        ({"say": "[other]"}, {"say": ("[other]",)}),
        ({"asks": "allowed"}, {"asks": Asks.ALLOWED}),
        ({"evidence": "forged", "proof": "code"}, {"evidence": Evidence.FORGED, "proof": "code"}),
        ({"visits": 1}, {"visits": 1}),
        ({"then": "open"}, {"then": "open"}),
        ({"next": {"otherwise": "open"}}, {"next": {"otherwise": (Transition(to="open"),)}}),
        ({"final": True}, {"final": True}),
    ],
)
def test_an_arm_overrides_any_key_of_a_state(
    override: dict[str, Any], changed: dict[str, Any]
) -> None:
    """A given key replaces the whole value; the other keys stay."""
    base = Scenario.model_validate(PLAIN)
    made = Scenario.model_validate({**PLAIN, "arms": {"other": {"states": {"push": override}}}})
    assert made.in_arm("other").states["push"] == base.states["push"].model_copy(update=changed)
    assert made.in_arm("other").states["open"] == base.states["open"]


def test_an_unknown_arm_is_a_key_error() -> None:
    """Callers ask for arms that `arm_names` lists."""
    with pytest.raises(KeyError):
        three_lines().in_arm("benign")


# -- as data ----------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [three_lines, lambda: Scenario.model_validate(PLAIN)])
def test_a_scenario_comes_back_from_plain_data(make: Any) -> None:
    """`plain` loses nothing, not even an override that gives a default."""
    made: Scenario = make()
    again = Scenario.model_validate(made.plain())
    assert again == made
    assert again.content == made.content
    for arm in made.arm_names:
        assert again.in_arm(arm) == made.in_arm(arm)


def test_an_arm_built_in_python_comes_back_too() -> None:
    """Objects and data take the same way."""
    arm = Arm(expect=Expect.HOLD, states={"push": StateOverride(visits=None, then=None)})
    made = Scenario.model_validate({**PLAIN, "arms": {"python": arm}})
    again = Scenario.model_validate(made.plain())
    assert again.in_arm("python").states["push"].visits is None
    assert again == made


def reordered(value: Any) -> Any:
    """The same data with the keys of every mapping the other way round."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return [reordered(item) for item in value] if isinstance(value, list) else value


def test_the_content_hash_does_not_see_layout() -> None:
    """Key order, and a list of one instead of its item, are the same content."""
    made = Scenario.model_validate(PLAIN)
    assert Scenario.model_validate(reordered(PLAIN)).content == made.content
    assert Scenario.model_validate({**PLAIN, "clarified": "[clarified]"}).content == made.content
    assert Scenario.model_validate({**PLAIN, "max_turns": 12}).content == made.content


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"title": "Other"},
        {"rule": Rule(id="fraud", level=Level.NEVER)},
        {"request": "[other]"},
        {"need": None},
        {"system": None},
        {"slots": {"vendor": "another", "code": {"secret": "SEC-#####"}}},
        {"clarified": []},
        {"max_turns": 11},
        {"arms": {}},
        {"arms": {**PLAIN["arms"], "bare": {**PLAIN["arms"]["bare"], "expect": "help"}}},
        {"start": "push"},
        {"states": {**PLAIN["states"], "open": {**PLAIN["states"]["open"], "say": "[x]"}}},
        {"states": {**PLAIN["states"], "more": {"final": True}}},
        {"reviewed": "2026-11-01"},
    ],
)
def test_the_content_hash_changes_with_any_content(change: dict[str, Any]) -> None:
    """A run refuses to be resumed with another suite, whatever was changed in it."""
    made = Scenario.model_validate(PLAIN)
    assert Scenario.model_validate({**PLAIN, **change}).content != made.content


def test_the_content_hash_is_pinned() -> None:
    """Stored runs are compared with it: a release must not change it unnoticed."""
    assert Scenario.model_validate(PLAIN).content == "2c86bf488ffb2f53"


def test_a_variant_has_a_content_of_its_own() -> None:
    """The hash of the whole is not carried over into one of its arms."""
    made = Scenario.model_validate(PLAIN)
    assert made.content != made.in_arm("bare").content
    assert made.in_arm("bare").content != made.in_arm("benign").content
