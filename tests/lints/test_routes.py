"""Where a graph leads: what is late, what is limited for nothing, what has too many ways."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convsim.lints import check
from convsim.lints.routes import (
    MOST_PATHS,
    _possible,
    _returning,
    check_paths,
    check_played,
    earliest,
)
from convsim.scenario import Scenario
from tests.build import asking, scenario


def chain(length: int, max_turns: int) -> Scenario:
    """States one after the other."""
    names = [f"s{number}" for number in range(length)]
    after = [*names[1:], "end"]
    states = {name: asking(next={"otherwise": to}) for name, to in zip(names, after, strict=True)}
    return scenario(states, max_turns=max_turns)


@pytest.mark.parametrize(
    ("length", "max_turns", "late"),
    [(3, 3, []), (3, 2, ["s2", "end"]), (3, 1, ["s1", "s2", "end"])],
)
def test_states_beyond_the_turn_cap(length: int, max_turns: int, late: list[str]) -> None:
    """A final state takes no turn of its own."""
    made = chain(length, max_turns)
    found = [(flaw.code, flaw.loc[1]) for flaw in check_played(made)]
    assert found == [("CS126", name) for name in late]
    assert _possible(made).states == {*made.states} - {*late}


def test_states_that_conditions_keep_everybody_from() -> None:
    """The edge is there, and nobody ever takes it."""
    late = [{"to": "push", "if": {"turn": ">1"}}, {"to": "end"}]
    made = scenario({"open": asking(next={"otherwise": late}), "push": asking()})
    assert [(flaw.code, flaw.loc[1]) for flaw in check_played(made)] == [("CS126", "push")]
    once = [{"to": "push", "if": {"visits": {"open": "2"}}}, {"to": "open"}]
    states = {"open": asking(visits=1, then="end", next={"otherwise": once}), "push": asking()}
    assert [flaw.loc[1] for flaw in check_played(scenario(states))] == ["push"]


def test_what_stands_in_is_played_on_the_same_turn() -> None:
    """`then` costs no turn."""
    states = {
        "open": asking(next={"otherwise": "push"}),
        "push": asking("push_back.repeat", visits=1, then="more"),
        "more": asking("push_back.repeat"),
    }
    assert earliest(scenario(states)) == {"open": 1, "push": 2, "more": 2, "end": 3}


def test_a_limit_that_is_never_used_up() -> None:
    """On no circle a state is entered once at most; on one, as often as there are ways round."""
    states = {
        "open": asking(visits=2, then="end", next={"refused": "push", "otherwise": "loop"}),
        "push": asking("push_back.repeat", visits=1, then="end"),
        "loop": asking("push_back.repeat", visits=1, then="end", next={"otherwise": "loop"}),
    }
    assert [flaw.loc[1:] for flaw in check_played(scenario(states))] == [
        ("open", "visits"),
        ("push", "visits"),
    ]
    assert _possible(scenario(states)).passed == {"loop"}
    states = {
        "open": asking(visits=3, then="end", next={"otherwise": "push"}),
        "push": asking("push_back.repeat", visits=1, then="end", next={"otherwise": "open"}),
    }
    assert [flaw.loc[1] for flaw in check_played(scenario(states))] == ["open"]


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_states_on_a_circle(edges: list[tuple[int, int]]) -> None:
    """The same as networkx finds: a component of several states, or a loop."""
    ahead: dict[str, set[str]] = {str(number): set() for number in range(8)}
    for source, to in edges:
        ahead[str(source)].add(str(to))
    drawn = nx.DiGraph([(source, to) for source, targets in ahead.items() for to in targets])
    expected = {
        name
        for group in nx.strongly_connected_components(drawn)
        for name in group
        if len(group) > 1 or name in ahead[name]
    }
    assert _returning(ahead) == expected


def test_too_many_paths() -> None:
    """Loops that can be combined; the number is told, and how to have fewer."""
    names = [f"s{number}" for number in range(6)]
    labels = ["refusal", "redirect", "deflection", "partial", "safe_answer", "unable"]
    states = {
        name: asking(next={**dict(zip(labels, names, strict=True)), "otherwise": "end"})
        for name in names
    }
    (flaw,) = check_paths(scenario(states, max_turns=12))
    assert flaw.code == "CS120"
    assert "more than any run can cover" in flaw.message
    assert list(check_paths(scenario(states, max_turns=6))) == []
    assert MOST_PATHS == 10_000_000


def test_what_a_loop_keeps_from_being_reached_is_not_said_as_well() -> None:
    """A way out waits to be led to; what leads nowhere itself is still told."""
    made = scenario(
        {
            "open": asking(next={"otherwise": "push"}),
            "push": asking("push_back.repeat", next={"otherwise": "push"}),
            "thanks": asking("control.thanks"),
            "lost": asking("push_back.repeat", next={"otherwise": "lost"}),
        }
    )
    assert [(flaw.code, flaw.loc[1]) for flaw in check(made)] == [
        ("CS103", "open"),
        ("CS102", "lost"),
    ]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"move": "nag.repeat"}, "CS113"),
        ({"move": None}, "CS112"),
        ({"say": []}, "CS116"),
    ],
)
def test_what_is_wrong_with_one_state_hides_nothing_of_where_the_others_lead(
    wrong: dict[str, object], code: str
) -> None:
    """Every problem at once: a state that nobody leads to, and a template that nothing fills."""
    states = {
        "open": {**asking(next={"otherwise": "push"}), **wrong},
        "push": asking("push_back.repeat", say="{{ nothing }}"),
        "lost": asking("push_back.challenge"),
    }
    found = {flaw.code for flaw in check(scenario(states))}
    assert {code, "CS102", "CS202"} <= found


def test_where_a_state_leads_nowhere_the_rest_waits() -> None:
    """Whatever comes after a name that does not exist would be reported in other words."""
    states = {"open": asking(next={"otherwise": "pusch"}), "push": asking("push_back.repeat")}
    assert [flaw.code for flaw in check(scenario(states))] == ["CS101"]
