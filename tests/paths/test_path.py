"""A path in writing, and what is wrong with one that a graph does not have."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convsim.errors import InputError
from convsim.graph import Graph
from convsim.paths import Path, parse_path, paths_in
from tests.build import asking, graph
from tests.paths.some import LIMITED, PUSHED, graphs


@pytest.mark.parametrize(
    ("states", "text"),
    [
        (["open"], "open"),
        (["open", "push", "end"], "open > push > end"),
        (["doubt.open", "bye.leave", "end"], "doubt.open > bye.leave > end"),
        (["say so", "a:b", "é"], "say so > a:b > é"),
        (["a > b", "end"], '"a > b" > end'),
        ([" a", 'say "x"', "end"], '" a" > "say \\"x\\"" > end'),
    ],
)
def test_a_path_in_writing(states: list[str], text: str) -> None:
    """Names stand as they are; one that could be misread is in quotes."""
    assert str(Path(tuple(states))) == text


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4, unique=True))
def test_whatever_a_state_is_called_it_is_read_back(names: list[str]) -> None:
    """What is printed is what is played."""
    following = [*names[1:], "end"]
    states: dict[str, Any] = {
        name: asking(next={"otherwise": to}) for name, to in zip(names, following, strict=True)
    }
    if "end" in names:
        return
    path = Path((*names, "end"))
    assert parse_path(str(path), graph(states)) == path


@given(graphs())
def test_every_path_is_read_back(of: Graph) -> None:
    """Also those that the turn cap ends."""
    for path, _ in zip(paths_in(of), range(20), strict=False):
        assert parse_path(str(path), of) == path


@pytest.mark.parametrize("text", ["open>push>end", "  open >  push > end ", '"open" > push > end'])
def test_blanks_and_quotes_do_not_matter(text: str) -> None:
    assert parse_path(text, graph(PUSHED)) == Path(("open", "push", "end"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "path '' cannot be read at character 1; write the names of states with '>' between"),
        ("open > > end", "cannot be read at character 7"),
        ("open >", "cannot be read at character 7"),
        ("open > psh", "has no state 'psh'; did you mean 'push'? Allowed: open, push, claim, end"),
        ("push > end", "begins with 'push', and scenario 's' (arm 'restricted') with 'open'"),
        (
            "open > claim > end",
            "breaks after 'open': 'claim' cannot follow there in scenario 's' (arm 'restricted'); "
            "what can follow: push, end",
        ),
        (
            "open > push > push > push > end",
            "breaks after 'open > push > push': 'push' cannot follow there in scenario 's' (arm "
            "'restricted'); what can follow: claim, end",
        ),
        ("open > end > push", "what can follow: nothing, the dialogue is over there"),
        (
            "open > push",
            "stops before the dialogue does in scenario 's' (arm 'restricted'); what can follow: "
            "push, end",
        ),
    ],
)
def test_what_is_wrong_with_a_path(text: str, why: str) -> None:
    """Where it breaks, and what could follow there."""
    with pytest.raises(InputError) as error:
        parse_path(text, graph(LIMITED))
    assert why in str(error.value)


def test_at_the_turn_cap_a_path_may_end() -> None:
    """Without a final state; going on is said to be possible only where it is."""
    of = graph(PUSHED, max_turns=2)
    assert parse_path("open > push", of) == Path(("open", "push"))
    with pytest.raises(InputError) as error:
        parse_path("open > push > push", of)
    assert str(error.value).endswith(
        "the path may end there, at the cap of 2 turns; what can follow: end"
    )
