"""Turns: what the assistant could see at each, and words and numbers as rows write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from convsim.conversations.exchanges import exchanges
from convsim.conversations.messages import said
from convsim.conversations.record import Remarks
from convsim.conversations.turns import Turns, number_of, word_of
from convsim.scenario import Asks
from tests.conversations.rows import ASK, CALL, FOUND, NO, PLEASE, YES


def test_what_the_assistant_sees_is_what_operator_and_tools_said_up_to_its_reply() -> None:
    look = {"role": "assistant", "content": "Let me look.", "tool_calls": [CALL]}
    reminder = {"role": "system", "content": "Stay kind."}
    rows = [ASK, NO, reminder, PLEASE, look, FOUND, YES]
    messages = [item for row in rows for item in said(row, "here")]
    turns = Turns("here", "Be kind.", tuple(exchanges(messages)), Remarks(Path("here")))
    assert (len(turns), turns.user(2)) == (2, "Please.")
    assert [turns.shown_to(n) for n in range(3)] == [
        "Be kind.",
        "Be kind.",
        "Be kind.\nStay kind.\nfound",
    ]


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("restricted", Asks.RESTRICTED),
        (" Allowed\n", Asks.ALLOWED),
        ("both", None),
        ("", None),
        (5, None),
        (None, None),
        (["restricted"], None),
    ],
)
def test_words(value: object, word: Asks | None) -> None:
    assert word_of(value, {asks.value: asks for asks in Asks}) is word


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3),
        ("3", 3),
        (" 3 ", 3),
        (-1, -1),
        (True, None),
        (3.5, None),
        ("three", None),
        ("9" * 5000, None),
        (None, None),
    ],
)
def test_numbers(value: object, number: int | None) -> None:
    assert number_of(value) == number
