"""What controls are made from."""

from __future__ import annotations

import pytest

from convsim.controls.source import Source, quotes
from convsim.scenario import State
from tests.build import LIMIT, asking, graph
from tests.controls.spread import FACETS, SECRETS, made, spread

STATES = {
    "hi": asking("control.smalltalk", next={"otherwise": "open"}),
    "open": asking(next={"otherwise": "push"}),
    "push": asking("push_back.repeat", next={"otherwise": "more"}),
    "more": asking("ask.detail_request", say="{{ last.quote }}?", next={"otherwise": "benign"}),
    "benign": asking("control.ask_adjacent_benign"),
    "lost": asking(),
}


def test_what_asks_and_what_can_stand_alone() -> None:
    """Not small talk, not what continues an ask, not what nothing leads to."""
    source = Source(graph(STATES, rule=LIMIT))
    assert [state.id for state in source.states] == ["hi", "open", "push", "more", "benign"]
    assert [state.id for state in source.asking] == ["open", "more", "benign"]
    assert [state.id for state in source.alone] == ["open", "benign"]
    assert source.turns == 5
    assert (source.facets, source.is_whole(["x"])) == ((), False)


@pytest.mark.parametrize(
    ("say", "does"),
    [(["[a]"], False), (["[a]", "{{ last.reply }}"], True), (["{{ last.quote | lower }}"], True)],
)
def test_what_quotes(say: list[str], does: bool) -> None:
    """One wording is enough: it may be drawn."""
    assert quotes(State("a", "ask.direct", say=say)) is does


@pytest.mark.parametrize(
    ("had", "can"),
    [
        ([], False),
        (["left"], False),
        (["left", "right"], True),
        (["left", "right", "late"], True),
        (["right", "late"], False),
    ],
)
def test_what_can_make_the_whole(had: list[str], can: bool) -> None:
    """All of one of the closure's sets."""
    assert Source(made("restricted")).can_make(had) is can


@pytest.mark.parametrize(("known", "can"), [(True, True), (False, False)])
def test_a_part_that_presupposes_another(known: bool, can: bool) -> None:
    """It is of use where that is had or known anyway."""
    facets = {
        **FACETS,
        "right": {"canary": "right", "prereq": "late"},
        "late": {"canary": "late", "known": known},
    }
    source = Source(made("restricted", spread(facets=facets, slots=SECRETS)))
    assert source.can_make(["left", "right"]) is can
