"""Whose conversation it is, and when it began: what joins the conversations of one user.

Rows had keys of these names before anybody asked for them, so what does not fit is left alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

USER_KEYS = ("user", "user_id", "account", "session_user")
TIME_KEYS = ("time", "timestamp", "created_at")


def user_of(row: Mapping[str, Any]) -> str | None:
    """The user that a row names; numbers are texts here.

    >>> user_of({"id": "a", "account": 17})
    '17'
    """
    for key in USER_KEYS:
        value = row.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value)
    return None


def odd_time(row: Mapping[str, Any]) -> str | None:
    """What a row says that can be no time, where it says nothing else about its time.

    >>> odd_time({"time": "yesterday"})
    "time is 'yesterday'"
    """
    given = {key: row[key] for key in TIME_KEYS if row.get(key) not in (None, "")}
    if time_of(row) is not None:
        return None
    return next((f"{key} is {value!r}" for key, value in given.items()), None)


def time_of(row: Mapping[str, Any]) -> float | None:
    """When a row says that it began: a number, or a date in ISO 8601, which is UTC by default.

    >>> time_of({"timestamp": "1970-01-01T00:01:00Z"})
    60.0
    """
    for key in TIME_KEYS:
        value = row.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
        if isinstance(value, str):
            try:
                found = datetime.fromisoformat(value.strip())
            except ValueError:
                continue
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    return None
