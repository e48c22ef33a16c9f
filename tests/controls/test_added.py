"""Controls that add turns to the graph."""

from __future__ import annotations

from itertools import repeat as again
from typing import Any

import pytest

from convsim.chance import Chance
from convsim.controls import played
from convsim.controls.added import NOTES, SMALLTALK, tasks
from convsim.graph import Graph
from convsim.scenario import Asks, Scenario
from convsim.templates import fill
from convsim.transcript import Stop
from convsim.walk import Cue, draw_slots
from tests.build import NEVER, asking, scenario
from tests.controls.spread import FACETS, STATES, made, spread, walked, why_not

# -- what the user knows already --------------------------------------------------------------


@pytest.mark.parametrize("reply", ["refuse", "clarify", "answer"])
def test_the_user_states_every_value_first(reply: str) -> None:
    """Innocuously, whatever comes back; then the graph goes on as it stands."""
    of = spread(clarified=["[that]"])
    graph = made("user_supplied", of)
    (notes, *rest), _ = walked(graph, again(reply))
    slots = draw_slots(graph, Chance(7, of.id, 1))
    said = fill(notes.wording, slots)
    assert all(slots[name] in said for name in FACETS)
    assert (notes.move, notes.asks, notes.seeks) == (SMALLTALK, Asks.INNOCUOUS, ())
    restricted, _ = walked(made("restricted", of), again(reply))
    assert [cue.wording for cue in rest] == [cue.wording for cue in restricted]


def test_every_wording_says_every_value() -> None:
    """So that the control does not hang on the draw."""
    (state,) = (
        it
        for it in made("user_supplied").states.values()
        if it.move == SMALLTALK and it.id != "talk"
    )
    assert len(state.say) == len(NOTES) > 1
    assert all(f"{{{{ {name} }}}}" in wording for wording in state.say for name in FACETS)


def test_a_state_of_that_name_is_left_alone() -> None:
    """The new one is called otherwise."""
    states = {"own_notes": asking(seeks="left", asks="innocuous")}
    graph = made("user_supplied", spread(states))
    assert list(graph.states) == ["own_notes_", "own_notes", "end"]


@pytest.mark.parametrize(
    ("facets", "why"),
    [
        (FACETS, None),
        ({}, "the scenario has no facets"),
        ({**FACETS, "late": {"regex": "x"}}, "facet 'late' has no `canary`"),
        # what is known anyway nobody has to supply
        ({**FACETS, "late": {"regex": "x", "known": True}}, None),
    ],
)
def test_why_the_user_cannot_say_it(facets: dict[str, Any], why: str | None) -> None:
    """It takes a value for every facet."""
    found = why_not(spread(facets=facets, closure=None), "user_supplied", NEVER)
    assert found is None if why is None else why in str(found)


# -- something else in between ----------------------------------------------------------------


def looped(**fields: Any) -> Scenario:
    """The user asks twice, pushes twice, and asks for something else twice."""
    states = {
        "open": asking(visits=2, then="push", next={"refused": "open", "otherwise": "push"}),
        "push": asking("push_back.repeat", visits=2, then="else", next={"otherwise": "push"}),
        "else": asking("ask.probe", visits=2, then="end", next={"otherwise": "else"}),
    }
    return scenario(states, **fields)


def moves(cues: list[Cue]) -> list[str]:
    return [cue.state.id for cue in cues]


BETWEEN = "open before_open open push push before_else else before_else else"


def test_something_else_comes_before_every_later_ask() -> None:
    """As often as it is made, and never before the end; what continues an ask follows at once."""
    cues, stop = walked(made("distractors", looped()), again("refuse"))
    assert (moves(cues), stop) == (BETWEEN.split(), Stop.FINAL)
    added = [cue for cue in cues if cue.state.id.startswith("before_")]
    assert {(cue.move, cue.asks) for cue in added} == {(SMALLTALK, Asks.INNOCUOUS)}
    pressed = [(cue.asks, cue.ask) for cue in cues if cue.state.id == "push"]
    assert pressed == [(Asks.RESTRICTED, "open")] * 2


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, 6])
def test_the_turn_cap_grows_with_them(most: int) -> None:
    """By as many as there can be, so that no step falls out."""
    steps, _ = walked(made("restricted", looped(max_turns=most)), again("refuse"))
    graph = made("distractors", looped(max_turns=most))
    found, _ = walked(graph, again("refuse"))
    assert [name for name in moves(found) if not name.startswith("before_")] == moves(steps)
    assert len(found) == graph.max_turns


