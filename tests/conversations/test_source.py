"""Sources: bytes, lines and JSON of a file, whole, odd or broken, and never all at once."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from convsim.conversations import read_conversations
from convsim.conversations.source import Source
from convsim.errors import InputError
from tests.conversations.rows import ASK, NO

ROW = orjson.dumps({"messages": [ASK, NO]})


def written(tmp_path: Path, raw: bytes) -> Path:
    path = tmp_path / "logs"
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (ROW, ["line-1"]),
        (ROW + b"\n" + ROW + b"\n", ["line-1", "line-2"]),
        (ROW + b"\r\n\r\n" + ROW + b"\r\n", ["line-1", "line-3"]),
        (b"\xef\xbb\xbf" + ROW, ["line-1"]),
        (b"\xef\xbb\xbf\r\n" + ROW, ["line-2"]),
        (gzip.compress(ROW + b"\n" + ROW, mtime=0), ["line-1", "line-2"]),
        (b"[" + ROW + b"," + ROW + b"]", ["item-1", "item-2"]),
        (b"[\n  " + ROW + b",\n  " + ROW + b"\n]\n", ["item-1", "item-2"]),
        (gzip.compress(b"[" + ROW + b"]", mtime=0), ["item-1"]),
        (b"\xef\xbb\xbf[" + ROW + b"]", ["item-1"]),
        (orjson.dumps(orjson.loads(ROW), option=orjson.OPT_INDENT_2), ["logs"]),
        (b'[{"score": NaN, ' + ROW[1:] + b"]", ["item-1"]),
        (b'{"score": NaN, ' + ROW[1:], ["line-1"]),
    ],
    ids=[
        "one line",
        "two lines",
        "CRLF",
        "a byte order mark",
        "a byte order mark on a blank line",
        "gzip",
        "an array on one line",
        "an array over lines",
        "a gzipped array",
        "an array after a byte order mark",
        "one object over lines",
        "NaN, as Python writes it",
        "NaN on a line",
    ],
)
def test_rows_are_found(tmp_path: Path, raw: bytes, names: list[str]) -> None:
    """Named after where they stand, where they have no id."""
    found = list(read_conversations(written(tmp_path, raw)))
    assert [conversation.id for conversation in found] == names


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (ROW + b'\n{"messages": [{"role"', ":2: not JSON: unexpected end of data at column 22; a "),
        (ROW[:-5], ":1: not JSON: "),
        (b"{", ":1: not JSON: "),
        (b"[" + ROW + b",", ":1: not JSON: "),
        (b"[\n" + ROW + b",\n{]\n", ":3: not JSON: "),
        (b"[]", " is empty; it should hold one JSON object a line"),
        (b"", " is empty; it should hold one JSON object a line"),
        (gzip.compress(b"", mtime=0), " is empty; it should hold one JSON object a line"),
        (b"hello", ":1: not JSON: "),
        (b"\xff\xfeh\x00i\x00", ":1: not UTF-8; save the file as UTF-8"),
        (b'[{"id": "\xe9"}]', ": not UTF-8; save the file as UTF-8"),
        (gzip.compress(ROW * 50, mtime=0)[:-12], " is damaged or cut short ("),
        (gzip.compress(ROW, mtime=0)[:3] + b"xxxxxxxxxxxxxxxxx", " is damaged or cut short ("),
        (b'{"messages": [{"role": "user", "content": "\\ud800"}]}', ":1: not JSON: "),
        (b'[{"messages": [{"role": "user", "content": "\\ud800"}]}]', ":1: not JSON: "),
        (b"[" * 5000 + b"]" * 5000, ":1: not JSON: "),
        (b"[5]", ": item 1: expected an object with a list `messages` of {role, content}, fou"),
    ],
)  # fmt: skip
def test_what_is_broken_names_its_place(tmp_path: Path, raw: bytes, message: str) -> None:
    path = written(tmp_path, raw)
    with pytest.raises(InputError) as caught:
        list(read_conversations(path))
    assert str(caught.value).startswith(f"{path}{message}")


@pytest.mark.parametrize("opened", [Path.write_bytes, lambda path, raw: path.write_bytes(
    gzip.compress(raw, 1, mtime=0))], ids=["plain", "gzip"])  # fmt: skip
def test_a_large_file_takes_little_memory(
    tmp_path: Path, opened: Callable[[Path, bytes], int]
) -> None:
    """40 MB of lines, never more than a few of them at a time."""
    path = tmp_path / "logs.jsonl"
    row = orjson.dumps({"messages": [{**ASK, "content": "x" * 100_000}, NO]}) + b"\n"
    opened(path, row * 400)
    tracemalloc.start()
    try:
        count = sum(1 for _ in read_conversations(path))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (count, peak < 4_000_000) == (400, True), peak


def test_a_table_may_have_long_cells(tmp_path: Path) -> None:
    """Python's own limit for a cell is 128 KiB."""
    path = written(tmp_path, b'a,b\n1,"' + b"x\n" * 200_000 + b'"\n')
    ((number, row),) = Source(path).table()
    assert (number, len(row["b"])) == (200_002, 400_000)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'a,b\n1,"x', ":1: not CSV: unexpected end of data"),
        (b"a,b\n1,\xe9\n", "not UTF-8; save the file as UTF-8"),
    ],
)
def test_a_broken_table(tmp_path: Path, raw: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        list(Source(written(tmp_path, raw)).table())
    assert message in str(caught.value)
