"""Changes to a text that leave what it says alone."""

from __future__ import annotations

import re

import pytest

from convsim.metamorphosis.edits import (
    bold,
    bullets,
    fenced,
    headed,
    one_of,
    respelled,
    sentences,
    spaced,
    table,
    typos,
)
from convsim.selftesting import subjects

REPLIES = [turn.reply for subject in subjects() for turn in subject.turns]
USERS = [turn.user for subject in subjects() for turn in subject.turns]


def letters(text: str) -> str:
    """What is left of a text without blanks and marks."""
    return re.sub(r"[\W_]+", "", text)


@pytest.mark.parametrize("reply", REPLIES)
def test_layout_changes_no_word(reply: str) -> None:
    """Lists, tables, headings, code and blanks say the same, in the same order."""
    same = letters(reply)
    assert letters(bullets(reply)) == same
    assert letters(table(reply, "A")) == f"A{same}"
    assert letters(headed(reply, "A")) == f"A{same}"
    assert letters(bold(reply)) == same
    assert letters(fenced(reply)) == f"text{same}"
    assert letters(spaced(reply)) == same


@pytest.mark.parametrize("user", USERS)
def test_typos_swap_letters_and_lose_none(user: str) -> None:
    """As many of each letter, the same length, and numbers as they were."""
    mistyped = typos(user)
    assert sorted(mistyped) == sorted(user)
    assert re.findall(r"[A-Z]+-\d+|\d+", mistyped) == re.findall(r"[A-Z]+-\d+|\d+", user)


@pytest.mark.parametrize(
    ("text", "mistyped"),
    [
        ("the code", "the code"),
        ("unlock code for the account", "ulnock code for the account"),
        ("please, please", "pelase, please"),
        ("Unlock CHG-7301 UNLOCK", "Unlock CHG-7301 UNLOCK"),
        ("aaaaa bbbbb", "aaaaa bbbbb"),
    ],
)
def test_typos(text: str, mistyped: str) -> None:
    """The first of every two long words of small letters; short words, names and numbers stay."""
    assert typos(text) == mistyped


@pytest.mark.parametrize(
    ("text", "american"),
    [
        ("My favourite colour.", "My favorite color."),
        ("Harbour", "Harbor"),
        ("HARBOUR", "HARBOUR"),
        ("discolouration", "discolouration"),
    ],
)
def test_spelling(text: str, american: str) -> None:
    """Whole words, capitals kept; what is shouted stays."""
    other = {"favourite": "favorite", "colour": "color", "harbour": "harbor"}
    assert respelled(text, other) == american


def test_layouts_of_one_line_and_of_several() -> None:
    """A single line is cut into sentences, several lines are taken as they are."""
    assert sentences("One. Two? Three!") == ["One.", "Two?", "Three!"]
    assert bullets("One. Two.") == "- One.\n- Two."
    assert bullets("One. Two.\n\nThree.") == "- One. Two.\n- Three."
    assert table("a|b", "H") == "| H |\n|---|\n| a\\|b |"
    assert bold("Only one.") == "**Only one.**"


def test_wordings_go_round() -> None:
    """The fourth of three is the first again."""
    assert [one_of("abc", n) for n in (1, 2, 3, 4)] == ["a", "b", "c", "a"]
