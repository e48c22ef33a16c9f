"""Controls that ask without the turns of the graph."""

from __future__ import annotations

from itertools import repeat as again
from typing import Any

import pytest

from convsim.policy import Level, Rule
from convsim.scenario import Asks, Scenario
from convsim.transcript import Stop
from tests.build import NEVER, asking, scenario
from tests.controls.spread import STATES, made, spread, walked, why_not

HELP = Rule(id="help", level=Level.HELP)


def plain(**fields: Any) -> Scenario:
    """No facets: an ask, a push, and a second ask."""
    states = {
        "open": asking(say=["[a]", "[b]"], next={"refused": "push", "otherwise": "more"}),
        "push": asking("push_back.repeat", visits=2, then="more", next={"otherwise": "push"}),
        "more": asking("control.ask_adjacent_benign", say="[else]"),
    }
    return scenario(states, **{"request": "[it]", "clarified": ["[that]"], **fields})


@pytest.mark.parametrize("reply", ["refuse", "clarify", "comply", "unclear"])
@pytest.mark.parametrize("name", ["direct", "resample"])
def test_the_request_is_made_once(name: str, reply: str) -> None:
    """Whatever comes back; nobody answers a question."""
    draw = "0" if name == "direct" else "resample.1"
    cues, stop = walked(made(name, plain(), draw=draw), again(reply))
    assert [(cue.move, cue.wording, cue.asks) for cue in cues] == [
        ("ask.direct", "{{ request }}", Asks.RESTRICTED)
    ]
    assert stop is Stop.FINAL


@pytest.mark.parametrize("reply", ["refuse", "clarify", "comply", "unclear"])
def test_the_request_is_repeated_as_often_as_the_graph_has_turns(reply: str) -> None:
    """An ask, two pushes, an ask, and the answer to a question back: five."""
    cues, stop = walked(made("repeat", plain()), again(reply))
    assert [cue.move for cue in cues] == ["ask.direct", *["push_back.repeat"] * 4]
    assert {cue.wording for cue in cues} == {"{{ request }}"}
    assert {(cue.asks, cue.ask) for cue in cues} == {(Asks.RESTRICTED, "request")}
    assert stop is Stop.FINAL


def test_a_graph_of_one_turn_repeats_nothing() -> None:
    """One call is one call."""
    cues, _ = walked(made("repeat", scenario({"open": asking()}, request="[it]")), again("refuse"))
    assert [cue.move for cue in cues] == ["ask.direct"]


@pytest.mark.parametrize(
    ("closure", "seeks"),
    [
        ([["left", "right"]], ("left", "right")),
        ([["late", "left"], ["left", "right"]], ("left", "right", "late")),
        ({"weight": 2}, ("left", "right", "late")),
        (None, ("left", "right", "late")),
    ],
)
def test_the_request_is_after_all_that_makes_the_whole(
    closure: Any, seeks: tuple[str, ...]
) -> None:
    """So a reply that gives it all is one dump."""
    cues, _ = walked(made("direct", spread(closure=closure)), again("comply"))
    assert [cue.seeks for cue in cues] == [seeks]
    assert [cue.asks for cue in cues] == [Asks.RESTRICTED]


def test_under_a_help_rule_the_request_is_allowed() -> None:
    """As every plain ask is there."""
    for name in ("direct", "flattened"):
        cues, _ = walked(made(name, spread(), rule=HELP), again("comply"))
        assert [cue.asks for cue in cues] == [Asks.ALLOWED]


@pytest.mark.parametrize(
    ("draw", "move", "wording", "asks", "seeks"),
    [
        ("fresh.1", "escalate.decompose", None, Asks.INNOCUOUS, ("left",)),
        ("fresh.2", "escalate.decompose", "[right]", Asks.INNOCUOUS, ("right",)),
        ("fresh.3", "escalate.decompose", "[late]", Asks.INNOCUOUS, ("late",)),
        ("fresh.4", "escalate.assemble", "[all of it]", Asks.RESTRICTED, ("left", "right", "late")),
    ],
)
def test_every_ask_is_made_alone(
    draw: str, move: str, wording: str | None, asks: Asks, seeks: tuple[str, ...]
) -> None:
    """In the wording that the graph draws first; talk that seeks nothing is no ask."""
    (cue,), stop = walked(made("fresh", draw=draw), again("refuse"))
    assert (cue.move, cue.asks, cue.seeks, stop) == (move, asks, seeks, Stop.FINAL)
    assert wording in (None, cue.wording)
    restricted, _ = walked(made("restricted"), again("answer"))
    assert cue.wording in {it.wording for it in restricted if it.visit == 1}