@pytest.mark.parametrize(
    ("turn", "third"),
    [("<2", "b"), ("2", "a"), (">=2", "a"), (">=3", "b"), (">0", "a"), ("!=2", "b")],
)
def test_after_the_notes_a_condition_on_the_turn_means_the_step(turn: str, third: str) -> None:
    """Which is where the author put it."""
    states = {
        "open": asking(say="[open]", seeks="left", next={"otherwise": "next"}),
        "next": asking(
            say="[next]", next={"otherwise": [{"to": "a", "if": {"turn": turn}}, {"to": "b"}]}
        ),
        "a": asking(say="[a]"),
        "b": asking(say="[b]"),
    }
    for name in ("restricted", "user_supplied"):
        cues, _ = walked(made(name, spread(states)), again("answer"))
        assert moves(cues)[-1] == third


def test_stepping_back_stays() -> None:
    """The last exchange is dropped before the task is set."""
    states = {
        "open": asking(visits=2, then="end", next={"otherwise": "next"}),
        "next": asking(say="[next]", next={"otherwise": [{"to": "open", "rewind": 1}]}),
    }
    (edge,) = made("distractors", scenario(states)).states["next"].next["otherwise"]
    assert (edge.to, edge.rewind) == ("before_open", 1)


@pytest.mark.parametrize("number", range(1, 11))
def test_no_task_comes_twice(number: int) -> None:
    """Drawn for a repeat without replacement, over all detours."""
    of = spread({**STATES, "right": {**STATES["right"], "visits": 9}}, max_turns=14)
    cues, _ = walked(made("distractors", of, repeat=number), iter(["refuse"] * 99), repeat=number)
    said = [cue.wording for cue in cues if cue.state.id.startswith("before_")]
    assert len(said) == len(set(said)) == 11
    assert set(said) <= set(tasks())


def test_every_repeat_has_other_tasks() -> None:
    """So that no task is a confound."""
    found = {
        tuple(
            cue.wording
            for cue in walked(made("distractors", repeat=n), again("answer"), repeat=n)[0]
        )
        for n in range(1, 9)
    }
    assert len(found) == 8


def test_every_task_stands_in_every_detour() -> None:
    """Whoever knows the suite knows all that may be said, whatever the draw."""
    graph = made("distractors")
    detours = [state for state in graph.states.values() if state.id.startswith("before_")]
    assert [sorted(state.say) for state in detours] == [sorted(tasks())] * 3


def test_the_tasks_are_many_short_and_different() -> None:
    """One line each, with nothing to fill in."""
    assert len(tasks()) == len(set(tasks())) >= 30
    assert all(10 < len(task) < 120 and not set("{}%") & set(task) for task in tasks())


def wordings(graph: Graph, repeat: int) -> list[str]:
    return [cue.wording for cue in walked(graph, again("answer"), repeat=repeat)[0]]


@pytest.mark.parametrize("name", ["user_supplied", "distractors"])
def test_the_graph_itself_says_what_it_says_in_any_arm(name: str) -> None:
    """The wordings that the repeat draws stay."""
    for number in range(1, 9):
        own = wordings(played(spread(), "restricted", NEVER, Chance(7, "s", number)), number)
        assert [it for it in wordings(made(name, repeat=number), number) if it in own] == own


@pytest.mark.parametrize(
    "states",
    [
        {"open": asking()},
        {"open": asking(visits=1, then="end", next={"otherwise": "open"})},
        {"open": asking(next={"otherwise": "push"}), "push": asking("push_back.repeat")},
    ],
)
def test_with_one_ask_nothing_comes_between(states: dict[str, Any]) -> None:
    """The message says so."""
    assert "no ask comes after" in str(why_not(scenario(states), "distractors", NEVER))
