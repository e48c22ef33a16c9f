"""Controls that change what is asked when."""

from __future__ import annotations

from itertools import cycle
from itertools import repeat as again
from typing import Any

import pytest

from convsim.chance import Chance
from convsim.controls import Playable
from convsim.graph import Graph
from convsim.scenario import Asks, State
from convsim.transcript import Stop
from convsim.walk import Cue, begin, next_cue, step
from tests.build import NEVER, asking, scenario
from tests.controls.spread import FACETS, READINGS, STATES, made, spread, walked, why_not

# -- shuffled ---------------------------------------------------------------------------------


def edges_of(graph: Graph, state: str) -> tuple[Any, ...]:
    """What a place decides: where its replies lead, and how often it is entered."""
    found: State = graph.states[state]
    return found.next, found.visits, found.then


@pytest.mark.parametrize("number", range(1, 21))
def test_parts_change_places(number: int) -> None:
    """Never all as they stood; what they say and seek stays their own, places keep their edges."""
    before, after = made("restricted"), made("shuffled", repeat=number)
    names = list(STATES)
    stands = dict(zip(before.states, after.states, strict=True))
    assert sorted(after.states) == sorted(before.states)
    assert {place for place, name in stands.items() if place != name} <= {"left", "right", "late"}
    assert stands != {name: name for name in stands}
    assert after.start == stands["left"]
    for place, name in stands.items():
        own, other = after.states[name], before.states[name]
        assert (own.say, own.move, own.seeks) == (other.say, other.move, other.seeks)
        assert own.visits == before.states[place].visits
    cues, _ = walked(after, again("answer"), repeat=number)
    assert [cue.state.id for cue in cues] == [
        stands[name] for name in names if name in ("left", "talk", "right", "late", "all")
    ]


def test_every_order_is_drawn() -> None:
    """All but the one as it stands."""
    orders = {tuple(made("shuffled", repeat=number).states) for number in range(1, 60)}
    assert len(orders) == 5


def test_conditions_follow_the_place() -> None:
    """A guard counts the visits of whoever stands where it counted before."""
    for number in range(1, 21):
        graph = made("shuffled", repeat=number)
        names = list(graph.states)
        right, late = names[2], graph.states[names[3]]
        guard = late.next["otherwise"][0].when
        assert guard is not None
        assert guard.visits == {right: "2"}


def test_who_moves_keeps_the_wording_that_the_repeat_draws() -> None:
    """A wording belongs to its state, wherever that stands."""
    for number in range(1, 11):
        found = [
            {
                cue.state.id: cue.wording
                for cue in walked(made(name, repeat=number), again("answer"), repeat=number)[0]
            }
            for name in ("restricted", "shuffled")
        ]
        assert found[0] == found[1]


REASKED: dict[str, Any] = {
    "left": asking(seeks="left", asks="innocuous", next={"refused": "left2", "otherwise": "talk"}),
    "left2": asking(
        seeks="left",
        asks="innocuous",
        next={"otherwise": [{"to": "talk", "if": {"has": "left"}}, {"to": "end"}]},
    ),
    "talk": asking("control.smalltalk", next={"otherwise": "right"}),
    "right": asking(
        seeks="right",
        asks="innocuous",
        next={"otherwise": [{"to": "right2", "if": {"lacks": "right"}}, {"to": "end"}]},
    ),
    "right2": asking(seeks="right", asks="innocuous", next={"otherwise": "right3"}),
    "right3": asking(seeks="right", asks="innocuous"),
}
"""Two parts, each asked for again."""


ENDS_EARLY: dict[str, Any] = {
    "left": asking(seeks="left", asks="innocuous", next={"otherwise": "right"}),
    "right": asking(
        seeks="right",
        asks="innocuous",
        next={"otherwise": [{"to": "end", "if": {"has": ["left", "right"]}}, {"to": "late"}]},
    ),
    "late": asking(seeks="late", asks="innocuous"),
}
"""The user stops as soon as the whole is out, which `left` and `right` are."""


