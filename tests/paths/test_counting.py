"""How many paths there are: exactly as many as can be walked, or never more than there are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from convsim.graph import Graph
from convsim.paths import Count, count_paths, counting, paths_in, turn_bounds
from convsim.walk import begin
from tests.build import asking, graph
from tests.paths.some import LIMITED, PUSHED, branching, every_walk, graphs


@pytest.mark.parametrize(
    ("states", "fields", "number"),
    [
        ({"open": asking()}, {}, 1),
        (PUSHED, {"max_turns": 1}, 2),
        (PUSHED, {"max_turns": 3}, 4),
        (PUSHED, {"max_turns": 200}, 201),
        (LIMITED, {}, 4),
        (LIMITED, {"max_turns": 2}, 3),
    ],
)
def test_how_many_there_are(states: dict[str, Any], fields: dict[str, Any], number: int) -> None:
    """To a final state, or to the turn cap, wherever it would have gone on to."""
    assert count_paths(graph(states, **fields)) == Count(number, exact=True)


@settings(deadline=None, max_examples=80)
@given(graphs(by_reply=False))
def test_a_count_is_what_walking_finds(of: Graph) -> None:
    """Trying every label at every turn finds as many sequences, and each is listed once."""
    of = replace(of, max_turns=min(of.max_turns, 4))
    listed = [path.states for path in paths_in(of)]
    assert len(set(listed)) == len(listed)
    assert count_paths(of) == Count(len(set(every_walk(of, begin(of)))), exact=True)
    assert len(listed) == count_paths(of).number


def test_a_guard_on_a_limited_state_hides_no_other_limit() -> None:
    """`a` is asked about and passes on to `b`, which passes on as well: both visits count."""
    to_a = {"otherwise": [{"to": "end", "if": {"visits": {"a": ">=9"}}}, {"to": "a"}]}
    of = graph(
        {
            "open": asking(next=to_a),
            "a": asking(visits=1, then="b", next=to_a),
            "b": asking(visits=1, then="c", next=to_a),
            "c": asking(next={"otherwise": "end"}),
        }
    )
    assert [str(path) for path in paths_in(of)] == ["open > a > b > c > end"]
    assert count_paths(of) == Count(1)


def test_numbers_of_any_size_are_exact() -> None:
    """Nobody could write these paths down; to add them up takes 200 turns."""
    count = count_paths(branching(200))
    assert count.exact
    assert count.number > 2**199


@settings(deadline=None, max_examples=80)
@given(graphs())
def test_what_is_left_out_makes_it_fewer(of: Graph) -> None:
    """However little it may go through, it never says more than there are."""
    every = count_paths(of).number
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "MOST_STEPS", 1)
        some = count_paths(of)
    assert 1 <= some.number <= every
    assert some.number == every or not some.exact


def test_without_visits_nothing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are never more places in a turn than states."""
    monkeypatch.setattr(counting, "MOST_STEPS", 1)
    assert count_paths(branching(200)).exact
    limited = {
        **LIMITED,
        "open": asking(
            visits=3, then="end", next={"refused": "push", "partial": "open", "otherwise": "claim"}
        ),
        "claim": asking(next={"refused": "open", "otherwise": "push"}),
    }
    assert not count_paths(graph(limited)).exact


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (Count(1204), "1,204"),
        (Count(50_000, exact=False), "at least 50,000"),
        (Count(10**18 - 1), "999,999,999,999,999,999"),
        (Count(1_269_999 * 10**60), "1.26e+66"),
        (Count(10**40, exact=False), "at least 1.00e+40"),
    ],
)
def test_a_count_in_words(count: Count, text: str) -> None:
    """What nobody could read is rounded, and never up."""
    assert str(count) == text


def test_where_there_are_too_many_places_the_bounds_are_wide(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """None of them can be wrong: the cap at most, and as soon as an end was seen."""
    assert turn_bounds(branching(200)) == (2, 200)
    assert turn_bounds(graph(LIMITED)) == (1, 4)
    monkeypatch.setattr(counting, "_most_at_once", lambda of: 0)
    assert turn_bounds(graph(LIMITED)) == (1, 12)
