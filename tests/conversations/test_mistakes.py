"""Mistakes: a file with several bad rows names all of them, and gives none after the first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest

from convsim.conversations import Conversation, Mistakes, read_conversations
from convsim.conversations.mistakes import SHOWN
from convsim.errors import InputError
from tests.conversations.rows import ASK, NO

GOOD = orjson.dumps({"messages": [ASK, NO]})
TORN = GOOD[:-5]
NO_ROW = b"[]"
NO_ROLE = b'{"messages": [{"role": "wizard"}]}'
NO_EXPECT = orjson.dumps({"messages": [ASK, NO], "expect": "refuse"})
NO_SPEAKER = b'{"conversations": [{"from": "wizard", "value": "x"}]}'


def written(tmp_path: Path, *rows: bytes) -> Path:
    path = tmp_path / "logs.jsonl"
    path.write_bytes(b"\n".join(rows))
    return path


def told(path: Path, format: str | None = None) -> tuple[int, list[str]]:
    """How many conversations came, and what was said in the end."""
    came: list[Conversation] = []
    with pytest.raises(InputError) as caught:
        came.extend(read_conversations(path, format=format))
    return len(came), [line.removeprefix(str(path)) for line in str(caught.value).splitlines()]


@pytest.mark.parametrize(
    ("rows", "came", "places"),
    [
        ([TORN], 0, [":1: not JSON"]),
        ([GOOD, TORN], 1, [":2: not JSON"]),
        ([GOOD, NO_ROLE, GOOD], 1, [":2: message 1"]),
        ([NO_EXPECT, GOOD, NO_EXPECT], 0, [":1: expect", ":3: expect", ": 2 rows cannot be used"]),
        (
            [GOOD, TORN, NO_EXPECT, GOOD, NO_ROLE, NO_ROW],
            1,
            [":2: not JSON", ":3: expect", ":5: message", ":6: expected an", ": 4 rows cannot be"],
        ),
        ([TORN, GOOD, NO_ROLE], 0, [":1: not JSON", ":3: message", ": 2 rows cannot be used"]),
        ([TORN, TORN, b"x"], 0, [":1: not JSON"]),
    ],
    ids=[
        *("one line", "the last line", "one row", "two rows", "of all kinds", "the first line"),
        "no line is JSON",
    ],
)
def test_every_bad_row_is_named(
    tmp_path: Path, rows: Sequence[bytes], came: int, places: Sequence[str]
) -> None:
    """Rows before the first bad one come; those after it are only checked."""
    found = told(written(tmp_path, *rows))
    assert (found[0], len(found[1])) == (came, len(places))
    assert all(line.startswith(place) for line, place in zip(found[1], places, strict=True))


def test_rows_of_other_formats_are_all_named(tmp_path: Path) -> None:
    good = b'{"conversations": [{"from": "human", "value": "x"}]}'
    _, lines = told(written(tmp_path, good, NO_SPEAKER, GOOD, NO_SPEAKER))
    assert [line[:3] for line in lines] == [":2:", ":3:", ":4:", ": 3"]


def test_many_are_counted(tmp_path: Path) -> None:
    """A mistake of a program is in every row: some of them say enough."""
    came, lines = told(written(tmp_path, GOOD, *[NO_EXPECT] * 3000))
    assert (came, len(lines)) == (1, SHOWN + 1)
    assert lines[-1] == ": 3000 rows cannot be used; the first 20 are named"


def test_what_cuts_the_file_short_is_one_more(tmp_path: Path) -> None:
    """And comes after the rows before it."""
    path = written(tmp_path, b"[5, {}]")
    _, lines = told(path, "openai")
    assert [line[:8] for line in lines] == [": item 1", ": item 2", ": 2 rows"]


def test_nothing_noted_is_nothing_raised(tmp_path: Path) -> None:
    mistakes = Mistakes(tmp_path)
    with mistakes.noted():
        pass
    mistakes.settle()
    with pytest.raises(KeyError), mistakes.noted():
        raise KeyError