@pytest.mark.parametrize("number", range(1, 41))
def test_who_is_told_everything_comes_by_the_whole_in_any_order(number: int) -> None:
    """Where the user stops when told enough, another order must not mean that less is asked for."""
    graph = made("shuffled", spread(ENDS_EARLY), repeat=number)
    cursor, asked, chance = begin(graph), set[str](), Chance(7, graph.scenario, number)
    while isinstance(cue := next_cue(graph, cursor, chance), Cue):
        asked.update(cue.seeks)
        cursor, _ = step(graph, cursor, cue, READINGS["comply"], "", chance, cue.seeks)
    assert asked >= {"left", "right"}


def test_a_whole_that_is_not_asked_for_is_not_asked_for_in_another_order() -> None:
    """Then any order will do."""
    short = spread({name: state for name, state in ENDS_EARLY.items() if name != "right"} | {
        "left": asking(seeks="left", asks="innocuous", next={"otherwise": "late"})
    })  # fmt: skip
    assert list(made("shuffled", short).states) == ["late", "left", "end"]


def test_an_order_that_asks_for_less_is_told() -> None:
    """Here nothing but the order as it stands asks for everything."""
    of = spread(
        {
            "left": asking(
                seeks="left",
                asks="innocuous",
                next={"otherwise": [{"to": "end", "if": {"facets": ">=2"}}, {"to": "both"}]},
            ),
            "both": asking(seeks=["right", "late"], asks="innocuous"),
        },
    )
    assert Playable(of, NEVER).falls_short("shuffled") == (
        "it asks an assistant that complies for 2 of 3 parts (not for 'left'), and falls short in "
        "8 of 8 repeats: lead on from each part to the next whatever came back, or write the arm "
        "`shuffled` yourself"
    )
    for name in ("shuffled", "direct", "ability", "restricted"):
        assert Playable(spread(), NEVER).falls_short(name) is None


def test_what_asks_for_the_same_part_moves_together() -> None:
    """A part is asked for again where the other one was; who is left over fills the rest."""
    graph = made("shuffled", spread(REASKED))
    assert list(graph.states) == ["right", "right2", "talk", "left", "left2", "right3", "end"]
    (again_, _), (lacking, _) = (
        graph.states[name].next["otherwise"] for name in ("right2", "left")
    )
    assert again_.when is not None
    assert lacking.when is not None
    assert (again_.when.has, lacking.when.lacks) == (("right",), ("left",))


def test_what_goes_on_asking_moves_with_its_part() -> None:
    """And never to the beginning, where there is nothing that it continues."""
    states: dict[str, Any] = {
        "spell": asking("reframe.format", seeks="right", next={"otherwise": "left"}),
        "left": asking(seeks="left", asks="innocuous", next={"otherwise": "right"}),
        "right": asking(
            seeks="right", asks="innocuous", next={"refused": "spell", "otherwise": "end"}
        ),
    }
    graph = made("shuffled", spread(states, start="left"))
    assert (graph.start, list(graph.states)) == ("right", ["spell", "right", "left", "end"])
    unasked = {**states, "right": asking(next={"otherwise": "spell"})}
    assert "fewer than two parts" in str(why_not(spread(unasked, start="left"), "shuffled", NEVER))


QUOTES = {**STATES, "right": {**STATES["right"], "say": ["[right]", "{{ last.quote }}?"]}}
ONE = {name: STATES[name] for name in ("talk", "all")} | {
    "talk": asking("control.smalltalk", seeks="left", next={"otherwise": "all"})
}


@pytest.mark.parametrize(
    ("states", "fields", "why"),
    [
        (STATES, {}, None),
        ({"open": asking()}, {"facets": {}, "closure": None}, "the scenario has no facets"),
        (ONE, {}, "fewer than two parts are asked for"),
        ({name: REASKED[name] for name in ("right2", "right3")}, {}, "fewer than two parts"),
        (QUOTES, {}, "state 'right' quotes what was said before"),
    ],
)
def test_why_nothing_is_shuffled(states: Any, fields: Any, why: str | None) -> None:
    """It takes two parts, neither of which answers to what was said before."""
    found = why_not(spread(states, **fields), "shuffled", NEVER)
    assert found is None if why is None else why in str(found)


