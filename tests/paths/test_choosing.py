"""Which sequences of states a graph has, and which of them a plan takes."""

from __future__ import annotations

import dataclasses
from collections import Counter
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convsim.chance import Chance
from convsim.errors import InputError
from convsim.graph import Graph
from convsim.paths import (
    Path,
    Walk,
    draw_path,
    most_turns_in,
    orders,
    paths_in,
    paths_of,
    places,
    turn_bounds,
)
from convsim.reading import Label, Reading
from convsim.walk import Cue, begin, next_cue, step
from tests.build import asking, graph
from tests.paths.some import (
    LIMITED,
    PUSHED,
    SURE,
    WEIGHTED,
    branching,
    every_walk,
    graphs,
    sequences,
)

# -- every path -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("states", "fields", "expected"),
    [
        ({"open": asking()}, {}, ["open end"]),
        (PUSHED, {"max_turns": 1}, ["open", "open end"]),
        (
            PUSHED,
            {"max_turns": 3},
            ["open end", "open push end", "open push push", "open push push end"],
        ),
        (
            LIMITED,
            {},
            [
                "open end",
                "open push end",
                "open push push claim end",
                "open push push end",
            ],
        ),
        (
            {"open": asking(visits=1, then="claim", next={"otherwise": "open"}), "claim": asking()},
            {},
            ["open claim end"],
        ),
        (
            {"open": asking(next={"otherwise": WEIGHTED}), "push": asking(), "claim": asking()},
            {},
            ["open claim end", "open push end"],
        ),
    ],
    ids=["one", "cap 1", "loop", "visits", "then", "weights"],
)
def test_every_sequence_that_replies_can_lead_through(
    states: dict[str, Any], fields: dict[str, Any], expected: list[str]
) -> None:
    """From the start to a final state, which is named, or to the turn cap, where none is."""
    assert sequences(graph(states, **fields)) == expected


@pytest.mark.parametrize(
    ("guard", "fields", "expected"),
    [
        ({"turn": "<2"}, {}, ["open open end"]),
        ({"turn": ">5"}, {}, ["open end"]),
        ({"visits": {"open": "<3"}}, {}, ["open open open end"]),
        ({"turn": ">0"}, {"max_turns": 2}, ["open open"]),
        ({"matches": "foo"}, {"max_turns": 2}, ["open end", "open open", "open open end"]),
        ({"delivery": ">=2"}, {"max_turns": 2}, ["open end", "open open", "open open end"]),
        ({"turn": "<2", "matches": "foo"}, {}, ["open end", "open open end"]),
        ({"turn": "<2"}, {"clarified": ["[it]"]}, ["open end", "open open end"]),
    ],
)
def test_conditions_count_as_far_as_the_way_decides_them(
    guard: dict[str, Any], fields: dict[str, Any], expected: list[str]
) -> None:
    """Turn and visits are known; what depends on a reply, or on a clarification, may be or not."""
    states = {"open": asking(next={"otherwise": [{"to": "open", "if": guard}, {"to": "end"}]})}
    assert sequences(graph(states, **fields)) == expected


def test_what_is_shadowed_is_no_path() -> None:
    """The exact label before its group; nothing after an entry that always opens."""
    states = {
        "open": asking(
            next={
                **{label.value: "a" for label in Label},
                "refused": "b",
                "otherwise": "b",
            }
        ),
        "a": asking(next={"otherwise": [{"to": "end", "weight": 1}, {"to": "a", "weight": 1}]}),
        "b": asking(),
    }
    assert sequences(graph(states, max_turns=2)) == ["open a", "open a end"]


@settings(deadline=None, max_examples=60)
@given(graphs(by_reply=False))
def test_the_paths_are_exactly_what_walking_finds(of: Graph) -> None:
    """Trying every label at every turn finds the same sequences, and no other."""
    of = dataclasses.replace(of, max_turns=min(of.max_turns, 4))
    assert {path.states for path in paths_of(of, Walk.ALL_PATHS)} == set(every_walk(of, begin(of)))


@settings(deadline=None)
@given(graphs(), st.lists(st.sampled_from(list(SURE.values())), min_size=5), st.integers(0, 99))
def test_every_walk_follows_a_path(of: Graph, readings: list[Reading], seed: int) -> None:
    """Whatever the replies and the draws; a clarification is on top, and may meet the cap early."""
    cursor, chance, states = begin(of), Chance(seed, "s", 1), []
    for reading in readings:
        cue = next_cue(of, cursor, chance)
        if not isinstance(cue, Cue):
            break
        states += [] if cue.clarified else [cue.state.id]
        cursor, _ = step(of, cursor, cue, reading, str(seed), chance)
    known = {path.states[: len(states)] for path in paths_of(of, Walk.ALL_PATHS)}
    assert tuple(states) in known


