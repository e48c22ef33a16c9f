"""Guards that decide nothing are told; guards that decide something are not."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.lints.guards import check_guards, check_keys
from convsim.scenario import Scenario
from tests.build import asking, scenario

FACETS = {"left": {"regex": "[A-Z]{6}"}, "right": {"regex": "[0-9]{6}"}}


def guarded(*entries: dict[str, Any], key: str = "refused", **state: Any) -> Scenario:
    """A state with these entries under one key, then one without a condition."""
    next_ = {key: [*entries, {"to": "end"}], "otherwise": "push"}
    if key == "otherwise":
        del next_["otherwise"]
        next_["otherwise"] = [*entries, {"to": "end"}]
    made = {
        "open": asking(next=next_, **state),
        "push": asking("push_back.repeat", visits=2, then="end", next={"otherwise": "open"}),
    }
    return scenario(made, max_turns=8, facets=FACETS)


def to(**guard: Any) -> dict[str, Any]:
    return {"to": "push", "if": guard}


NEVER: list[tuple[Scenario, str]] = [
    (guarded(to(turn=">8")), "`turn: >8`, and this state is played on turns 1 to 8"),
    (guarded(to(turn="0")), "`turn: 0`, and this state is played on turns 1 to 8"),
    (guarded(to(delivery=">=2")), "`delivery: >=2`, and a reply under 'refused' delivers 0, 1"),
    (
        guarded(to(delivery="3"), key="partial"),
        "`delivery: 3`, and a reply under 'partial' delivers 2",
    ),
    (
        guarded(to(delivery=">=0"), key="unclear"),
        "`delivery: >=0`, and a reply under 'unclear' delivers none",
    ),
    (
        guarded(to(visits={"open": "<1"})),
        "`visits: {open: <1}`, and there 'open' was entered 1 to 8 times",
    ),
    (
        guarded(to(visits={"push": ">2"})),
        "`visits: {push: >2}`, and there 'push' was entered 0 to 2 times",
    ),
    (
        guarded(to(visits={"end": ">0"})),
        "`visits: {end: >0}`, and there 'end' was entered 0 to 0 times",
    ),
]


@pytest.mark.parametrize(("made", "why"), NEVER)
def test_a_condition_that_cannot_hold(made: Scenario, why: str) -> None:
    """What it asks for, and what there is."""
    (flaw,) = check_guards(made)
    assert (flaw.code, flaw.warning, flaw.loc[:2]) == ("CS109", True, ("states", "open"))
    assert f"can never open: {why}; change the condition" in flaw.message


@pytest.mark.parametrize(
    "guard",
    [
        {"turn": "8"},
        {"turn": "1"},
        {"delivery": "1"},
        {"visits": {"open": "1"}},
        {"visits": {"push": "2"}},
        {"visits": {"push": "0"}},
        {"matches": "a", "turn": ">2"},
    ],
)
def test_a_condition_that_can_hold(guard: dict[str, Any]) -> None:
    assert list(check_guards(guarded(to(**guard)))) == []


def test_a_state_is_not_played_before_it_can_be_reached() -> None:
    """The first turn that counts is the first on which the state can be entered."""
    states = {
        "open": asking(next={"otherwise": "push"}),
        "push": asking(
            "push_back.repeat", next={"otherwise": [{"to": "open", "if": {"turn": "<2"}}, "end"]}
        ),
    }
    states["push"]["next"]["otherwise"][1] = {"to": "end"}
    (flaw,) = check_guards(scenario(states))
    assert "this state is played on turns 2 to 12" in flaw.message


SHADOWED: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"turn": "<5"}, {"turn": "<3"}, True),
    ({"turn": "<3"}, {"turn": "<5"}, False),
    ({"turn": "!=3"}, {"turn": ">3"}, True),
    ({"turn": "<5"}, {"turn": "<3", "matches": "a"}, True),
    ({"turn": "<5", "matches": "a"}, {"turn": "<3"}, False),
    ({"matches": "a"}, {"matches": "a", "delivery": "1"}, True),
    ({"matches": "a"}, {"matches": "b"}, False),
    ({"turn": ">=1"}, {"matches": "b"}, True),
    ({"visits": {"push": "<2"}}, {"visits": {"push": "0"}}, True),
    ({"visits": {"push": "0"}}, {"visits": {"push": "<2"}}, False),
    ({"visits": {"push": "<2"}}, {"turn": "2"}, False),
    ({"has": ["left"]}, {"has": ["left", "right"]}, True),
    ({"has": ["left", "right"]}, {"has": ["left"]}, False),
    ({"lacks": ["left"]}, {"lacks": ["left"], "turn": "2"}, True),
    ({"facets": ">=1"}, {"facets": "2"}, True),
    ({"facets": "2"}, {"facets": ">=1"}, False),
    ({"delivery": "<=1"}, {"delivery": "0"}, True),
    ({"delivery": "<=1"}, {"turn": "3"}, True),
]


@pytest.mark.parametrize(("earlier", "later", "is_shadowed"), SHADOWED)
def test_an_earlier_guard_that_always_holds_first(
    earlier: dict[str, Any], later: dict[str, Any], is_shadowed: bool
) -> None:
    """Ranges by their numbers, sets by what they contain, expressions by their text."""
    found = list(check_guards(guarded(to(**earlier), to(**later))))
    assert [flaw.code for flaw in found] == (["CS108"] if is_shadowed else [])
    if found:
        assert found[0].loc == ("states", "open", "next", "refused", 1)
        assert "entry 2 of 'refused' can never open, because entry 1 always" in found[0].message


def test_an_unclear_reply_has_no_delivery() -> None:
    """So a condition on it is no condition that always holds, where a reply may be unclear."""
    made = guarded(to(delivery=">=0"), to(turn="3"), key="otherwise")
    assert list(check_guards(made)) == []


def test_entries_of_one_draw_do_not_shadow_each_other() -> None:
    """They are drawn among those that are open; the draw as a whole shadows what follows."""
    drawn = [{**to(turn="<5"), "weight": 1}, {**to(turn="<3"), "weight": 2}]
    assert list(check_guards(guarded(*drawn))) == []
    (flaw,) = check_guards(guarded(*drawn, to(turn="2")))
    assert flaw.loc[-1] == 2


@pytest.mark.parametrize(
    ("next_", "dead"),
    [
        ({"refused": "end", "otherwise": "end"}, []),
        (
            {"refusal": "end", "redirect": "end", "deflection": "end", "refused": "end"},
            ["refused"],
        ),
        ({"refusal": "end", "redirect": "end", "refused": "end"}, []),
        (
            {"refusal": [{"to": "end", "if": {"turn": "2"}}], "redirect": "end",
             "deflection": "end", "refused": "end"},
            [],
        ),
    ],
)  # fmt: skip
def test_a_key_that_is_never_looked_up(next_: dict[str, Any], dead: list[str]) -> None:
    """Where every label of a group has an entry of its own that always opens."""
    made = scenario({"open": asking(next={"otherwise": "end", **next_})})
    assert [flaw.loc[-1] for flaw in check_keys(made)] == dead
