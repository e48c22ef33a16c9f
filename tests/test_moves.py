"""The shipped table of moves."""

from __future__ import annotations

import re

import pytest

from convsim.moves import GROUPS, MOVES, group_of


@pytest.mark.parametrize("move", MOVES)
def test_every_move_belongs_to_a_group_and_says_what_it_does(move: str) -> None:
    """A move is `group.name`, with what it does and where the literature knows it."""
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", move)
    assert group_of(move) in GROUPS
    assert MOVES[move].does
    assert MOVES[move].known_as


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_has_moves(group: str) -> None:
    """Rates are reported by group, so that none may be empty."""
    assert any(group_of(move) == group for move in MOVES)


def test_the_table_cannot_be_changed() -> None:
    """It is shipped data: a scenario cannot add a move by accident."""
    with pytest.raises(TypeError):
        MOVES["ask.new"] = MOVES["ask.direct"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("move", "group"),
    [("push_back.repeat", "push_back"), ("ask", "ask"), ("", ""), ("a.b.c", "a")],
)
def test_the_group_is_what_stands_before_the_first_dot(move: str, group: str) -> None:
    """A name without a dot is its own group, and no move has no group."""
    assert group_of(move) == group
