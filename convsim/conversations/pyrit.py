"""PyRIT: the message pieces of its memory, exported as JSON or CSV.

Read: 0.11 to 1.1. Up to 0.14 `memory.export_conversations(...)` writes them; later versions leave
that to `[piece.model_dump(mode="json") for piece in memory.get_message_pieces(...)]`. Either way a
row is one piece of one message; pieces with one `conversation_id` and `sequence` are one message.

What was sent counts (`converted_value`), not what it was converted from. `simulated_assistant`
reads as the assistant. `response_error` says what a piece is no reply of: `blocked` is a provider's
block unless PyRIT kept the model's own words, `processing` and `unknown` are failed calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import orjson

from convsim.conversations.messages import json_of, tool_call
from convsim.conversations.record import Record, case_in, keys_of, kind_of, object_of
from convsim.conversations.source import Item, Source
from convsim.errors import InputError

NAME = "pyrit"
NEEDED = ("conversation_id", "role")
VALUES = ("converted_value", "original_value")
_STOPS = {"blocked": "content_filter", "processing": "error", "unknown": "error"}
_CALLS = ("function_call", "tool_call")

Piece = Mapping[str, Any]


def knows(row: object) -> bool:
    """Whether a row is of this format."""
    return (
        isinstance(row, dict)
        and all(key in row for key in NEEDED)
        and any(key in row for key in VALUES)
    )


def records(source: Source) -> Iterator[Record]:
    """A record for each conversation, in the order of their first pieces. All pieces are held."""
    conversations: dict[str, list[tuple[str, Piece]]] = {}
    for item in _items(source):
        piece = item.value
        if not isinstance(piece, dict) or not knows(piece):
            found = keys_of(piece) if isinstance(piece, dict) else kind_of(piece)
            raise InputError(
                f"{item.place}: expected a message piece with conversation_id, role and "
                f"converted_value, found {found}"
            )
        key = str(piece["conversation_id"] or item.name)
        conversations.setdefault(key, []).append((item.place, piece))
    for id, pieces in conversations.items():
        place = pieces[0][0]
        labels = pieces[0][1].get("labels")
        case, loose = case_in(labels)
        messages = list(_messages(piece for _, piece in _sorted(pieces)))
        yield Record(place, id, messages, id=id, case=case, loose=loose)


def _items(source: Source) -> Iterator[Item]:
    if source.first is not None and source.first.text[:1] not in (b"{", b"["):
        for number, row in source.table():
            yield Item(f"{source.path}:{number}", f"line-{number}", row)
    else:
        yield from source.items()


def _sorted(pieces: list[tuple[str, Piece]]) -> list[tuple[str, Piece]]:
    """The pieces in their order; as they stand in the file, where they were never numbered."""
    return sorted(pieces, key=lambda item: _sequence(*item))


def _sequence(place: str, piece: Piece) -> int:
    value = piece.get("sequence", -1)
    try:
        return int(value)
    except (TypeError, ValueError):
        raise InputError(f"{place}: sequence is {value!r}; expected a whole number") from None


def _messages(pieces: Iterable[Piece]) -> Iterator[Mapping[str, Any]]:
    """The messages that the pieces are parts of. Only numbered pieces can be parts of one."""
    numbered = enumerate(pieces)
    for _, parts in groupby(numbered, key=lambda it: (_number(*it), it[1]["role"])):
        yield from _message([piece for _, piece in parts])


def _number(n: int, piece: Piece) -> tuple[int, int]:
    sequence = int(piece.get("sequence", -1))
    return (sequence, 0) if sequence >= 0 else (sequence, n)


def _message(pieces: list[Piece]) -> Iterator[Mapping[str, Any]]:
    role = pieces[0]["role"]
    role = "assistant" if role == "simulated_assistant" else role
    content: list[Mapping[str, Any]] = []
    calls: list[Mapping[str, Any]] = []
    stop = None
    for piece in pieces:
        kind, value = _value(piece)
        metadata = object_of(piece.get("prompt_metadata"))
        if refusal := metadata.get("structured_refusal"):
            content.append({"type": "refusal", "refusal": refusal})
        elif reason := _STOPS.get(str(piece.get("response_error"))):
            stop = reason
        elif kind in _CALLS:
            calls.append(_called(value))
        elif kind == "function_call_output":
            yield {"role": "tool", **_result(value)}
        elif kind == "error":
            continue
        else:
            content.append(_part(kind, value))
        stop = stop or ("length" if metadata.get("truncated") else None)
    if content or calls or stop or role != "tool":
        yield {"role": role, "content": content, "tool_calls": calls, "finish_reason": stop}


def _value(piece: Piece) -> tuple[str, str]:
    kind = piece.get("converted_value_data_type") or piece.get("original_value_data_type")
    value = next((piece[key] for key in VALUES if piece.get(key)), "")
    return str(kind or "text"), str(value)


def _part(kind: str, value: str) -> Mapping[str, Any]:
    if kind in ("text", "url"):
        return {"type": "text", "text": value}
    if kind == "reasoning":
        return {"type": "reasoning", "reasoning": _object(value) or value}
    return {"type": kind.removesuffix("_path")}


def _called(value: str) -> Mapping[str, Any]:
    call = _object(value)
    function = object_of(call.get("function")) or call
    name = str(function.get("name") or "tool")
    id = call.get("call_id") or call.get("id")
    return tool_call(name, function.get("arguments") or value, str(id) if id else None)


def _result(value: str) -> Mapping[str, Any]:
    result = _object(value)
    output = result.get("output", value)
    text = output if isinstance(output, str) else json_of(output)
    return {"content": text, "tool_call_id": result.get("call_id")}


def _object(value: str) -> Mapping[str, Any]:
    """The object that a value is the JSON of; nothing where it is plain text."""
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError:
        return {}
    return object_of(found)
