"""Exchanges: which messages make a turn, and what stands beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convsim.case import Case
from convsim.conversations import Conversation
from convsim.conversations.exchanges import exchanges
from convsim.conversations.messages import Said
from convsim.policy import Rule
from convsim.reading import Status
from convsim.transcript import Message, Stop, parse_transcript
from tests.conversations.rows import ASK, CALL, FOUND, NO, PLEASE, SYSTEM, YES, one

LOOK = {"role": "assistant", "content": "Let me look.", "tool_calls": [CALL]}
REMIND = {"role": "system", "content": "Stay kind."}
DEVELOP = {"role": "developer", "content": "Be brief."}

CALLED = Message("assistant", "", tool_calls=(CALL,))
ANSWERED = Message("tool", "found", tool_call_id="c1")
REMINDED = Message("system", "Stay kind.")


@pytest.mark.parametrize(
    ("messages", "contexts"),
    [
        ([ASK, NO], [((), 0)]),
        ([SYSTEM, ASK, NO], [((), 0)]),
        ([ASK, LOOK, FOUND, YES, PLEASE, NO], [((CALLED, ANSWERED), 0), ((), 0)]),
        ([ASK, LOOK, FOUND], [((CALLED, ANSWERED), 0)]),
        ([ASK, NO, REMIND, PLEASE, YES], [((), 0), ((REMINDED,), 1)]),
        ([ASK, NO, PLEASE, REMIND, YES], [((), 0), ((REMINDED,), 0)]),
        ([ASK, NO, REMIND, YES], [((REMINDED,), 0)]),
        ([ASK, LOOK, FOUND, YES, REMIND, PLEASE, NO], [((CALLED, ANSWERED), 0), ((REMINDED,), 1)]),
        ([NO, ASK, YES], [((Message("assistant", "No."),), 1)]),
        ([ASK, NO, REMIND], [((), 0)]),
        ([ASK, NO, DEVELOP, PLEASE, YES], [((), 0), ((Message("developer", "Be brief."),), 1)]),
    ],
    ids=[
        "nothing beside",
        "the system prompt is no context",
        "tool calls",
        "a result that ended it",
        "the operator, before the user",
        "the operator, after the user",
        "the operator, inside a reply",
        "tools in one turn, the operator in the next",
        "a greeting",
        "after the last reply",
        "the developer",
    ],
)
def test_context(
    tmp_path: Path, messages: list[object], contexts: list[tuple[tuple[Message, ...], int]]
) -> None:
    """What stood between two replies is the later one's; `lead` of it came before the user."""
    found = one(tmp_path, messages).exchanges
    assert [(exchange.context, exchange.lead) for exchange in found] == contexts


def test_a_transcript_gives_the_messages_back_in_order(tmp_path: Path) -> None:
    """The texts of one reply come together at its end; nothing else changes its place."""
    messages = [SYSTEM, ASK, NO, REMIND, PLEASE, LOOK, FOUND, YES]
    transcript = one(tmp_path, messages).transcript()
    assert transcript.messages() == (
        Message("system", "Be kind."),
        Message("user", "Do it."),
        Message("assistant", "No."),
        REMINDED,
        Message("user", "Please."),
        CALLED,
        ANSWERED,
        Message("assistant", "Let me look.\n\nYes."),
    )


OPERATORS = st.lists(st.sampled_from([REMINDED, Message("developer", "Be brief.")]), max_size=2)
BESIDE = st.lists(st.sampled_from([REMINDED, CALLED, ANSWERED]), max_size=4)


@given(st.lists(st.tuples(OPERATORS, BESIDE), min_size=1, max_size=5))
def test_nothing_is_lost_and_nothing_moves(turns: list[tuple[list[Message], ...]]) -> None:
    """In any conversation in which each reply is one text at the end of its turn."""
    user, reply = Message("user", "Do it."), Message("assistant", "No.")
    messages = [it for lead, beside in turns for it in (user, *beside, reply, *lead)]
    while messages[-1] is not reply:
        messages.pop()
    found = tuple(item.exchange for item in exchanges([Said(message) for message in messages]))
    conversation = Conversation("a", "here", None, found, Case(Rule(id="fraud")))
    assert list(conversation.transcript().messages()) == messages


def test_a_transcript_with_context_survives_its_row(tmp_path: Path) -> None:
    transcript = one(tmp_path, [SYSTEM, ASK, LOOK, FOUND, YES]).transcript()
    assert parse_transcript(orjson.loads(orjson.dumps(transcript))) == transcript


@pytest.mark.parametrize(
    ("messages", "system"),
    [
        ([SYSTEM, DEVELOP, ASK, NO], "Be kind.\n\nBe brief."),
        ([SYSTEM, ASK, NO, REMIND, PLEASE, YES], "Be kind."),
        ([ASK, NO, REMIND, PLEASE, YES], None),
    ],
)
def test_the_system_prompt_is_what_came_first(
    tmp_path: Path, messages: list[object], system: str | None
) -> None:
    """What the operator said later is told at its own turn, and no earlier."""
    assert one(tmp_path, messages).system == system


@pytest.mark.parametrize(
    ("answer", "status", "block", "stop"),
    [
        ({"content": "No.", "finish_reason": "stop"}, Status.OK, None, Stop.RECORDED),
        ({"content": "No", "finish_reason": "length"}, Status.TRUNCATED, None, Stop.RECORDED),
        ({"content": "", "finish_reason": "length"}, Status.EMPTY, None, Stop.RECORDED),
        (
            {"content": "", "finish_reason": "content_filter"},
            Status.PROVIDER_BLOCK,
            "content_filter",
            Stop.BLOCKED,
        ),
        ({"content": "", "stop_reason": "refusal"}, Status.PROVIDER_BLOCK, "refusal", Stop.BLOCKED),
        ({"content": "", "finish_reason": "error"}, Status.ERROR, None, Stop.RECORDED),
        ({"content": "No.", "finish_reason": "whatever"}, Status.OK, None, Stop.RECORDED),
    ],
)
def test_a_reply_ends_as_its_provider_says(
    tmp_path: Path, answer: dict[str, Any], status: Status, block: str | None, stop: Stop
) -> None:
    """A block at the end is a block of the dialogue, and no reply of the model."""
    transcript = one(tmp_path, [ASK, {"role": "assistant", **answer}]).transcript()
    (turn,) = transcript.turns
    assert (turn.status, turn.block, transcript.stop) == (status, block, stop)


def test_a_block_that_the_conversation_outlived_does_not_end_it(tmp_path: Path) -> None:
    blocked = {"role": "assistant", "content": "", "finish_reason": "content_filter"}
    transcript = one(tmp_path, [ASK, blocked, PLEASE, NO]).transcript()
    assert [turn.status for turn in transcript.turns] == [Status.PROVIDER_BLOCK, Status.OK]
    assert transcript.stop is Stop.RECORDED


def test_the_reasoning_of_one_reply_comes_together(tmp_path: Path) -> None:
    messages = [ASK, {**LOOK, "reasoning": "First."}, FOUND, {**YES, "reasoning": "Then."}]
    (turn,) = one(tmp_path, messages).transcript().turns
    assert (turn.reply, turn.reasoning) == ("Let me look.\n\nYes.", "First.\n\nThen.")
