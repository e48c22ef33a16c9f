"""What can follow what: places, and what of a dialogue so far still matters at them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from convsim.graph import Graph
from convsim.paths import paths_in
from convsim.paths.places import Place, Ways, unfold, ways_of
from tests.build import asking, graph
from tests.paths.some import LIMITED, PUSHED, WEIGHTED, branching, graphs


def after(of: Graph, *states: str) -> Place:
    """The place that a way through these states comes to."""
    place = Ways(of).start
    for state in states:
        onward = Ways(of).place_after(place, state)
        assert onward is not None
        place = onward
    return place


@pytest.mark.parametrize(
    ("states", "way", "alike"),
    [
        (PUSHED, (("push",), ("push", "push")), True),
        (LIMITED, (("push",), ("push", "push")), False),
        (LIMITED, (("push", "claim"), ("push", "push", "claim")), True),
    ],
)
def test_visits_are_remembered_while_something_asks_about_them(
    states: dict[str, Any], way: tuple[tuple[str, ...], tuple[str, ...]], alike: bool
) -> None:
    """Where nothing does any more, two ways come to one place but for the turn."""
    one, other = (after(graph(states), *states_) for states_ in way)
    assert (one.visits == other.visits) is alike


@pytest.mark.parametrize(
    ("states", "way", "following"),
    [
        (PUSHED, (), {"push", "end"}),
        (PUSHED, ("end",), set()),
        (LIMITED, ("push",), {"push", "end"}),
        (LIMITED, ("push", "push"), {"claim", "end"}),  # its visits are used up
    ],
)
def test_what_can_follow(states: dict[str, Any], way: tuple[str, ...], following: set[str]) -> None:
    of = graph(states)
    found = Ways(of).following(after(of, *way))
    assert {one.state for one in found if one is not None} == following


def test_the_turn_cap_ends_a_dialogue_that_would_go_on() -> None:
    """A final state is entered all the same: it takes no turn."""
    of = graph(PUSHED, max_turns=1)
    found = Ways(of).following(Ways(of).start)
    assert {one and one.state for one in found} == {None, "end"}


@pytest.mark.parametrize(
    ("entries", "odds"),
    [
        (WEIGHTED, {"push": 0.75, "claim": 0.25, "end": 1.0}),
        ("push", {"push": 1.0, "end": 1.0}),
    ],
)
def test_odds_are_shared_by_what_is_drawn_together(entries: Any, odds: dict[str, float]) -> None:
    """Where the reply decides, every choice of the author's has the odds 1."""
    of = graph({**LIMITED, "open": asking(next={"refused": entries, "otherwise": "end"})})
    found = Ways(of).odds(Ways(of).start)
    assert {place.state: share for place, share in found if place is not None} == odds


@pytest.mark.parametrize(
    ("guard", "following", "sure"),
    [
        ({"turn": ">1"}, {"end"}, {"end"}),
        ({"turn": "<2"}, {"push"}, {"push"}),
        ({"visits": {"open": "1"}}, {"push"}, {"push"}),
        ({"matches": "x"}, {"push", "end"}, {"end"}),  # the reply decides
    ],
)
def test_conditions_are_worked_out_as_far_as_the_way_tells(
    guard: dict[str, Any], following: set[str], sure: set[str]
) -> None:
    on = {"otherwise": [{"to": "push", "if": guard}, {"to": "end"}]}
    ways = Ways(graph({**PUSHED, "open": asking(next=on)}))
    steps = [step for draw in ways.draws(ways.start) for step in draw.steps]
    assert {step.state for step in steps} == following
    assert {step.state for step in steps if step.sure} == sure


@given(graphs())
def test_an_unfolded_graph_has_its_paths_and_no_others(of: Graph) -> None:
    """So many, so long, and each from the start to an end."""
    unfolded = unfold(of)
    assert unfolded is not None
    paths = [path.states for path in paths_in(of)]
    assert unfolded.count() == len(paths)
    assert all(map(unfolded.has, paths))
    assert not unfolded.has((*paths[0], "elsewhere"))


def test_what_is_too_large_is_not_unfolded() -> None:
    assert unfold(branching(8), most=3) is None


def test_ways_are_worked_out_once() -> None:
    """For a graph, which is kept by its identity."""
    of = graph(PUSHED)
    assert ways_of(of) is ways_of(of)
    assert ways_of(of) is not ways_of(graph(PUSHED))
