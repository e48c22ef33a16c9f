"""Whose conversation a row is, and when it began."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from convsim.conversations.users import odd_time, time_of, user_of
from tests.conversations.rows import ASK, NO, one


@pytest.mark.parametrize(
    ("row", "user"),
    [
        ({"user": "ann"}, "ann"),
        ({"user_id": 17}, "17"),
        ({"account": "a-1"}, "a-1"),
        ({"session_user": "s"}, "s"),
        ({"account": "x", "user": "ann"}, "ann"),
        ({"user": "", "account": "x"}, "x"),
        ({"user": {"name": "ann"}}, None),
        ({"user": True}, None),
        ({"user": " "}, None),
        ({}, None),
    ],
)
def test_a_user_is_named_in_several_spellings(row: dict[str, Any], user: str | None) -> None:
    """What cannot be a name is somebody else's key, and left alone."""
    assert user_of(row) == user


@pytest.mark.parametrize(
    ("row", "time"),
    [
        ({"time": 12}, 12.0),
        ({"timestamp": 12.5}, 12.5),
        ({"created_at": "1970-01-01T00:00:30Z"}, 30.0),
        ({"time": "1970-01-01 00:00:30"}, 30.0),
        ({"time": "1970-01-01T01:00:30+01:00"}, 30.0),
        ({"time": "yesterday", "timestamp": 3}, 3.0),
        ({"time": "yesterday"}, None),
        ({"time": float("nan")}, None),
        ({"time": True}, None),
        ({"time": [1]}, None),
        ({}, None),
    ],
)
def test_a_time_is_a_number_or_a_date(row: dict[str, Any], time: float | None) -> None:
    """A date without a zone is UTC, so that a file means the same everywhere."""
    assert time_of(row) == time


@pytest.mark.parametrize(
    ("row", "odd"),
    [
        ({"time": "yesterday"}, "time is 'yesterday'"),
        ({"created_at": "1700000000 s"}, "created_at is '1700000000 s'"),
        ({"timestamp": True}, "timestamp is True"),
        ({"time": "yesterday", "timestamp": 3}, None),
        ({"time": ""}, None),
        ({"time": None}, None),
        ({"time": 3}, None),
        ({}, None),
    ],
)
def test_what_is_no_time_is_kept_for_who_needs_one(
    tmp_path: Path, row: dict[str, Any], odd: str | None
) -> None:
    """Reading goes on: only the order of a user's conversations depends on it."""
    assert odd_time(row) == odd
    assert one(tmp_path, [ASK, NO], **row).odd_time == odd


def test_a_conversation_has_both(tmp_path: Path) -> None:
    said = one(tmp_path, [ASK, NO], user="ann", time=5)
    assert (said.user, said.time) == ("ann", 5.0)
    said = one(tmp_path, [ASK, NO])
    assert (said.user, said.time) == (None, None)