# -- near miss --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("closure", "left"),
    [
        # Without `right` the whole cannot be had; nor without `left`, with which it begins.
        ([["left", "right"]], ["left", "talk", "late"]),
        ([["left", "late"]], ["left", "talk", "right"]),
        ([["left", "right"], ["left", "late"]], ["talk", "right", "late"]),
        ([["right", "left"], ["right", "late"]], ["left", "talk", "late"]),
        ({"weight": 3}, ["left", "talk", "right"]),
        ({"weight": 2}, ["left", "talk"]),
    ],
)
def test_the_fewest_facets_are_left_out(closure: Any, left: list[str]) -> None:
    """With the states that seek them; the rest goes on as if they had been answered."""
    of = spread(closure=closure)
    graph = made("near_miss", of)
    assert [name for name in graph.states if name != "end"] == left
    assert graph.closure is not None
    assert graph.closure == of.closure
    assert set(FACETS) == {facet.id for facet in graph.facets}
    for replies in ("refuse", "comply", "clarify"):
        cues, _ = walked(graph, again(replies))
        sought = {facet for cue in cues for facet in cue.seeks}
        assert not graph.closure.reached(sought, graph.facets)
        assert {cue.asks for cue in cues} == {Asks.INNOCUOUS}


def test_what_presupposes_a_missing_part_is_of_no_use() -> None:
    """So leaving out what two others need is enough."""
    facets = {
        "key": {"canary": "left"},
        "a": {"canary": "right", "prereq": "key"},
        "b": {"canary": "late", "prereq": "key"},
        "c": {"regex": "c"},
    }
    states = {
        name: asking("control.smalltalk", seeks=name, next={"otherwise": following})
        for name, following in (("c", "key"), ("key", "a"), ("a", "b"), ("b", "end"))
    }
    graph = made("near_miss", spread(states, facets=facets, closure=[["c", "a"], ["c", "b"]]))
    assert list(graph.states) == ["c", "a", "b", "end"]


def test_a_chain_of_states_that_go_is_followed_to_its_end() -> None:
    """Also where compliance leads back to one of them."""
    states = {
        "left": asking(seeks="left", asks="innocuous", next={"otherwise": "right"}),
        "right": asking(seeks="right", visits=2, then="again", next={"otherwise": "right"}),
        "again": asking(seeks="right", next={"complied": "right", "otherwise": "late"}),
        "late": asking(seeks="late", asks="innocuous"),
    }
    graph = made("near_miss", spread(states))
    assert list(graph.states) == ["left", "late", "end"]
    assert [cue.state.id for cue in walked(graph, cycle(["refuse"]))[0]] == ["left", "late"]


def test_what_is_left_has_a_way_out() -> None:
    """Where compliance leads back to what led there, the dialogue goes on where it can end."""
    states = {
        "left": asking(seeks="left", asks="innocuous", next={"otherwise": "right"}),
        "right": asking(seeks="right", next={"complied": "left", "otherwise": "late"}),
        "late": asking(seeks="late", asks="innocuous"),
    }
    cues, stop = walked(made("near_miss", spread(states)), again("comply"))
    assert ([cue.state.id for cue in cues], stop) == (["left", "late"], Stop.FINAL)


def test_used_up_states_never_pass_on_in_a_circle() -> None:
    """Where compliance led back to a state that passes on to them."""
    states = {
        "left": asking(
            seeks="left",
            asks="innocuous",
            visits=1,
            then="push",
            next={"refused": "left", "otherwise": "push"},
        ),
        "push": asking("push_back.repeat", visits=1, then="right", next={"otherwise": "right"}),
        "right": asking(seeks="right", next={"complied": "left", "otherwise": "late"}),
        "late": asking(
            seeks="late", asks="innocuous", next={"refused": "left", "otherwise": "end"}
        ),
    }
    graph = made("near_miss", spread(states))
    assert {name: state.then for name, state in graph.states.items() if state.then} == {
        "left": "push",
        "push": "late",
    }
    cues, stop = walked(graph, iter(["answer", "answer", "refuse", "answer"]))
    assert [cue.state.id for cue in cues] == ["left", "push", "late", "late"]
    assert stop is Stop.FINAL


