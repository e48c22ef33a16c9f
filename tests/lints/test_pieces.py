"""A fragment is sound by itself: its names, its ways, its texts, and that its exits are taken."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.fragment import Fragment
from convsim.lints import check
from convsim.lints.pieces import check_names, check_piece

AGAIN = {
    "move": "push_back.repeat",
    "say": ["And {{ thing }}?", "You said {{ last.quote }}, but {{ thing }}?", "so?"],
    "next": {"complied": "given", "otherwise": "kept"},
}


def fragment(again: dict[str, Any] | None = None, **keys: Any) -> Fragment:
    base = {
        "id": "doubt",
        "slots": ["thing"],
        "exits": ["given", "kept"],
        "start": "again",
        "states": {"again": {**AGAIN, **(again or {})}},
    }
    return Fragment.model_validate({**base, **keys})


def codes(piece: Fragment) -> list[tuple[str, tuple[str | int, ...]]]:
    return [(flaw.code, flaw.loc) for flaw in (*check_names(piece), *check_piece(piece, check))]


def test_a_sound_piece_has_no_flaw() -> None:
    """It may continue an ask and quote a reply from its first state on: something was said."""
    assert codes(fragment()) == []


@pytest.mark.parametrize(
    ("again", "code", "at"),
    [
        ({"next": {"complied": "given", "refused": "kept"}}, "CS105", ("next",)),
        ({"next": {"otherwise": "gone"}}, "CS101", ("next", "otherwise", 0, "to")),
        ({"say": ["And {{ thign }}?"]}, "CS202", ("say", 0)),
        ({"say": []}, "CS116", ()),
        ({"move": "pushback.repeat"}, "CS113", ("move",)),
        ({"visits": 2}, "CS117", ("visits",)),
    ],
)
def test_what_is_wrong_in_a_state(again: dict[str, Any], code: str, at: tuple[str | int]) -> None:
    """As in a scenario."""
    assert (code, ("states", "again", *at)) in codes(fragment(again))


def test_a_loop_leads_out_through_an_exit() -> None:
    """Going round for good is an error here as well."""
    round_ = {"next": {"otherwise": "again"}}
    found = [code for code, _ in codes(fragment(round_))]
    assert "CS103" in found
    assert found.count("CS708") == 2


def test_an_exit_that_nothing_takes() -> None:
    """Whoever includes it would lead it on for nothing."""
    assert codes(fragment(exits=["given", "kept", "left"])) == [("CS708", ("exits", "left"))]


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"start": "agian"}, ("CS101", ("start",))),
        ({"exits": ["given", "kept", "again"]}, ("CS707", ("exits", "again"))),
        ({"slots": ["thing", "request"]}, ("CS204", ("slots", "request"))),
        ({"slots": ["thing", "last"]}, ("CS204", ("slots", "last"))),
    ],
)
def test_names_mean_one_thing(keys: dict[str, Any], found: tuple[str, tuple[str, ...]]) -> None:
    """Wherever the piece is put."""
    flaws = [(flaw.code, flaw.loc) for flaw in check_names(fragment(**keys))]
    assert flaws == [found]


@pytest.mark.parametrize(
    "again",
    [
        {"evidence": "verifiable", "proof": "thing"},
        {"evidence": "forged", "proof": "thing"},
        {"seeks": ["{{ thing }}"], "move": "escalate.decompose"},
        {"next": {"otherwise": [{"to": "given", "if": {"has": "{{ thing }}"}}, {"to": "kept"}]}},
    ],
)
def test_what_depends_on_the_includer_is_left_to_then(again: dict[str, Any]) -> None:
    """Proofs stand in its system prompt, facets are its own."""
    assert [code for code, _ in codes(fragment(again)) if code != "CS708"] == []


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ({"again": {**AGAIN, "next": {"otherwise": "before"}}}, "CS101"),
        ({"again": {**AGAIN, "next": {"otherwise": "again"}}}, "CS103"),
        ({"again": AGAIN, "more": AGAIN}, "CS102"),
    ],
)
def test_the_state_before_a_piece_is_never_named(states: dict[str, Any], code: str) -> None:
    """It stands for whoever includes the piece, and no file has it."""
    told = {flaw.code: flaw.message for flaw in check_piece(fragment(states=states), check)}
    assert code in told
    assert not [message for message in told.values() if "(before)" in message]
