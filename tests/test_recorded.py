"""Recorded replies: those of a group, by key, from where they stand in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from convsim.errors import InputError
from convsim.reading import Status
from convsim.recorded import Recorded
from convsim.stores import RunDirectory
from convsim.transcript import Reply, Usage


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[RunDirectory]:
    with RunDirectory.create(tmp_path / "run") as made:
        yield made


def row(sample: str, key: str, reply: Reply) -> dict[str, Any]:
    return {"sample": sample, "key": key, "reply": reply}


RICH = Reply(
    "No.",
    stop="end_turn",
    served="m-2",
    usage=Usage(5, 2),
    reasoning="Hm.",
    attempts=3,
)
BLOCKED = Reply("", Status.PROVIDER_BLOCK, block="content_filter")


@pytest.mark.parametrize("reply", [Reply("Yes."), RICH, BLOCKED], ids=["plain", "rich", "blocked"])
def test_a_reply_comes_back_as_it_was(reply: Reply, directory: RunDirectory) -> None:
    """A hit is as good as a call: status, usage and the provider's details included."""
    directory.append("ledger", row("s/1/0", "k", reply))
    assert Recorded(directory).replies("s/1") == {"k": reply}


def test_a_group_has_the_replies_of_its_draws(directory: RunDirectory) -> None:
    """Wherever they stand in the file: groups are played side by side."""
    for sample, key in [
        ("s/1/0", "a"),
        ("s/2/0", "b"),
        ("s/1/resample.1", "c"),
        ("t/1/0", "d"),
        ("s/1/0", "e"),
    ]:
        directory.append("ledger", row(sample, key, Reply(key)))
    recorded = Recorded(directory)
    found = {group: sorted(recorded.replies(group)) for group in ("s/1", "s/2", "t/1", "u/1")}
    assert found == {"s/1": ["a", "c", "e"], "s/2": ["b"], "t/1": ["d"], "u/1": []}


def test_the_last_row_of_a_key_wins(directory: RunDirectory) -> None:
    for text in ("Yes.", "No."):
        directory.append("ledger", row("s/1/0", "k", Reply(text)))
    assert Recorded(directory).replies("s/1") == {"k": Reply("No.")}


def test_only_what_is_wanted_is_remembered(directory: RunDirectory) -> None:
    """A run that is nearly done is resumed in little memory."""
    for n in range(4):
        directory.append("ledger", row(f"s/{n}/0", "k", Reply("No.")))
    recorded = Recorded(directory, {"s/2"}.__contains__)
    assert [len(recorded.replies(f"s/{n}")) for n in range(4)] == [0, 0, 1, 0]


def test_a_run_without_a_ledger_has_recorded_nothing(directory: RunDirectory) -> None:
    assert Recorded(directory).replies("s/1") == {}


def test_a_damaged_row_is_named_when_it_is_used(directory: RunDirectory) -> None:
    """With the file and the place; it is never taken for a call that was not made."""
    for key in ("a", "b"):
        directory.append("ledger", row("s/1/0", key, Reply("No.")))
    path = directory.path / "ledger.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"key":"a","reply"', b'"key":"a","reply', 1))
    with pytest.raises(InputError, match=r"ledger\.jsonl"):
        Recorded(directory).replies("s/1")
