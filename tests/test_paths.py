"""Which sequences of states a graph has, and which of them a plan takes."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convsim import paths
from convsim.chance import Chance
from convsim.errors import InputError
from convsim.graph import Graph
from convsim.paths import (
    Path,
    Walk,
    draw_path,
    most_turns_in,
    orders,
    paths_of,
    turn_bounds,
)
from convsim.reading import Help, Label, Reading, Stance, Status
from convsim.walk import Cue, Cursor, begin, next_cue, resolve, step
from tests.build import asking, graph

CHANCE = Chance(7, "s", 1)
SURE = {label: Reading(Status.OK, Stance.NONE, 0, Help.NONE, label, 1.0, "t") for label in Label}


def sequences(of: Graph, walk: Walk = Walk.ALL_PATHS) -> list[str]:
    """The paths as text, in order of the text: `open insist end`."""
    return sorted(" ".join(path.states) for path in paths_of(of, walk))


# -- every path -------------------------------------------------------------------------------

PUSHED = {
    "open": asking(next={"refused": "push", "otherwise": "end"}),
    "push": asking(next={"refused": "push", "otherwise": "end"}),
}
LIMITED = {
    "open": asking(next={"refused": "push", "otherwise": "end"}),
    "push": asking(visits=2, then="claim", next={"refused": "push", "otherwise": "end"}),
    "claim": asking(),
}
WEIGHTED = [{"to": "push", "weight": 3}, {"to": "claim", "weight": 1}]


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


LABELS_OR_GROUPS = st.sampled_from(["refused", "complied", "refusal", "partial", "clarify"])


@st.composite
def graphs(draw: st.DrawFn, *, by_reply: bool = True) -> Graph:
    """Small graphs with loops, visits, weights and conditions; `by_reply`: and clarifications."""
    names = [f"s{n}" for n in range(draw(st.integers(1, 4)))]
    to = st.sampled_from([*names, "end"])
    guards = [{"turn": "<3"}, {"visits": {"s0": "<2"}}]
    guards += [{"matches": "[05]"}, {"delivery": ">=2"}] if by_reply else []
    when = st.one_of(st.none(), st.sampled_from(guards))
    weight = st.one_of(st.none(), st.just(1.0)) if by_reply else st.none()

    def entries() -> list[dict[str, Any]]:
        some = draw(st.lists(st.tuples(to, when, weight), min_size=1, max_size=3))
        drawn = [{"to": name, "if": guard, "weight": share} for name, guard, share in some]
        return [{key: value for key, value in one.items() if value is not None} for one in drawn]

    states: dict[str, Any] = {}
    for name in names:
        on = {draw(LABELS_OR_GROUPS): entries(), "otherwise": [*entries(), {"to": draw(to)}]}
        limit = draw(st.one_of(st.none(), st.integers(1, 2)))
        more: dict[str, Any] = {"visits": limit, "then": "end"} if limit else {}
        states[name] = asking(next=on, **more)
    fields: dict[str, Any] = {"clarified": ["[it]"]} if by_reply and draw(st.booleans()) else {}
    return graph(states, max_turns=draw(st.integers(1, 5)), **fields)


def every_walk(
    of: Graph, cursor: Cursor, states: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """The states of every walk, by trying at every turn a label of every kind that `next` knows."""
    cue = next_cue(of, cursor, CHANCE)
    if not isinstance(cue, Cue):
        stands = resolve(of, cursor)
        yield (*states, stands.id) if stands.final else states
        return
    for label in ("refusal", "redirect", "partial", "compliance", "clarify", "unable"):
        reading = SURE[Label(label)]
        after, _ = step(of, cursor, cue, reading, "", CHANCE)
        yield from every_walk(of, after, (*states, cue.state.id))


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
    monkeypatch.setattr(paths, "MOST_PLACES", 1)
    of = graph(LIMITED)
    assert orders(of, ["claim", "open"]) == (("open", "claim"),)
    assert most_turns_in(of, ["claim", "open"]) == of.max_turns


# -- too many ---------------------------------------------------------------------------------


def branching(turns: int) -> Graph:
    """Two ways at every turn."""
    on = {"refused": "a", "otherwise": "b"}
    return graph(
        {"a": asking(next=on), "b": asking(next={**on, "complied": "end"})}, max_turns=turns
    )


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
    """Its bounds are the widest there are."""
    monkeypatch.setattr(paths, "MOST_PLACES", 10)
    for walk in (Walk.ALL_PATHS, Walk.EDGE_COVER):
        with pytest.raises(InputError, match=r"'s' \(arm 'restricted'\) can be walked in too many"):
            paths_of(branching(30), walk)
    assert turn_bounds(branching(30)) == (1, 30)


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


# -- a cover of the edges ---------------------------------------------------------------------


def edges_of(walked: list[tuple[str, ...]]) -> set[tuple[str, str]]:
    """Every step from state to state."""
    return {edge for states in walked for edge in pairwise(states)}


@settings(deadline=None)
@given(graphs())
def test_a_cover_takes_every_edge_and_none_of_its_paths_can_be_left_out(of: Graph) -> None:
    """Every edge that any path takes; every path of it is a path of the graph."""
    every = [path.states for path in paths_of(of, Walk.ALL_PATHS)]
    cover = [path.states for path in paths_of(of, Walk.EDGE_COVER)]
    assert {*cover} <= {*every}
    assert edges_of(cover) == edges_of(every)
    for spare in cover if len(cover) > 1 else ():
        assert edges_of([states for states in cover if states != spare]) < edges_of(every)


@pytest.mark.parametrize(
    ("states", "fields"),
    [
        ({"open": asking()}, {}),
        (PUSHED, {"max_turns": 1}),
        (PUSHED, {}),
        (LIMITED, {}),
        ({"open": asking(next={"otherwise": WEIGHTED}), "push": asking(), "claim": asking()}, {}),
        (
            {
                "a": asking(next={"refused": "b", "complied": "c", "otherwise": "end"}),
                "b": asking(next={"refused": "c", "complied": "a", "otherwise": "end"}),
                "c": asking(next={"refused": "a", "otherwise": "end"}),
            },
            {"max_turns": 6},
        ),
    ],
)
def test_a_cover_is_as_small_as_can_be_where_that_can_be_tried(
    states: dict[str, Any], fields: dict[str, Any]
) -> None:
    """No fewer paths of the graph take every edge."""
    of = graph(states, **fields)
    every = [path.states for path in paths_of(of, Walk.ALL_PATHS)]
    cover = paths_of(of, Walk.EDGE_COVER)
    fewer = combinations(every, len(cover) - 1)
    assert not any(edges_of(list(some)) == edges_of(every) for some in fewer if some)


def test_a_cover_goes_no_round_for_nothing() -> None:
    """Every turn is a call."""
    assert sequences(graph(PUSHED, max_turns=50), Walk.EDGE_COVER) == [
        "open end",
        "open push push end",
    ]


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
