"""What a scenario can be played as: which controls it has, and that each of them is sound."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convsim.chance import Chance
from convsim.controls import MADE, Playable, played
from convsim.errors import InputError
from convsim.graph import Graph, graph_of
from convsim.lints import check
from convsim.loading import load_suite
from convsim.policy import Rule
from convsim.scenario import (
    AUTHORED_CONTROLS,
    CONTROLS,
    GENERATED_CONTROLS,
    Asks,
    Expect,
    Guard,
    Scenario,
    Transition,
)
from convsim.suite import Suite
from convsim.transcript import Stop
from convsim.walk import draw_slots
from tests.build import LIMIT, asking, scenario
from tests.controls.spread import FACETS, READINGS, SECRETS, made, spread, walked


@pytest.fixture(scope="module")
def shipped() -> Suite:
    """The scenarios of the repository."""
    return load_suite("scenarios")


def test_the_names_are_those_that_reports_leave_out() -> None:
    """What is made, and what only an author can write."""
    assert (*MADE, "ability") == CONTROLS
    assert set(CONTROLS) - set(GENERATED_CONTROLS) == set(AUTHORED_CONTROLS)


@pytest.mark.parametrize(
    ("of", "has"),
    [
        (spread(), MADE),
        (spread(arms={"ability": {}}), CONTROLS),
        (scenario({"open": asking()}), ("fresh",)),
        (scenario({"open": asking()}, request="[it]"), ("direct", "resample", "repeat", "fresh")),
        (
            scenario({"open": asking()}, arms={"near_miss": {}, "distractors": {}, "other": {}}),
            ("fresh", "near_miss", "distractors"),
        ),
    ],
)
def test_which_controls_a_scenario_has(of: Scenario, has: tuple[str, ...]) -> None:
    """Those that can be made, and those that are authored; of the others it says why not."""
    playable = Playable(of, LIMIT)
    assert playable.controls == has
    for name in CONTROLS:
        assert (playable.why_not(name) is None) == (name in has)


@pytest.mark.parametrize(
    ("name", "draws"),
    [
        *((name, ("0",)) for name in ("restricted", "direct", "repeat", "flattened", "shuffled")),
        *((name, ("0",)) for name in ("near_miss", "user_supplied", "distractors")),
        ("resample", tuple(f"resample.{n}" for n in range(1, 7))),
        ("fresh", tuple(f"fresh.{n}" for n in range(1, 5))),
    ],
)
def test_the_draws_of_a_repeat(name: str, draws: tuple[str, ...]) -> None:
    """Six turns are at most six calls; four states ask."""
    assert Playable(spread(), LIMIT).draws(name) == draws


def test_what_it_cannot_be_played_as() -> None:
    """Another name, another draw, and a control with its reason."""
    of, chance = scenario({"open": asking()}), Chance(7, "s", 1)
    for name, draw in (("other", "0"), ("restricted", "1"), ("fresh", "fresh.2"), ("fresh", "0")):
        with pytest.raises(KeyError, match=r"other|draw"):
            played(of, name, LIMIT, chance, draw)
    for name in ("direct", "resample", "shuffled", "ability"):
        with pytest.raises(InputError, match=f"scenario 's' has no control '{name}': ."):
            played(of, name, LIMIT, chance, draw="0")


@pytest.mark.parametrize(
    ("name", "asked", "draw"),
    [
        ("restricted", None, "0"),
        ("fresh", None, "fresh.1"),
        ("fresh", "fresh.3", "fresh.3"),
    ],
)
def test_the_first_draw_is_meant_where_nobody_says_which(
    name: str, asked: str | None, draw: str
) -> None:
    assert Playable(spread(), LIMIT).draw_of(name, asked) == draw


@pytest.mark.parametrize(
    ("name", "asked", "why"),
    [
        ("restrictd", None, "no arm 'restrictd'; did you mean 'restricted'"),
        ("fresh", "fresh.9", "'fresh' of '.*' has no draw 'fresh.9'"),
    ],
)
def test_what_there_is_not_is_told_with_the_nearest(name: str, asked: str | None, why: str) -> None:
    with pytest.raises(InputError, match=why):
        Playable(spread(), LIMIT).draw_of(name, asked)


def test_an_arm_is_played_as_its_graph() -> None:
    """Control or not, an author's word comes first."""
    of = scenario({"open": asking()}, arms={"near_miss": {"expect": "help"}})
    for name in ("restricted", "near_miss"):
        found = played(of, name, LIMIT, Chance(7, "s", 1))
        assert dataclasses.asdict(found) == dataclasses.asdict(graph_of(of, name, LIMIT))


