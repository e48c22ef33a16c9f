"""`convsim stitch` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.shell import convsim as shell
from tests.cli.shell import inside
from tests.test_stitching import LEFT, RIGHT, gives, played, row, write


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Two users, one of whom has the whole."""
    return write(
        tmp_path / "logs.jsonl",
        row("ann", LEFT, id="mon"),
        row("bob", LEFT),
        row("ann", RIGHT, id="tue"),
        row("bob", LEFT),
    )


async def test_a_file_of_conversations_is_stitched(logs: Path) -> None:
    """From a process of its own, in 80 columns."""
    done = await shell("stitch", logs)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert "    several dialogues  50.0% [1.3, 98.7]    1/2 users" in lines
    assert "    tue  turn 1: right; the whole is out at turn 1" in lines
    assert max(map(len, lines)) <= 80


async def test_a_run_is_stitched_across_targets(tmp_path: Path) -> None:
    path = await played(tmp_path / "run", {"a": gives("left"), "b": gives("right")})
    done = inside("stitch", path, "--arms", "restricted", "--across", "targets")
    assert (done.code, done.err) == (0, "")
    assert "2 of 2 users needed more than one target" in done.out


def test_rows_and_numbers_for_machines(logs: Path, tmp_path: Path) -> None:
    """A row for each user with `-o`, the numbers with `--json`."""
    out = tmp_path / "users.jsonl"
    done = inside("stitch", logs, "--json", "-o", out)
    assert done.json["endings"]["across"] == 1
    assert done.json["rates"]["recorded"][0]["value"] == 0.5
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(each["user"], each["ending"]) for each in rows] == [("ann", "across"), ("bob", "held")]
    assert rows[0]["closed_at"] == {"dialogue": "tue", "turn": 1}
    done = inside("stitch", logs, "-o", "-")
    assert [json.loads(line)["user"] for line in done.out.splitlines()] == ["ann", "bob"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.jsonl"], "nowhere.jsonl does not exist; give a run directory or a JSONL file"),
        (["{logs}", "-o", "{logs}"], "choose another -o"),
        (["{logs}", "--across", "models"], "allowed: targets"),
    ],
)
def test_wrong_input_is_one_line(arguments: list[str], words: str, logs: Path) -> None:
    """And exit code 2."""
    done = inside("stitch", *(item.format(logs=logs) for item in arguments))
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert len(done.err.splitlines()) == 1
