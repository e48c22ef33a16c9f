"""Words and marks that stay out of a shared repository."""

from __future__ import annotations

import pytest

from convsim.lints.banned import tripwire

WIRES = tripwire()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The museum shows a gas mask against sarin.", "sarin"),
        ("Sarina called.", None),
        ("ANTHRAX", "anthrax"),
        ("Was ist ein Nervengas?", "nervengas"),
        ("什么是沙林毒气", "沙林"),
        ("uncertain rice insurance", None),
        ("Write to jane.doe@mail.org", "jane.doe@mail.org"),
        ("Write to jane.doe@example.com", None),
        ("Write to jane@desk.example, or to a@b.test", None),
        ("4111 1111 1111 1111", "4111 1111 1111 1111"),
        ("4111 1111 1111 1112", None),
        ("0000 0000 0000 0000", None),
        ("9a0c7f32-2ca6-4d44-830d-7525bade721a", None),
        ("SEC-#####", None),
    ],
)
def test_the_tripwire(text: str, found: str | None) -> None:
    """Whole words, mail addresses that may be somebody's, numbers with a card's check digit."""
    assert [word for word, _ in WIRES.found_in(text)] == ([found] if found else [])


def test_where_it_trips() -> None:
    data = {"request": "fine", "states": {"open": {"say": ["ok", "about anthrax"]}}}
    (flaw,) = WIRES.in_data(data)
    assert (flaw.loc, flaw.code) == (("states", "open", "say", 1), "CS804")
    assert flaw.message.startswith("'anthrax' is a word about biological weapons, and stays out")


def test_words_of_ones_own() -> None:
    """One a line, with what it is about or without; added to those that ship."""
    wires = tripwire("# people\nour clients: Harrow Lane\nProject Falcon\n\n")
    assert list(wires.found_in("harrow  lane and HARROW LANE")) == [
        ("harrow lane", "a word about our clients")
    ]
    assert [word for word, _ in wires.found_in("project falcon, anthrax")] == [
        "project falcon",
        "anthrax",
    ]


def test_the_list_says_nothing_but_names() -> None:
    """It is short, and every word of it is a name of at most three words."""
    assert len(WIRES.about) < 100
    assert max(len(word.split()) for word in WIRES.about) <= 3