def test_allowed_asks_are_made_alone_too() -> None:
    """Which is what spillover is compared with."""
    found = [walked(made("fresh", plain(), draw=f"fresh.{n}"), again("refuse"))[0] for n in (1, 2)]
    assert [cue.asks for (cue,) in found] == [Asks.RESTRICTED, Asks.ALLOWED]


@pytest.mark.parametrize("number", range(1, 9))
def test_the_asks_of_the_fullest_path_in_one_message(number: int) -> None:
    """Numbered, in the wordings that this repeat draws, without what was asked before."""
    restricted, _ = walked(made("restricted", repeat=number), again("answer"), repeat=number)
    first = next(cue.wording for cue in restricted if cue.state.id == "left")
    (cue,), stop = walked(made("flattened", repeat=number), again("refuse"), repeat=number)
    assert cue.wording == f"1. {first}\n2. [right]\n3. [late]"
    assert (cue.asks, cue.seeks, stop) == (Asks.RESTRICTED, ("left", "right", "late"), Stop.FINAL)


def test_parts_that_make_no_whole_stay_innocuous() -> None:
    """Two of three that are needed."""
    states = {name: STATES[name] for name in ("left", "talk", "right")}
    states["right"] = {**states["right"], "then": "end", "next": {"otherwise": "end"}}
    (cue,), _ = walked(made("flattened", spread(states, closure=None)), again("comply"))
    assert (cue.asks, cue.seeks) == (Asks.INNOCUOUS, ("left", "right"))


def test_the_path_that_seeks_most_is_packed() -> None:
    """Of two ways the one with more facets, though the other one has more asks."""
    states = {
        "left": asking(seeks="left", asks="innocuous", next={"refused": "a", "otherwise": "right"}),
        "a": asking("ask.detail_request", say="[a]", next={"otherwise": "b"}),
        "b": asking("ask.detail_request", say="[b]", next={"otherwise": "c"}),
        "c": asking("ask.detail_request", say="[c]"),
        "right": asking(say="[right\n]", seeks="right", asks="innocuous"),
    }
    (cue,), _ = walked(made("flattened", spread(states)), again("comply"))
    assert cue.wording == "1. [ask.direct]\n2. [right ]"


def test_without_facets_the_most_asks_are_packed() -> None:
    """What any of them asks is what is asked."""
    (cue,), _ = walked(made("flattened", plain()), again("comply"))
    assert cue.wording.splitlines()[1:] == ["2. [else]"]
    assert (cue.asks, cue.seeks) == (Asks.RESTRICTED, ())


QUOTING = asking(say=["[more]", "You said {{ last.quote }}"], next={"otherwise": "end"})


@pytest.mark.parametrize(
    ("name", "states", "why"),
    [
        ("direct", {"open": asking()}, "`request` is empty"),
        ("resample", {"open": asking()}, "`request` is empty"),
        ("repeat", {"open": asking()}, "`request` is empty"),
        ("fresh", {"open": asking("control.smalltalk")}, "no state starts an ask"),
        (
            "fresh",
            {"hi": asking("control.smalltalk", next={"otherwise": "ask"}), "ask": QUOTING},
            "every ask quotes",
        ),
        ("flattened", {"open": asking(next={"otherwise": "ask"}), "ask": QUOTING}, "two asks"),
        (
            "flattened",
            {
                "open": asking(next={"refused": "a", "otherwise": "b"}),
                "a": QUOTING,
                "b": asking("push_back.repeat"),
            },
            "two asks that stand alone",
        ),
    ],
)
def test_why_not(name: str, states: dict[str, Any], why: str) -> None:
    """The message says what is missing."""
    assert why in str(why_not(scenario(states), name, NEVER))
