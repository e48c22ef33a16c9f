"""PyRIT: pieces of messages, as its versions export them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import orjson
import pytest

from convsim.conversations import Conversation, read_conversations
from convsim.errors import InputError
from convsim.reading import Status
from convsim.scenario import Expect
from convsim.transcript import Stop


def piece(role: str, value: str, sequence: int, **fields: Any) -> dict[str, Any]:
    """A piece with the fields that every version from 0.11 on has."""
    return {
        "id": f"{role}-{sequence}",
        "role": role,
        "conversation_id": "c-1",
        "sequence": sequence,
        "original_value": value,
        "original_value_data_type": "text",
        "converted_value": value,
        "converted_value_data_type": "text",
        "response_error": "none",
        "prompt_metadata": {},
        **fields,
    }


HELD = [
    piece("system", "Be kind.", 0),
    piece("user", "Do it.", 1),
    piece("assistant", "No.", 2),
    piece("user", "Please.", 3, converted_value="P-l-e-a-s-e."),
    piece("assistant", "Yes.", 4),
]


def read(tmp_path: Path, pieces: list[dict[str, Any]]) -> list[Conversation]:
    path = tmp_path / "exported.json"
    path.write_bytes(orjson.dumps(pieces, option=orjson.OPT_INDENT_2))
    return list(read_conversations(path))


def reply_to(tmp_path: Path, *pieces: dict[str, Any]) -> Any:
    (conversation,) = read(tmp_path, [piece("user", "Do it.", 0), *pieces])
    return conversation.transcript().turns[0]


def check(conversation: Conversation) -> None:
    assert (conversation.id, conversation.system) == ("c-1", "Be kind.")
    assert [(it.user, it.reply.text) for it in conversation.exchanges] == [
        ("Do it.", "No."),
        ("P-l-e-a-s-e.", "Yes."),
    ]


def test_what_was_sent_counts_not_what_it_was_converted_from(tmp_path: Path) -> None:
    (conversation,) = read(tmp_path, HELD)
    check(conversation)


def test_csv(tmp_path: Path) -> None:
    path = tmp_path / "exported.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(HELD[0]))
        writer.writeheader()
        writer.writerows(HELD)
    (conversation,) = read_conversations(path)
    check(conversation)
    assert conversation.place == f"{path}:2"


def test_lines(tmp_path: Path) -> None:
    path = tmp_path / "pieces.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, HELD)))
    (conversation,) = read_conversations(path)
    check(conversation)


def test_pieces_in_any_order(tmp_path: Path) -> None:
    """`sequence` says where a piece belongs; conversations come as their first pieces did."""
    others = [{**it, "conversation_id": "c-2"} for it in HELD]
    mixed = [other for pair in zip(reversed(HELD), others, strict=True) for other in pair]
    first, second = read(tmp_path, mixed)
    check(first)
    assert second.id == "c-2"


def test_pieces_that_were_never_numbered_keep_their_order(tmp_path: Path) -> None:
    (conversation,) = read(tmp_path, [{**it, "sequence": -1} for it in HELD])
    check(conversation)


def test_one_message_of_several_pieces(tmp_path: Path) -> None:
    image = piece("user", "/tmp/x.png", 0, converted_value_data_type="image_path")
    pieces = [piece("user", "Look:", 0), image, piece("assistant", "A.", 1)]
    (conversation,) = read(tmp_path, pieces)
    assert conversation.exchanges[0].user == "Look:\n[image]"


@pytest.mark.parametrize(
    ("fields", "reply", "status", "stop"),
    [
        ({}, "No.", Status.OK, Stop.RECORDED),
        ({"response_error": "blocked"}, "", Status.PROVIDER_BLOCK, Stop.BLOCKED),
        (
            {"response_error": "blocked", "prompt_metadata": {"structured_refusal": "I won't."}},
            "I won't.",
            Status.OK,
            Stop.RECORDED,
        ),
        ({"response_error": "processing"}, "", Status.ERROR, Stop.RECORDED),
        ({"response_error": "unknown"}, "", Status.ERROR, Stop.RECORDED),
        ({"response_error": "empty", "original_value": "", "converted_value": ""}, "",
         Status.EMPTY, Stop.RECORDED),
        ({"prompt_metadata": {"truncated": True}}, "No.", Status.TRUNCATED, Stop.RECORDED),
        ({"role": "simulated_assistant"}, "No.", Status.OK, Stop.RECORDED),
    ],
)  # fmt: skip
def test_what_is_no_reply(
    tmp_path: Path, fields: dict[str, Any], reply: str, status: Status, stop: Stop
) -> None:
    """A provider's block and a failed call are no words of the model."""
    pieces = [piece("user", "Do it.", 0), {**piece("assistant", "No.", 1), **fields}]
    (conversation,) = read(tmp_path, pieces)
    transcript = conversation.transcript()
    (turn,) = transcript.turns
    assert (turn.reply, turn.status, transcript.stop) == (reply, status, stop)


def test_reasoning_and_tools(tmp_path: Path) -> None:
    def typed(role: str, kind: str, value: object, sequence: int) -> dict[str, Any]:
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        return piece(role, text, sequence, converted_value_data_type=kind)

    call = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": '{"x":1}'}
    result = {"type": "function_call_output", "call_id": "c1", "output": "found"}
    turn = reply_to(
        tmp_path,
        typed("assistant", "reasoning", {"summary": [{"text": "Hm."}]}, 1),
        typed("assistant", "function_call", call, 1),
        typed("tool", "function_call_output", result, 2),
        typed("assistant", "reasoning", "And so.", 3),
        piece("assistant", "Yes.", 3),
    )
    called, found = turn.context
    assert (turn.reply, turn.reasoning) == ("Yes.", "Hm.\n\nAnd so.")
    assert called.tool_calls[0]["function"] == {"name": "look", "arguments": '{"x":1}'}
    assert (found.role, found.content, found.tool_call_id) == ("tool", "found", "c1")


def test_labels_may_say_what_was_right(tmp_path: Path) -> None:
    """Versions before 1.0 have them on every piece."""
    labels = {"expect": "hold", "objective": "An invoice.", "operator": "me"}
    (conversation,) = read(tmp_path, [{**it, "labels": labels} for it in HELD])
    assert (conversation.case.expect, conversation.case.objective) == (Expect.HOLD, "An invoice.")


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        (
            [HELD[0], {"role": "user"}],
            "item 2: expected a message piece with conversation_id, ro",
        ),
        ([{**HELD[0], "sequence": "x"}], "item 1: sequence is 'x'; expected a whole number"),
        (
            [{**HELD[0], "role": "bot"}],
            "item 1: message 1: role is 'bot'; write 'assistant'. Allow",
        ),
    ],
)
def test_what_is_wrong_names_its_piece(
    tmp_path: Path, pieces: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, pieces)
    assert f"exported.json: {message}" in str(caught.value)
