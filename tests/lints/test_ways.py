"""What no way through a graph can do: ask for a facet, for a whole, step back too far."""

from __future__ import annotations

import time
from typing import Any

import pytest

from convsim.errors import Flaw
from convsim.lints import check
from convsim.lints.ways import sought_in
from convsim.scenario import Scenario
from tests.build import LIMIT, asking, scenario
from tests.linted import HALVES, Loc, clean, found, seeking, spread

THIRD = {"regex": "[A-Z]{5}"}
SET: Loc = ("closure", "sets", 0)


def both(*, apart: bool, **fields: Any) -> Scenario:
    """Two halves, asked for in two branches, or in one turn."""
    if apart:
        first = asking(next={"refused": "one", "otherwise": "other"})
        return spread({"first": first, "one": seeking("left"), "other": seeking("right")}, **fields)
    return spread({"first": seeking("left", "right")}, **fields)


# -- facets -----------------------------------------------------------------------------------


def test_a_facet_that_nobody_asks_for() -> None:
    """In no arm; what is known needs no asking. The closure is not blamed as well."""
    made = spread(facets={**HALVES, "third": THIRD, "house": {"known": True}})
    assert found(check(made)) == [
        (
            ("facets", "third"),
            "no state seeks facet 'third', so that no way through the graph asks for it; name it "
            "in the `seeks` of a state, or delete it",
        )
    ]
    arms = {"forged": {"states": {"second": {"seeks": ["right", "third"]}}}}
    assert check(spread(facets={**HALVES, "third": THIRD}, arms=arms)) == []


def test_a_facet_that_is_asked_for_too_late() -> None:
    """`max_turns` ends every dialogue before."""
    assert found(check(spread(max_turns=1))) == [
        (
            ("facets", "right"),
            "facet 'right' is sought in state 'second' alone, where no dialogue gets within "
            "`max_turns` (1); raise it, or lead there sooner",
        )
    ]
    assert sought_in(spread(max_turns=1)) == {"left"}
    assert sought_in(spread(max_turns=2)) == {"left", "right"}


def missed(name: str, so_far: str, turns: int = 12) -> str:
    return (
        f"no way through the graph asks for all of {name} within `max_turns` ({turns}): {so_far}; "
        "lead one way through states that seek each of them"
    )


WHOLE = "set 1 of `closure` (left, right)"
ONE_OF = "one that asks for 'right' does not ask for 'left'"

MISSED: list[tuple[Scenario, Loc, str]] = [
    (both(apart=True), SET, missed(WHOLE, ONE_OF)),
    (both(apart=True, closure=None), ("facets",), missed("the whole (left, right)", ONE_OF)),
    (
        both(apart=True, closure={"weight": 2}),
        ("closure", "weight"),
        missed("the weight 2", ONE_OF),
    ),
    (
        both(
            apart=True,
            closure=[["left", "third"]],
            facets={**HALVES, "third": {**THIRD, "known": False}},
            arms={"forged": {"states": {"other": {"seeks": ["right", "third"]}}}},
        ),
        SET,
        missed(
            "set 1 of `closure` (left, third)", "one that asks for 'left' does not ask for 'third'"
        ),
    ),
]


@pytest.mark.parametrize(("made", "loc", "message"), MISSED)
def test_a_whole_that_no_way_asks_for(made: Scenario, loc: Loc, message: str) -> None:
    """Each half may be asked for, on a way of its own; the arms have the same graph."""
    flaws = check(made, LIMIT)
    assert found(flaws)[0] == (loc, message)
    assert not flaws[0].warning


def test_what_a_facet_presupposes_is_asked_for_too() -> None:
    """A value that is of no use without the one before it makes no whole."""
    facets = {**HALVES, "right": {"canary": "right", "prereq": "third"}, "third": THIRD}
    states = {
        "first": seeking("left", next={"refused": "aside", "otherwise": "second"}),
        "second": seeking("right"),
        "aside": seeking("third"),
    }
    (flaw,) = check(spread(states, facets=facets))
    assert (flaw.loc, flaw.warning) == (SET, False)
    assert "'left', 'right' does not ask for 'third', which it presupposes" in flaw.message
    known = {**facets, "third": {**THIRD, "known": True}}
    assert check(spread(states, facets=known)) == []


def test_one_set_of_several_that_no_way_asks_for_is_a_warning() -> None:
    """Another one can be asked for, so the scenario measures something."""
    made = spread(
        {
            "first": seeking("left", next={"refused": "second", "otherwise": "aside"}),
            "second": seeking("right"),
            "aside": seeking("third"),
        },
        facets={**HALVES, "third": THIRD},
        closure=[["left", "right"], ["right", "third"]],
    )
    (flaw,) = check(made)
    assert (flaw.loc, flaw.warning) == (("closure", "sets", 1), True)
    assert flaw.message.endswith("through states that seek each of them, or delete the set")


def test_a_whole_that_is_asked_for_in_one_turn_alone_is_a_warning() -> None:
    """Nothing is spread there; a second way that asks part by part mends it."""
    assert check(both(apart=False)) == [
        Flaw(
            SET,
            f"{WHOLE} is only ever asked for in one single turn (state 'first'), so that nothing "
            "is spread over steps; let several states of one way seek its facets",
            warning=True,
            code="CS425",
        )
    ]
    made = spread(
        {
            "first": asking(next={"refused": "whole", "otherwise": "one"}),
            "whole": seeking("left", "right"),
            "one": seeking("left", next={"otherwise": "other"}),
            "other": seeking("right"),
        }
    )
    assert check(made) == []


