"""Formats: which one a file has is seen from what is in it, or said."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from convsim.conversations import FORMATS, read_conversations
from convsim.conversations.formats import format_of
from convsim.conversations.source import Source
from convsim.errors import InputError
from tests.conversations.rows import ASK, NO

PIECE = {"conversation_id": "c", "role": "user", "converted_value": "Do it."}
RESULT = {"testIdx": 0, "promptIdx": 0, "prompt": {"raw": "Do it."}, "vars": {}, "response": {}}


@pytest.mark.parametrize(
    ("row", "format"),
    [
        ({"messages": [ASK, NO]}, "openai"),
        ({"conversation": [ASK, NO]}, "openai"),
        ({"prompt": "x", "answer": "y"}, "openai"),
        ({"conversations": []}, "sharegpt"),
        ({"eval": {}, "samples": []}, "inspect"),
        (PIECE, "pyrit"),
        (RESULT, "promptfoo"),
        ({"evalId": "e", "results": {"version": 3, "results": []}}, "promptfoo"),
    ],
)
def test_the_first_row_tells(tmp_path: Path, row: object, format: str) -> None:
    """As a line, as the item of an array, or spread over lines."""
    path = tmp_path / "logs"
    for raw in (
        orjson.dumps(row),
        b"\n\n" + orjson.dumps(row) + b"\n",
        orjson.dumps([row, row]),
        orjson.dumps(row, option=orjson.OPT_INDENT_2),
        orjson.dumps([row], option=orjson.OPT_INDENT_2),
    ):
        path.write_bytes(raw)
        assert format_of(Source(path)) == format


@pytest.mark.parametrize(
    ("raw", "format"),
    [
        (b"PK\x03\x04", "inspect"),
        (b"PK\x05\x06", "inspect"),
        (b"id,role,conversation_id,converted_value\n", "pyrit"),
        (b'"role","conversation_id","original_value"\n', "pyrit"),
        (b"role,text\n", "openai"),
        (b"", "openai"),
    ],
)
def test_the_first_bytes_tell(tmp_path: Path, raw: bytes, format: str) -> None:
    path = tmp_path / "logs"
    path.write_bytes(raw)
    assert format_of(Source(path)) == format


def test_a_named_format_is_not_looked_for(tmp_path: Path) -> None:
    """So the error is about that format."""
    path = tmp_path / "logs.jsonl"
    path.write_bytes(orjson.dumps({"messages": [ASK, NO]}))
    assert len(list(read_conversations(path, format="openai"))) == 1
    with pytest.raises(InputError, match="expected an object with a list `conversations`"):
        list(read_conversations(path, format="sharegpt"))


def test_an_unknown_format_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        list(read_conversations(tmp_path / "x", format="pirit"))
    assert str(caught.value) == (
        "unknown format 'pirit'; did you mean 'pyrit'? "
        "Allowed: openai, sharegpt, inspect, pyrit, promptfoo"
    )


@pytest.mark.parametrize("format", FORMATS)
def test_no_format_takes_what_is_none(tmp_path: Path, format: str) -> None:
    """Each says with the place what it looked for."""
    path = tmp_path / "logs.jsonl"
    path.write_bytes(b'{"x": 1}')
    with pytest.raises(InputError, match=r"logs\.jsonl(:1)?: expected "):
        list(read_conversations(path, format=format))