# -- what ways come by ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("states", "names", "expected", "turns"),
    [
        ({"open": asking()}, [], [()], 0),
        ({"open": asking()}, ["open", "elsewhere"], [("open",)], 1),
        (LIMITED, ["push", "claim"], [("push", "claim")], 3),
        (LIMITED, ["claim", "open"], [("open", "claim")], 2),
        (
            {
                "open": asking(next={"refused": "a", "clarify": "b", "otherwise": "end"}),
                "a": asking(next={"otherwise": "c"}),
                "b": asking(next={"otherwise": "c"}),
                "c": asking(visits=2, then="end", next={"refused": "c", "otherwise": "end"}),
            },
            ["a", "b", "c"],
            [("a", "c"), ("b", "c")],
            3,
        ),
        # A loop comes by the same states in another order; one order is enough.
        (
            {
                "open": asking(next={"refused": "a", "otherwise": "b"}),
                "a": asking(visits=1, then="end", next={"otherwise": "b"}),
                "b": asking(visits=1, then="end", next={"otherwise": "a"}),
            },
            ["a", "b"],
            [("a", "b")],
            2,
        ),
    ],
)
def test_in_which_orders_states_can_be_met(
    states: dict[str, Any], names: list[str], expected: list[tuple[str, ...]], turns: int
) -> None:
    """The fullest only, each state where it is met first; and in how many turns at most."""
    of = graph(states)
    assert sorted(orders(of, names)) == expected
    assert most_turns_in(of, names) == turns


@settings(deadline=None, max_examples=60)
@given(graphs(by_reply=False), st.sets(st.sampled_from(["s0", "s1", "s2", "s3"])))
def test_orders_are_those_of_paths(of: Graph, names: set[str]) -> None:
    """Each is of one path, and no path comes by more."""
    of = dataclasses.replace(of, max_turns=min(of.max_turns, 4))
    names &= set(of.states)
    met = [tuple(dict.fromkeys(name for name in path if name in names)) for path in every(of)]
    found = orders(of, names)
    assert set(found) <= set(met)
    assert {frozenset(order) for order in found} == {
        frozenset(one) for one in met if not any(set(one) < set(other) for other in met)
    }
    assert most_turns_in(of, names) == max(sum(map(names.__contains__, it)) for it in every(of))


def every(of: Graph) -> list[tuple[str, ...]]:
    """The states of every path."""
    return [path.states for path in paths_of(of, Walk.ALL_PATHS)]


