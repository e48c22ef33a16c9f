"""Limits as a user sets them."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.errors import InputError
from convsim.limits import Limits


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"concurrency": 0}, "concurrency is 0; at least 1 is needed"),
        ({"attempts": 0}, "attempts is 0; at least 1 is needed"),
        ({"rpm": 0}, "rpm is 0; it has to be above 0"),
        ({"tpm": -5}, "tpm is -5; it has to be above 0"),
        ({"timeout": -1}, "timeout is -1; it has to be above 0"),
        ({"patience": float("nan")}, "patience is nan; it has to be above 0"),
        ({"rpm": float("inf")}, "rpm is inf; it has to be above 0"),
    ],
)
def test_limits_that_allow_nothing_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        Limits(**given)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("whole", "n", "share"),
    [
        (Limits(), 1, Limits()),
        (Limits(concurrency=32, rpm=600, tpm=9000), 3, Limits(10, rpm=200, tpm=3000)),
        (Limits(concurrency=2, attempts=7), 8, Limits(1, attempts=7)),
    ],
)
def test_limits_are_divided_among_shards(whole: Limits, n: int, share: Limits) -> None:
    """Quotas and concurrency are; attempts, time limit and patience are each call's own."""
    assert whole.divided(n) == share


def test_limits_are_not_divided_by_nothing() -> None:
    with pytest.raises(InputError, match="limits cannot be divided by 0; at least 1 is needed"):
        Limits().divided(0)
