"""Which format a file has, and reading it: `read_conversations`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from convsim.conversations import inspect_log, openai_messages, promptfoo, pyrit, sharegpt
from convsim.conversations.building import conversation_of
from convsim.conversations.conversation import Conversation
from convsim.conversations.record import Record, Remarks
from convsim.conversations.source import Source, decoded
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
    wrote the file is seen from its content unless `format` says it. From the first row on that is
    none, the rest of the file is only checked; the `InputError` at the end names every such row.
    """
    source = Source(Path(path))
    if format is not None and format not in FORMATS:
        raise InputError(f"unknown format '{format}'{choices(format, FORMATS)}")
    if not source.path.is_file():
        raise InputError(f"{path} is no file; give a JSONL file with one conversation a line")
    remarks, mistakes = Remarks(source.path), source.mistakes
    found = False
    with mistakes.noted():  # what cuts the whole file short is one more
        for record in FORMATS[format or format_of(source)].records(source):
            found = True
            with mistakes.noted():
                read = conversation_of(record, expect=expect, policy=policy, remarks=remarks)
                if not mistakes.count:
                    yield read
    remarks.close()
    mistakes.settle()
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
    row = _first_row(source)
    return next((name for name, it in FORMATS.items() if it.knows(row)), openai_messages.NAME)


def _first_row(source: Source) -> object:
    """The first row that can be read. Where no line is JSON, the first says all there is to say."""
    if source.is_document:
        return next((item.value for item in source.items()), None)
    for _, text in source.lines():
        with suppress(InputError):
            return decoded(text, "")
    first = source.first
    return first and decoded(first.text, f"{source.path}:{first.number}")
