"""Graphs rewired: what states say stays, where they lead changes."""

from __future__ import annotations

import pytest

from convsim.controls.wiring import (
    always,
    counting,
    later,
    leading_out,
    led,
    pruned,
    reached,
    unused,
    waiting,
)
from convsim.scenario import Guard, State, Transition
from tests.build import asking, graph

STATE = State(
    "a",
    "ask.direct",
    say=["[a]"],
    visits=2,
    then="b",
    next={"refused": [{"to": "a", "if": {"turn": 2}}, {"to": "b"}], "otherwise": "c"},
)


def test_edges_lead_another_way() -> None:
    """Each transition and `then`; the rest of the state stays."""
    found = led(STATE, lambda name: name.upper())
    assert [edge.to for edges in found.next.values() for edge in edges] == ["A", "B", "C"]
    assert (found.then, found.say, found.visits, found.id) == ("B", STATE.say, 2, "a")


@pytest.mark.parametrize(
    ("guard", "after"),
    [
        (None, None),
        (Guard(delivery=">=2"), Guard(delivery=">=2")),
        (Guard(turn=">= 2", delivery="1"), Guard(turn=">= 5", delivery="1")),
    ],
)
def test_a_condition_on_a_later_turn(guard: Guard | None, after: Guard | None) -> None:
    """Its number changes, nothing else."""
    edge = Transition(to="a", when=guard, weight=2.0)
    assert later(edge, lambda turn: turn + 3) == Transition(to="a", when=after, weight=2.0)


@pytest.mark.parametrize(
    ("visits", "after"), [({}, {}), ({"a": "<2", "c": "1"}, {"b": "<2", "c": "1"})]
)
def test_a_condition_on_other_visits(visits: dict[str, str], after: dict[str, str]) -> None:
    """A state that has another name is counted by it."""
    edge = Transition(to="a", when=Guard(turn="1", visits=visits))
    expected = Transition(to="a", when=Guard(turn="1", visits=after))
    assert counting(edge, {"a": "b"}) == expected


@pytest.mark.parametrize(
    ("guard", "after"),
    [
        (None, None),
        (Guard(visits={"x": "1"}), Guard(visits={"x": "1"})),
        (Guard(has="x", lacks=["y", "z"]), Guard(has="y", lacks=["x", "z"])),
    ],
)
def test_a_condition_on_other_facets(guard: Guard | None, after: Guard | None) -> None:
    """Both of what is had and of what is not."""
    edge = Transition(to="a", when=guard)
    assert waiting(edge, {"x": "y", "y": "x"}) == Transition(to="a", when=after)


def test_states_that_always_lead_on() -> None:
    """One to the next, the last one out; a question back is no way to stay."""
    found = always(State("a"), State("b"), to="end")
    assert [[(key, edge.to) for key, (edge,) in it.next.items()] for it in found.values()] == [
        [("clarify", "b"), ("otherwise", "b")],
        [("clarify", "end"), ("otherwise", "end")],
    ]


def test_what_can_be_reached() -> None:
    """Over edges and `then`, in the order of the file."""
    states = {
        "late": asking(),
        "open": asking(visits=1, then="late", next={"otherwise": "open"}),
        "lost": asking(next={"otherwise": "open"}),
    }
    of = graph(states, start="open")
    assert list(reached(of)) == ["late", "open", "end"]
    assert list(pruned(of).states) == ["late", "open", "end"]


def test_what_leads_out() -> None:
    """Only over the states that are there; a circle by itself does not."""
    states = {
        "a": asking(next={"refused": "b", "otherwise": "gone"}),
        "b": asking(visits=1, then="a", next={"otherwise": "c"}),
        "c": asking(next={"refused": "c", "otherwise": "end"}),
        "gone": asking(),
        "round": asking(next={"otherwise": "round"}),
    }
    found = dict(graph(states).states)
    assert leading_out(found) == {"a", "b", "c", "gone", "end"}
    del found["c"]
    del found["gone"]
    assert leading_out(found) == {"end"}


def test_a_name_that_nobody_has() -> None:
    """A line under it for each that has."""
    of = graph({"new": asking(), "new_": asking()})
    assert (unused("new", of), unused("old", of)) == ("new__", "old")
