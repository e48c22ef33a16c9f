"""Building a conversation: its name, and messages that are out of order."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from convsim.conversations import OddConversation, read_conversations
from convsim.errors import InputError
from tests.conversations.rows import ASK, CALL, FOUND, NO, PLEASE, SYSTEM, YES, one

LOOK = {"role": "assistant", "content": None, "tool_calls": [CALL]}


@pytest.mark.parametrize(
    ("messages", "n"),
    [
        ([ASK, LOOK, {**FOUND, "tool_call_id": "c9"}, NO], 3),
        ([ASK, FOUND, LOOK, NO], 2),
        ([ASK, {"role": "tool", "content": "found"}, LOOK, NO], 2),
        ([SYSTEM, FOUND, ASK, NO], 2),
    ],
    ids=["another call", "before its call", "before any call", "before anybody spoke"],
)
def test_a_result_that_nobody_called_for_is_told(
    tmp_path: Path, messages: list[object], n: int
) -> None:
    """With the line and the message. It is kept: what was found may still have been seen."""
    with pytest.warns(OddConversation, match=rf"logs.jsonl:1: message {n}: a tool answers, and n"):
        conversation = one(tmp_path, messages)
    assert conversation.exchanges[0].context[0].role in ("tool", "assistant")


def test_endless_nesting_is_an_error(tmp_path: Path) -> None:
    """And no crash: what was recorded may be anybody's."""
    path = tmp_path / "logs.jsonl"
    message = '{"role": "assistant", "content": "No.", "reasoning": ' + "[" * 900 + "]" * 900 + "}"
    path.write_text(f'{{"messages": [{message}]}}')
    with pytest.raises(InputError, match=r"logs.jsonl:1: lists or objects are nested too deeply"):
        list(read_conversations(path))


@pytest.mark.parametrize(
    "messages",
    [
        [NO, ASK, YES],
        [NO],
        [ASK, NO, YES],
        [ASK, PLEASE, NO],
        [ASK, NO, PLEASE],
        [ASK, NO, SYSTEM, PLEASE, YES],
        [ASK, LOOK, FOUND, YES],
        [ASK, LOOK, {"role": "tool", "content": "found"}, YES],
        [ASK, FOUND, NO],
        [],
    ],
    ids=[
        "a greeting",
        "nobody asked",
        "two replies in a row",
        "two user messages in a row",
        "unanswered",
        "the operator in between",
        "a call and its result",
        "a result without an id",
        "a log that leaves out the calls",
        "nothing",
    ],
)
def test_where_the_meaning_is_clear_nothing_is_said(tmp_path: Path, messages: list[object]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one(tmp_path, messages)
