"""OpenAI-messages: `{"messages": [{"role": ..., "content": ...}, ...], ...}`, one row a line.

Only `messages` is needed; `conversation`, as WildChat and LMSYS call it, is the same. `system` is a
system prompt that stands beside them, as in Anthropic's requests. What the row says of its case
stands in keys of its own; other keys are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from convsim.conversations.record import Record, keys_of, kind_of
from convsim.conversations.source import Item, Source
from convsim.errors import InputError

NAME = "openai"
LISTS = ("messages", "conversation")


def knows(row: object) -> bool:
    """Whether a row is of this format."""
    return isinstance(row, dict) and any(isinstance(row.get(key), list) for key in LISTS)


def records(source: Source) -> Iterator[Record]:
    """A record for each row."""
    for item in source.items():
        with source.mistakes.noted():
            yield _record(item)


def _record(item: Item) -> Record:
    row = _row(item)
    messages = next(row[key] for key in LISTS if key in row)
    system = row.get("system")
    if isinstance(system, str | list) and system:
        messages = [{"role": "system", "content": system}, *messages]
    return Record(item.place, item.name, messages, id=row.get("id"), case=row)


def _row(item: Item) -> Mapping[str, Any]:
    row = item.value
    if not isinstance(row, dict):
        found = kind_of(row)
    elif not any(key in row for key in LISTS):
        found = keys_of(row)
    elif not isinstance(row.get("messages", row.get("conversation")), list):
        found = f"`messages` that is {kind_of(row.get('messages', row.get('conversation')))}"
    else:
        return row
    raise InputError(
        f"{item.place}: expected an object with a list `messages` of {{role, content}}, "
        f"found {found}"
    )