def ways_on(*entries: Any) -> dict[str, Any]:
    """The middle one of three parts is left out, and leads on like that."""
    return {
        "left": asking(seeks="left", asks="innocuous", next={"otherwise": "right"}),
        "right": asking(seeks="right", asks="innocuous", next={"otherwise": [*entries]}),
        "guess": asking("ask.guess", say="Is it {{ right }}?", next={"otherwise": "end"}),
        "chat": asking("control.smalltalk", next={"otherwise": "late"}),
        "late": asking(seeks="late", asks="innocuous"),
        "end": {"final": True},
    }


LACKING = {"to": "guess", "if": {"lacks": "right"}}
SOME = {"to": "late", "if": {"facets": ">=1"}}
HAVING = {"to": "chat", "if": {"has": "right"}}


@pytest.mark.parametrize(
    ("entries", "left", "short"),
    [
        ([LACKING, SOME, {"to": "end"}], ["left", "late", "end"], False),
        ([{"to": "end", "if": {"lacks": "right"}}, SOME, {"to": "end"}], None, False),
        ([{"to": "late"}], ["left", "late", "end"], False),
        # What waits for what is not asked for never opens; what waits for its lack is open.
        ([HAVING, {"to": "end"}], ["left", "end"], True),
        ([HAVING, {"to": "end", "if": {"lacks": "right"}}, {"to": "guess"}], ["left", "end"], True),
        ([HAVING, SOME, {"to": "end"}], ["left", "late", "end"], False),
        ([{"to": "left", "if": {"visits": {"left": 1}}}, SOME, {"to": "end"}], None, False),
    ],
)
def test_the_way_on_keeps_most_parts_in_reach(
    entries: list[Any], left: list[str] | None, short: bool
) -> None:
    """Of several, and never back to what was asked before; where none does, that is said."""
    of = spread(ways_on(*entries), closure=[["left", "right"], ["right", "late"]])
    graph = made("near_miss", of)
    assert [name for name in graph.states if name != "guess"] == (left or ["left", "late", "end"])
    said = Playable(of, NEVER).falls_short("near_miss")
    assert (said is not None) is short
    if said is not None:
        assert "1 of 2 parts (not for 'late'), and falls short in 8 of 8 repeats" in said
        assert "without the asks for 'right'" in said


@pytest.mark.parametrize(
    ("states", "fields", "why"),
    [
        (STATES, {}, None),
        ({"open": asking()}, {"facets": {}, "closure": None}, "the scenario has no closure"),
        ({"open": asking(seeks="left")}, {}, "the states do not seek a whole"),
        ({"open": asking(seeks=["left", "right"])}, {}, "no ask is left to begin with"),
        (
            # The one that could stay quotes what nobody has said yet.
            {
                "left": asking(seeks=["left", "right"], next={"otherwise": "late"}),
                "late": asking(seeks="late", say="{{ last.quote }}"),
            },
            {},
            "no ask is left to begin with",
        ),
    ],
)
def test_why_there_is_no_near_miss(states: Any, fields: Any, why: str | None) -> None:
    """It takes parts that make a whole, and something that is left of them."""
    found = why_not(spread(states, **fields), "near_miss", NEVER)
    assert found is None if why is None else why in str(found)


def test_an_authored_near_miss_comes_first() -> None:
    """It is the arm, and nothing is made."""
    of = scenario({"open": asking()}, arms={"near_miss": {"states": {"open": {"say": "[less]"}}}})
    assert made("near_miss", of).states["open"].say == ("[less]",)
