"""Messages, keys, and transcripts as rows."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest
from pydantic import ValidationError

from convsim.digests import group_of_sample
from convsim.reading import Span, Status
from convsim.transcript import (
    NO_ANSWER,
    Failure,
    Key,
    Message,
    Turn,
    exchange,
    parse_failure,
    parse_transcript,
    standing,
)
from tests.build import BLOCK, COMPLIANCE, REFUSAL, UNCLEAR, Said, transcript

MADE = transcript(
    ("ask.direct", replace(REFUSAL, span=Span(0, 3))), ("push_back.repeat", COMPLIANCE), need="x"
)


@pytest.mark.parametrize(
    ("message", "wire"),
    [
        (Message("user", "hi"), {"role": "user", "content": "hi"}),
        (Message("user", "hi", name="ann"), {"role": "user", "content": "hi", "name": "ann"}),
        (
            Message("assistant", "", tool_calls=({"id": "c1"},)),
            {"role": "assistant", "content": "", "tool_calls": [{"id": "c1"}]},
        ),
        (
            Message("tool", "4", tool_call_id="c1"),
            {"role": "tool", "content": "4", "tool_call_id": "c1"},
        ),
    ],
)
def test_only_set_fields_reach_a_provider(message: Message, wire: dict[str, object]) -> None:
    """Role, content and tool fields, nothing else and nothing empty."""
    assert message.wire() == wire


def test_a_key_prints_and_reads_back() -> None:
    """The key of a row names the dialogue, slash by slash."""
    key = Key("fraud.invoice", "benign", "t1", 3, "resample.2", "-")
    assert str(key) == "fraud.invoice/benign/t1/3/resample.2/-"
    assert Key.parse(str(key)) == key


def test_a_planned_path_may_hold_slashes() -> None:
    """The path is the last part of a key, so that nothing after it can be mistaken."""
    key = Key("s", "restricted", "t1", 1, "0", "open/push/end")
    assert Key.parse(str(key)) == key


def test_messages_put_the_system_prompt_first_and_fill_an_empty_reply() -> None:
    """An empty reply stands in the history as `[no answer]`, so that the next request is valid."""
    made = transcript(Said("ask.direct", UNCLEAR, reply=""), ("push_back.repeat", REFUSAL))
    made = replace(made, system="Be kind.")
    assert made.messages() == exchange(
        [("[user 1]", NO_ANSWER), ("[user 2]", "[reply 2]")], system="Be kind."
    )


def test_messages_put_context_where_it_stood() -> None:
    """The first `lead` of it before the user's text, the rest between that and the reply."""
    reminder, result = Message("system", "Stay kind."), Message("tool", "4", tool_call_id="c1")
    (turn,) = transcript(("ask.direct", REFUSAL)).turns
    for lead, order in ((0, "user system tool"), (1, "system user tool"), (2, "system tool user")):
        made = replace(MADE, turns=(replace(turn, context=(reminder, result), lead=lead),))
        assert [message.role for message in made.messages()] == [*order.split(), "assistant"]
        assert parse_transcript(orjson.loads(orjson.dumps(made))) == made


def test_rows_of_an_older_version_are_read() -> None:
    """They say nothing of context: there was none."""
    row = orjson.loads(orjson.dumps(MADE))
    for turn in row["turns"]:
        del turn["context"], turn["lead"]
    assert parse_transcript(row) == MADE


@pytest.mark.parametrize("made", [MADE, transcript(("ask.direct", BLOCK)), transcript()])
def test_a_transcript_comes_back_from_its_row(made: object) -> None:
    """What is written to disk is read as the same object, readings and spans included."""
    assert parse_transcript(orjson.loads(orjson.dumps(made))) == made


def test_a_failure_comes_back_from_its_row() -> None:
    """It keeps the turns before the failing call."""
    failure = Failure(MADE, "transient", "timeout after 120 s", "socket")
    assert parse_failure(orjson.loads(orjson.dumps(failure))) == failure
    assert failure.key == MADE.key


@pytest.mark.parametrize("row", [None, {}, {"key": "a"}, "text"])
def test_a_row_that_is_no_transcript_is_an_error(row: object) -> None:
    """The boundary validates: a damaged row never becomes a half-empty object."""
    with pytest.raises(ValidationError):
        parse_transcript(row)


@pytest.mark.parametrize(
    ("kind", "final"),
    [("refused_request", True), ("transient", False), ("throttled", False), ("error", False)],
)
def test_only_a_refused_request_stays_refused(kind: str, final: bool) -> None:
    """Resuming takes up every other failure again."""
    assert Failure(MADE, kind, "").final is final


@pytest.mark.parametrize(
    ("rewinds", "kept"),
    [([0, 0, 0], [1, 2, 3]), ([0, 1, 0], [1, 3]), ([0, 2, 0], [3]), ([0, 0, 9], []), ([1, 1], [])],
)
def test_what_was_rewound_does_not_stand(rewinds: list[int], kept: list[int]) -> None:
    """Dropping more than there is drops everything."""
    turns = [
        Turn(n, "[user]", "[reply]", Status.OK, None, rewind=rewind)
        for n, rewind in enumerate(rewinds, start=1)
    ]
    assert [turn.n for turn in standing(turns)] == kept


@pytest.mark.parametrize(
    ("draw", "times", "sample"),
    [("0", 0, "s/2/0"), ("0", 1, "s/2/rewind.1"), ("resample.3", 2, "s/2/resample.3.rewind.2")],
)
def test_the_sample_after_rewinds(draw: str, times: int, sample: str) -> None:
    """The same words are asked anew there; they stay in their group."""
    key = Key("s", "restricted", "t1", 2, draw, "-")
    assert key.rewound(times) == sample
    assert group_of_sample(sample) == key.group