def test_of_a_graph_that_is_too_large_all_is_taken_to_be_met(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the order of the file, in as many turns as there can be."""
    monkeypatch.setattr(places, "MOST_PLACES", 1)
    of = graph(LIMITED)
    assert orders(of, ["claim", "open"]) == (("open", "claim"),)
    assert most_turns_in(of, ["claim", "open"]) == of.max_turns


# -- too many ---------------------------------------------------------------------------------


def test_paths_are_counted_before_they_are_written_down() -> None:
    """Two to the thirtieth would never be through."""
    with pytest.raises(InputError) as error:
        paths_of(branching(30), Walk.ALL_PATHS)
    assert str(error.value).startswith("scenario 's' (arm 'restricted') has ")
    assert str(error.value).endswith(
        " paths, more than the 1,000 that --walk all-paths plans; use --walk edge-cover"
    )
    assert len(paths_of(branching(30), Walk.EDGE_COVER)) <= 3


def test_a_graph_that_is_too_large_to_tell_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than to plan some of it only."""
    monkeypatch.setattr(places, "MOST_PLACES", 10)
    for walk in (Walk.EDGE_COVER, Walk.PAIR_COVER):
        with pytest.raises(InputError, match=r"'s' \(arm 'restricted'\) can be walked in too many"):
            paths_of(branching(30), walk)


def test_two_paths_never_share_an_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their rows would: the last one would win, and nobody would see it."""
    monkeypatch.setattr(Path, "id", "00000000")
    with pytest.raises(
        InputError, match=r"two paths of scenario 's' .* happen to have the same id"
    ):
        paths_of(graph(PUSHED), Walk.ALL_PATHS)


def test_an_id_is_eight_digits_of_the_states() -> None:
    """Stored runs are resumed by it: the same in every arm, today and later."""
    assert Path(("open", "push", "end")).id == "bc87bdc8"
    assert Path(("open", "push", "end")).id != Path(("open", "pushend")).id


# -- how many turns ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("states", "fields", "bounds"),
    [
        ({"open": asking()}, {}, (1, 1)),
        (PUSHED, {}, (1, 12)),
        (PUSHED, {"max_turns": 3}, (1, 3)),
        (LIMITED, {}, (1, 4)),
        (LIMITED, {"clarified": ["[it]"]}, (1, 5)),
        (LIMITED, {"clarified": ["[it]"], "max_turns": 4}, (1, 4)),
        ({"open": asking(next={"otherwise": "more"}), "more": asking()}, {}, (2, 2)),
    ],
)
def test_the_number_of_turns_that_replies_can_lead_to(
    states: dict[str, Any], fields: dict[str, Any], bounds: tuple[int, int]
) -> None:
    """An answered clarifying question is one more, as far as the cap allows."""
    assert turn_bounds(graph(states, **fields)) == bounds


@settings(deadline=None)
@given(graphs(by_reply=False))
def test_the_bounds_are_those_of_the_paths(of: Graph) -> None:
    """The final state of a path is no turn."""
    turns = [
        sum(not of.states[state].final for state in path.states)
        for path in paths_of(of, Walk.ALL_PATHS)
    ]
    assert turn_bounds(of) == (min(turns), max(turns))


# -- a path by lot ----------------------------------------------------------------------------


def drawn(of: Graph, n: int = 2000) -> Counter[str]:
    """Which paths n repeats draw, in percent, rounded to ten."""
    found = Counter(" ".join(draw_path(of, Chance(7, "s", n)).states) for n in range(n))
    return Counter({states: round(10 * count / n) * 10 for states, count in found.items()})


@pytest.mark.parametrize(
    ("next", "percent"),
    [
        ({"otherwise": "end"}, {"end": 100}),
        ({"refused": "a", "otherwise": "end"}, {"a end": 50, "end": 50}),
        (
            {"refused": "a", "complied": "a", "otherwise": "end"},
            {"a end": 50, "end": 50},
        ),
        (
            {"otherwise": [{"to": "a", "weight": 4}, {"to": "end", "weight": 1}]},
            {"a end": 80, "end": 20},
        ),
        (
            {"refused": [{"to": "a", "weight": 4}, {"to": "end", "weight": 1}], "otherwise": "end"},
            {"a end": 40, "end": 60},
        ),
        ({"otherwise": [{"to": "a", "if": {"turn": 9}}, {"to": "end"}]}, {"end": 100}),
    ],
)
def test_a_path_is_drawn_by_the_authors_weights(
    next: dict[str, Any], percent: dict[str, int]
) -> None:
    """Where replies decide, every distinct choice is as likely as the others."""
    found = drawn(graph({"open": asking(next=next), "a": asking()}))
    assert found == {f"open {states}": share for states, share in percent.items()}


@settings(deadline=None)
@given(graphs(), st.integers(0, 99))
def test_a_drawn_path_is_one_of_the_graph(of: Graph, seed: int) -> None:
    """The same again for the same repeat: arms and targets meet the same draws."""
    path = draw_path(of, Chance(seed, "s", 1))
    assert path == draw_path(of, Chance(seed, "s", 1))
    assert path in paths_of(of, Walk.ALL_PATHS)


def test_a_random_walk_plans_no_path() -> None:
    """It follows the replies."""
    assert paths_of(graph(PUSHED), Walk.RANDOM) == ()


# -- under conditions -------------------------------------------------------------------------


def listed(of: Graph, **conditions: Any) -> list[str]:
    """Paths as they are printed."""
    return sorted(map(str, paths_in(of, **conditions)))


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"through": ["claim"]}, ["open > push > push > claim > end"]),
        ({"avoid": ["push"]}, ["open > end"]),
        ({"avoid": ["open"]}, []),
        ({"through": ["push"], "avoid": ["claim"], "longest": 2}, ["open > push > end"]),
        ({"longest": 2}, ["open > end", "open > push > end"]),
        ({"ends": "claim"}, []),
        ({"ends": "end", "longest": 1}, ["open > end"]),
        ({"through": ["push", "end"], "longest": 2}, ["open > push > end"]),
    ],
)
def test_paths_under_conditions(conditions: dict[str, Any], expected: list[str]) -> None:
    """What they come by, what not, where they end, and in how many turns."""
    assert listed(graph(LIMITED), **conditions) == expected


@settings(deadline=None)
@given(
    graphs(),
    st.sets(st.sampled_from(["s0", "s1", "s2", "end"])),
    st.sets(st.sampled_from(["s1", "s2", "s3"])),
    st.sampled_from([None, "end", "s0", "s1"]),
    st.integers(1, 5),
)
def test_conditions_leave_exactly_those_that_meet_them(
    of: Graph, through: set[str], avoid: set[str], ends: str | None, longest: int
) -> None:
    """As if all were listed and then looked through."""
    through, avoid = through & set(of.states), avoid & set(of.states)
    ends = ends if ends in of.states else None

    def meets(path: tuple[str, ...]) -> bool:
        turns = len(path) - (path[-1] == "end")
        return (
            through <= set(path)
            and avoid.isdisjoint(path)
            and ends in (None, path[-1])
            and turns <= longest
        )

    found = paths_in(of, through=through, avoid=avoid, ends=ends, longest=longest)
    assert [path.states for path in found] == [path for path in every(of) if meets(path)]


def test_nothing_is_worked_out_before_it_is_asked_for() -> None:
    """Three of more than a hundred million million."""
    of = branching(60)
    found = list(islice(paths_in(of, through=["b"], ends="end"), 3))
    assert len(set(found)) == 3


def test_a_state_that_is_not_there() -> None:
    """Said before anything is listed."""
    with pytest.raises(InputError, match="has no state 'psh'; did you mean 'push'"):
        paths_in(graph(LIMITED), through=["psh"])
