"""Which format a file has, and reading it: `read_conversations`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from convsim.conversations import inspect_log, openai_messages, promptfoo, pyrit, sharegpt
from convsim.conversations.building import conversation_of
from convsim.conversations.conversation import Conversation
from convsim.conversations.record import Record, Remarks
from convsim.conversations.source import Source
from convsim.errors import InputError, choices
from convsim.policy import Policy
from convsim.scenario import Expect


class Format(Protocol):
    """A module of this folder that knows one layout."""

    NAME: str

    def knows(self, row: object) -> bool:
        """Whether a row is of this format."""
        ...

    def records(self, source: Source) -> Iterator[Record]:
        """The conversations of a file, as records."""
        ...


FORMATS: Mapping[str, Format] = MappingProxyType(
    {it.NAME: it for it in (openai_messages, sharegpt, inspect_log, pyrit, promptfoo)}
)
"""The formats by name, the likelier first."""


def read_conversations(
    path: str | Path,
    *,
    expect: Expect | None = None,
    policy: Policy | None = None,
    format: str | None = None,
) -> Iterator[Conversation]:
    """The conversations of a file, in order.

    `expect` says what was right where a row does not; `policy` resolves rules named by id. What
    wrote the file is seen from its content unless `format` says it. Raises `InputError` with file
    and line at the first row that is none.
    """
    source = Source(Path(path))
    if format is not None and format not in FORMATS:
        raise InputError(f"unknown format '{format}'{choices(format, FORMATS)}")
    if not source.path.is_file():
        raise InputError(f"{path} is no file; give a JSONL file with one conversation a line")
    remarks = Remarks(source.path)
    found = False
    for record in FORMATS[format or format_of(source)].records(source):
        found = True
        yield conversation_of(record, expect=expect, policy=policy, remarks=remarks)
    remarks.close()
    if not found:
        raise InputError(f"{path} is empty; it should hold one JSON object a line")


def format_of(source: Source) -> str:
    """What wrote a file, by its first row. Rows like nobody's are OpenAI's with a mistake."""
    if source.is_zip:
        return inspect_log.NAME
    if source.first is None:
        return openai_messages.NAME
    if source.first.text[:1] not in (b"{", b"["):
        header = source.first.text.decode(errors="replace")
        columns = [name.strip('" ') for name in header.split(",")]
        return pyrit.NAME if pyrit.knows(dict.fromkeys(columns)) else openai_messages.NAME
    row = next((item.value for item in source.items()), None)
    return next((name for name, it in FORMATS.items() if it.knows(row)), openai_messages.NAME)
