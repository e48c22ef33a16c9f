"""ShareGPT: `{"conversations": [{"from": "human", "value": ...}, {"from": "gpt", ...}]}`.

A JSONL file or one array, as Vicuna's files, FastChat and LLaMA-Factory have it: roles as there,
`system` beside the turns, and `function_call` and `observation` for tools. What the row says of its
case stands in keys of its own, as in the OpenAI format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from convsim.conversations.messages import tool_call
from convsim.conversations.record import Record, keys_of, kind_of
from convsim.conversations.source import Item, Source
from convsim.errors import InputError, choices

NAME = "sharegpt"
ROLES = {
    **dict.fromkeys(("human", "user"), "user"),
    **dict.fromkeys(("gpt", "assistant", "chatgpt", "bing", "bard", "bot", "model"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("tool", "observation", "function_response", "tool_response"), "tool"),
    **dict.fromkeys(("function_call", "tool_call"), "function_call"),
}


def knows(row: object) -> bool:
    """Whether a row is of this format."""
    return isinstance(row, dict) and isinstance(row.get("conversations"), list)


def records(source: Source) -> Iterator[Record]:
    """A record for each row."""
    for item in source.items():
        with source.mistakes.noted():
            yield _record(item)


def _record(item: Item) -> Record:
    row = item.value
    if not isinstance(row, dict) or not knows(row):
        found = keys_of(row) if isinstance(row, dict) else kind_of(row)
        raise InputError(
            f"{item.place}: expected an object with a list `conversations` of {{from, value}}, "
            f"found {found}"
        )
    messages = [
        _message(turn, f"{item.place}: message {n}")
        for n, turn in enumerate(row["conversations"], start=1)
    ]
    if isinstance(row.get("system"), str) and row["system"]:
        messages.insert(0, {"role": "system", "content": row["system"]})
    return Record(item.place, item.name, messages, id=row.get("id"), case=row)


def _message(turn: object, place: str) -> Mapping[str, Any]:
    if not isinstance(turn, dict):
        raise InputError(f"{place} is {kind_of(turn)}; expected {{from, value}}")
    speaker = turn.get("from", turn.get("role"))
    if not isinstance(speaker, str) or speaker not in ROLES:
        raise InputError(f"{place}: from is {speaker!r}{choices(str(speaker), ROLES)}")
    content = turn.get("value", turn.get("content"))
    if ROLES[speaker] == "function_call":
        return _calling(content)
    return {**turn, "role": ROLES[speaker], "content": content}


def _calling(value: object) -> Mapping[str, Any]:
    """A turn that only calls a tool: its value is the call, as JSON. Else it is said as it is."""
    try:
        called = orjson.loads(value) if isinstance(value, str) else value
    except orjson.JSONDecodeError:
        called = None
    calls = [
        tool_call(call["name"], call.get("arguments"))
        for call in (called if isinstance(called, list) else [called])
        if isinstance(call, dict) and isinstance(call.get("name"), str)
    ]
    if calls:
        return {"role": "assistant", "content": None, "tool_calls": calls}
    return {"role": "assistant", "content": value}
