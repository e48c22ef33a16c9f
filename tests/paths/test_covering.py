"""Few paths that take everything, and how many there must be."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given, settings

from convsim.graph import Graph
from convsim.paths import Walk, covered_by, fewest, paths_of
from tests.build import asking, graph
from tests.paths.some import LIMITED, PUSHED, WEIGHTED, graphs, sequences

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


# -- pairs ------------------------------------------------------------------------------------


def all_of(walked: list[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Every step, and every two in a row."""
    return edges_of(walked) | pairs_of(walked)


def pairs_of(walked: list[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Every two steps in a row."""
    return {part for it in walked for part in zip(it, it[1:], it[2:], strict=False)}


@settings(deadline=None, max_examples=60)
@given(graphs())
def test_a_cover_of_pairs_takes_every_pair_and_every_edge(of: Graph) -> None:
    """None of its paths could be left out, and there are as many as there must be, or more."""
    every = [path.states for path in paths_of(of, Walk.ALL_PATHS)]
    cover = [path.states for path in paths_of(of, Walk.PAIR_COVER)]
    assert {*cover} <= {*every}
    assert pairs_of(cover) == pairs_of(every)
    assert edges_of(cover) == edges_of(every)
    for spare in cover if len(cover) > 1 else ():
        others = [states for states in cover if states != spare]
        assert (pairs_of(others), edges_of(others)) != (pairs_of(every), edges_of(every))


# -- how many there must be -------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(graphs())
def test_no_cover_is_smaller_than_the_fewest_there_must_be(of: Graph) -> None:
    """The bound is one: no set of so few paths takes everything, as far as that can be tried."""
    every = [path.states for path in paths_of(of, Walk.ALL_PATHS)]
    for walk, taken in ((Walk.EDGE_COVER, edges_of), (Walk.PAIR_COVER, all_of)):
        least, cover = fewest(covered_by(of, walk)), paths_of(of, walk)
        assert 1 <= least <= len(cover)
        if len(every) <= 12 and 1 < least <= 3:
            fewer = combinations(every, least - 1)
            assert not any(taken(list(it)) == taken(every) != set() for it in fewer)


@pytest.mark.parametrize(
    ("states", "fields", "edges", "pairs"),
    [
        ({"open": asking()}, {}, 1, 1),
        (PUSHED, {"max_turns": 1}, 1, 1),
        (PUSHED, {}, 2, 3),
        (LIMITED, {}, 3, 4),
    ],
)
def test_the_fewest_there_must_be(
    states: dict[str, Any], fields: dict[str, Any], edges: int, pairs: int
) -> None:
    """By hand; these are also found."""
    of = graph(states, **fields)
    for walk, number in ((Walk.EDGE_COVER, edges), (Walk.PAIR_COVER, pairs)):
        assert fewest(covered_by(of, walk)) == len(paths_of(of, walk)) == number