@pytest.mark.parametrize("name", MADE)
def test_a_control_is_the_same_again(name: str) -> None:
    """It belongs to seed, scenario and repeat; targets of a repeat get the very same object."""
    of = spread()
    draw = Playable(of, LIMIT).draws(name)[-1]
    one, two = (played(of, name, LIMIT, Chance(7, "s", 3), draw) for _ in range(2))
    assert one is two
    anew = played(spread(), name, LIMIT, Chance(7, "s", 3), draw)
    assert dataclasses.asdict(anew) == dataclasses.asdict(one)
    assert (one.arm, one.content, one.rule) == (name, of.content, LIMIT)
    assert one.expect is Expect.HOLD


@pytest.mark.parametrize("name", MADE)
def test_secrets_are_those_of_the_repeat(name: str) -> None:
    """In every arm and control."""
    chance = Chance(7, "s", 2)
    graph = made(name, repeat=2, draw=Playable(spread(), LIMIT).draws(name)[0])
    assert draw_slots(graph, chance) == draw_slots(graph_of(spread(), "restricted", LIMIT), chance)


# -- soundness --------------------------------------------------------------------------------


def every(playable: Playable, repeat: int) -> Iterator[Graph]:
    """Every control of a scenario that is made, in one repeat."""
    chance = Chance(7, playable.scenario.id, repeat)
    for name in playable.controls:
        if playable.is_made(name):
            yield from (playable.graph(name, chance, draw) for draw in playable.draws(name))


def as_scenario(graph: Graph) -> Scenario:
    """The graph as an author would write it, without facets: what waits for these, waits still."""

    def opened(edge: Transition) -> Transition:
        if edge.when is None:
            return edge
        visits = {name: it for name, it in edge.when.visits.items() if name in graph.states}
        told = Guard(turn=edge.when.turn, visits=visits, delivery=edge.when.delivery, matches="x")
        return edge.model_copy(update={"when": told})

    states = [
        state.model_copy(
            update={
                "seeks": (),
                "asks": None if state.final else graph.asks(state),
                "next": {key: tuple(map(opened, edges)) for key, edges in state.next.items()},
            }
        )
        for state in graph.states.values()
    ]
    return Scenario(
        graph.scenario,
        start=graph.start,
        states=states,
        max_turns=min(200, graph.max_turns),
        slots=dict(graph.slots),
        request=graph.request,
        system=graph.system,
        clarified=graph.clarified,
    )


def flaws(graph: Graph) -> list[str]:
    """What the linter has against a graph."""
    return [flaw.message for flaw in check(as_scenario(graph), graph.rule) if not flaw.warning]


def ends(graph: Graph, seed: int) -> None:
    """Whatever the replies are, the walk ends in time, at a final state or at the cap."""
    said = random.Random(seed).choices(list(READINGS), k=graph.max_turns)
    cues, stop = walked(graph, iter(said))
    assert cues
    assert len(cues) <= graph.max_turns
    assert stop in (Stop.FINAL, Stop.TURN_CAP)


def test_the_controls_of_the_shipped_scenarios_are_sound(shipped: Suite) -> None:
    """The linter finds nothing in them, and they end whatever the assistant says."""
    for of in shipped.scenarios:
        for repeat in (1, 2):
            for graph in every(Playable(of, shipped.rule_of(of)), repeat):
                assert (of.id, graph.arm, flaws(graph)) == (of.id, graph.arm, [])
                for seed in range(5):
                    ends(graph, seed)


def test_the_shipped_scenarios_have_these_controls(shipped: Suite) -> None:
    """A scenario with facets has all but what its facets cannot be known by.

    Distractors stand between asks: where one ask is all that there is, nothing can.
    """
    without = []
    for of in shipped.scenarios:
        playable = Playable(of, shipped.rule_of(of))
        has = set(playable.controls)
        assert {"direct", "resample", "repeat", "fresh"} <= has
        if "distractors" not in has:
            without.append(of.id)
            assert "no ask comes after another step" in (playable.why_not("distractors") or "")
        if of.facets:
            assert {"distractors", "flattened", "shuffled", "near_miss"} <= has
    assert len(without) < 6