ARMED: list[tuple[str, dict[str, Any], bool]] = [
    ("forged", {}, True),
    ("near_miss", {}, False),
    ("benign", {"expect": "help"}, False),
]


@pytest.mark.parametrize(("arm", "keys", "flawed"), ARMED)
def test_an_arm_that_holds_asks_for_a_whole(arm: str, keys: dict[str, Any], flawed: bool) -> None:
    """A near miss leaves something out on purpose, and a twin's parts make no forbidden whole."""
    states = {"second": {"seeks": "left"}}
    flaws = check(spread(arms={arm: {"states": states, **keys}}))
    assert [flaw.loc for flaw in flaws if not flaw.warning] == (
        [("arms", arm, *SET)] if flawed else []
    )


def test_ways_lead_through_then_and_loops() -> None:
    """A used-up state passes on to another one, which may be the one that asks for the rest."""
    made = spread(
        {
            "first": seeking("left", visits=2, then="second", next={"otherwise": "first"}),
            "second": seeking("right"),
        }
    )
    assert check(made) == []


def wide(facets: int) -> Scenario:
    """One state for each of many facets, in any order."""
    ids = [f"f{number}" for number in range(facets)]
    hub = asking(next={"otherwise": [{"to": id, "weight": 1} for id in ids]})
    states = {id: seeking(id, next={"refused": "hub", "otherwise": "end"}) for id in ids}
    return scenario(
        {"hub": hub, **states},
        facets={id: {"regex": f"[{id}]{{9}}"} for id in ids},
        closure=[ids],
        max_turns=200,
    )


def test_too_many_ways_are_not_followed() -> None:
    """It is said, and takes no minute."""
    assert check(wide(8)) == []
    began = time.perf_counter()
    (flaw,) = check(wide(18))
    assert time.perf_counter() - began < 10
    assert (flaw.loc, flaw.warning) == (SET, True)
    assert flaw.message == (
        "there are more than 50,000 ways to ask for what makes the whole, so that it was not "
        "looked whether one of them asks for all of it; use fewer facets in a set"
    )


# -- stepping back ----------------------------------------------------------------------------


def stepping(first: dict[str, Any], second: dict[str, Any], **keys: Any) -> Scenario:
    """Two states, whose transitions are given as entries."""
    return scenario(
        {
            "first": asking(next={"refused": [first], "otherwise": "second"}),
            "second": {**asking(next={"refused": [second], "otherwise": "end"}), **keys},
        }
    )


ON, OUT = {"to": "second"}, {"to": "end"}
PLACE: Loc = ("next", "refused", 0, "rewind")

STEPS: list[tuple[Scenario, list[tuple[Loc, str, bool]]]] = [
    (stepping({**ON, "rewind": 1}, OUT), []),
    (stepping(ON, {"to": "first", "rewind": 2}), []),
    (
        stepping({**ON, "rewind": 2}, OUT),
        [
            (
                ("states", "first", *PLACE),
                "state 'first': `rewind: 2` drops more exchanges than can stand there (that of "
                "this turn); lower it",
                False,
            )
        ],
    ),
    (
        stepping(ON, {"to": "first", "rewind": 3}),
        [
            (
                ("states", "second", *PLACE),
                "state 'second': `rewind: 3` drops more exchanges than can stand there (at most "
                "2); lower it",
                False,
            )
        ],
    ),
    (
        stepping(ON, {**OUT, "rewind": 1}),
        [
            (
                ("states", "second", *PLACE),
                "state 'second': `rewind: 1` leads to 'end', which is final, so that nothing is "
                "said after the step back; delete it",
                True,
            )
        ],
    ),
    (
        stepping({**ON, "rewind": 1}, OUT, say="You said {{ last.quote }}"),
        [
            (
                ("states", "first", *PLACE),
                "state 'first': `rewind: 1` may leave no exchange that state 'second' could quote; "
                "rewind less, or word that state without `last.reply` and `last.quote`",
                True,
            )
        ],
    ),
    (stepping(ON, {"to": "second", "rewind": 1}, say="You said {{ last.quote }}"), []),
]


@pytest.mark.parametrize(("made", "flaws"), STEPS)
def test_how_far_a_way_can_step_back(made: Scenario, flaws: list[tuple[Loc, str, bool]]) -> None:
    """As far as exchanges stand, and then somebody has to say something."""
    assert [(flaw.loc, flaw.message, flaw.warning) for flaw in check(made)] == flaws


def test_a_loop_makes_exchanges_to_step_back_from() -> None:
    """As many as the turn cap allows."""
    back = {"refused": [{"to": "open", "if": {"turn": ">9"}, "rewind": 5}, {"to": "open"}]}
    loop = asking(next={**back, "otherwise": "end"})
    assert check(scenario({"open": loop})) == []
    assert len(check(scenario({"open": loop}, max_turns=4))) == 1


def test_an_arm_steps_back_too() -> None:
    """What only an arm gets wrong is said of it."""
    states = {"open": {"next": {"otherwise": [{"to": "push", "rewind": 2}]}}}
    (flaw,) = check(clean(arms={"forged": {"states": states}}))
    assert flaw.loc == ("arms", "forged", "states", "open", "next", "otherwise", 0, "rewind")
