"""Pace: the rate of the last minute, whatever the clock does."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from convsim.progress.pace import Pace


def paced(*looks: tuple[float, int], start: int = 0) -> Pace:
    """A pace that has seen these counts at these times, from time 0 on."""
    pace = Pace(0.0, start)
    for now, done in looks:
        pace.see(now, done)
    return pace


def steady(until: int, per_second: int = 1, since: int = 0) -> Iterable[tuple[float, int]]:
    return ((float(second), second * per_second) for second in range(since + 1, until + 1))


@pytest.mark.parametrize(
    ("looks", "rate"),
    [
        ([], 0.0),
        ([(0.0, 5)], 0.0),  # no time has passed: nobody can know
        ([(10.0, 0)], 0.0),
        ([(10.0, 20)], 2.0),
        ([(600.0, 2)], 0.0),  # a jump, see below
        ([(200.0, 1), (400.0, 2)], 0.005),  # slow: as far back as it takes
    ],
)
def test_a_rate_is_what_ended_over_the_time_it_took(
    looks: list[tuple[float, int]], rate: float
) -> None:
    assert paced(*looks).rate == pytest.approx(rate)


def test_only_the_last_minute_counts() -> None:
    """A run that becomes ten times faster says so a minute later; its average does not forget."""
    slow = list(steady(100))
    fast = [(100.0 + second, 100 + 10 * second) for second in range(1, 65)]
    pace = paced(*slow, *fast)
    assert pace.rate == pytest.approx(10, rel=0.01)
    assert pace.average == pytest.approx(740 / 164)


def test_a_stall_lowers_the_rate_and_never_freezes_it() -> None:
    """Nothing ends during an outage: the rate falls with every second and stays above zero."""
    pace = paced(*steady(100, per_second=50))
    rates = []
    for second in range(101, 400):
        pace.see(float(second), 5000)
        rates.append(pace.rate)
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[-1] < 1


def test_what_an_earlier_session_did_sets_no_pace() -> None:
    assert paced((10.0, 90_020), start=90_000).rate == pytest.approx(2.0)


@pytest.mark.parametrize("jump", [-5000.0, 86400.0 * 365])
def test_a_jump_of_the_clock_changes_nothing(jump: float) -> None:
    """What passed and what ended across the jump both go uncounted."""
    pace = paced(*steady(30), (30.0 + jump, 31))
    assert (pace.rate, pace.elapsed) == pytest.approx((1.0, 30.0))
    pace.see(31.0 + jump, 32)
    assert (pace.rate, pace.elapsed) == pytest.approx((1.0, 31.0))


def test_memory_is_flat() -> None:
    """Marks of the last minute only, however long the run and however often one looks."""
    pace = paced(*((tick / 5, tick * 7) for tick in range(1, 5_000)))
    assert len(pace._marks) < 70