NAMES = ("a", "b", "c", "d")
GUARDS = [{"turn": ">2"}, {"visits": {"b": "<2"}}, {"has": "left"}, {"facets": ">=1", "turn": "<4"}]
MOVES = ["escalate.decompose", "ask.direct", "control.smalltalk", "push_back.repeat"]


@st.composite
def spreads(draw: st.DrawFn) -> Scenario:
    """Random graphs whose states seek parts, talk, press or ask for the whole.

    Loops go by labels; `otherwise` and `then` lead on, so that there is a way out of all of them.
    """
    anywhere = st.sampled_from((*NAMES, "end"))
    states: dict[str, Any] = {}
    for number, name in enumerate(NAMES, start=1):
        onward = st.sampled_from((*NAMES[number:], *NAMES[number:], "end"))
        following: dict[str, Any] = {"otherwise": draw(onward)}
        for label in draw(st.sets(st.sampled_from(["refused", "complied", "clarify"]))):
            guarded = {"to": draw(anywhere), "if": draw(st.sampled_from(GUARDS))}
            rewinding = {"rewind": 1} if draw(st.booleans()) else {}
            following[label] = [guarded | rewinding, {"to": draw(anywhere)}]
        limit = draw(st.one_of(st.none(), st.integers(1, 3)))
        states[name] = asking(
            draw(st.sampled_from(MOVES[: 2 if name == "a" else 4])),
            say=[f"[{name}]", f"[{name}?]"],
            next=following,
            seeks=sorted(draw(st.sets(st.sampled_from(list(FACETS)), max_size=2))),
            **({} if limit is None else {"visits": limit, "then": draw(onward)}),
        )
    clarified = draw(st.sampled_from([[], ["[that]"]]))
    return spread(states, max_turns=draw(st.integers(1, 8)), clarified=clarified)


def unsound(graph: Graph) -> list[str]:
    """What the linter has against a graph; a random one may have states that nothing leads to."""
    return [flaw for flaw in flaws(graph) if "is never reached" not in flaw]


@settings(deadline=None, max_examples=60)
@given(spreads(), st.integers(1, 99))
def test_the_controls_of_any_sound_graph_are_sound(of: Scenario, repeat: int) -> None:
    """No dead end, no loop without exit, nothing that nobody can reach."""
    graph = graph_of(of, "restricted", LIMIT)
    assume(not unsound(graph))
    for control in every(Playable(of, LIMIT), repeat):
        assert (control.arm, unsound(control)) == (control.arm, [])
        ends(control, repeat)


@settings(deadline=None, max_examples=60)
@given(spreads(), st.integers(1, 99))
def test_a_near_miss_of_any_graph_cannot_close(of: Scenario, repeat: int) -> None:
    """What its states seek together is not enough; a shuffled graph seeks what it sought."""
    graph = graph_of(of, "restricted", LIMIT)
    assume(not unsound(graph))
    playable, chance = Playable(of, LIMIT), Chance(7, of.id, repeat)
    if "near_miss" in playable.controls:
        left = playable.graph("near_miss", chance)
        sought = {facet for state in left.states.values() for facet in state.seeks}
        assert left.closure is not None
        assert sought
        assert not left.closure.reached(sought, left.facets)
    if "shuffled" in playable.controls:
        other = playable.graph("shuffled", chance)
        assert {name: state.seeks for name, state in other.states.items()} == {
            name: state.seeks for name, state in graph.states.items()
        }


def test_the_rule_says_what_is_asked() -> None:
    """A control is made under the rule that the dialogue is judged by."""
    of = spread(slots=SECRETS)
    strict, helping = Rule(id="r", level="never"), Rule(id="r", level="help")
    found = [played(of, "direct", rule, Chance(7, "s", 1)) for rule in (strict, helping)]
    asks = [graph.asks(graph.states["request"]) for graph in found]
    assert asks == [Asks.RESTRICTED, Asks.ALLOWED]
