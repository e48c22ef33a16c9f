"""Small files of conversations, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from convsim.conversations import Conversation, read_conversations

SYSTEM = {"role": "system", "content": "Be kind."}
ASK = {"role": "user", "content": "Do it."}
NO = {"role": "assistant", "content": "No."}
PLEASE = {"role": "user", "content": "Please."}
YES = {"role": "assistant", "content": "Yes."}
CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
FOUND = {"role": "tool", "tool_call_id": "c1", "content": "found"}


def read(tmp_path: Path, *rows: object, **options: Any) -> list[Conversation]:
    """The conversations of a file that holds these rows."""
    path = tmp_path / "logs.jsonl"
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return list(read_conversations(path, **options))


def one(tmp_path: Path, messages: Sequence[object], **row: Any) -> Conversation:
    """The one conversation with these messages, and these other keys of its row."""
    (conversation,) = read(tmp_path, {"messages": messages, **row})
    return conversation
