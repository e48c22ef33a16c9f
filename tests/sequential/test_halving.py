"""The end of an interval, found by halving."""

from __future__ import annotations

import pytest

from convsim.sequential.halving import end_of


@pytest.mark.parametrize("end", [0.0, 1e-6, 1 / 3, 0.5, 1 - 1e-6])
def test_it_is_found_from_either_side(end: float) -> None:
    """To 12 digits, and never inside of what is kept."""
    low = end_of(lambda value: value <= end, out=0.0, kept=1.0)
    high = end_of(lambda value: value >= end, out=1.0, kept=0.0)
    assert low == pytest.approx(end, abs=1e-12)
    assert high == pytest.approx(end, abs=1e-12)
    assert low <= end <= high
