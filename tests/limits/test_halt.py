"""The halt: kept cause, and everybody awake at once."""

from __future__ import annotations

import asyncio
import threading

import pytest

from convsim.errors import Halted, Permanent
from convsim.limits import Halt
from tests.limits.leaping import leap, now

WRONG_KEY = Permanent("rejected the key (401)")


def test_the_first_cause_of_a_halt_is_kept() -> None:
    """A user's Ctrl-C has no cause; a failure while it drains is one."""
    halt, by_user = Halt(), Halt()
    halt.request(WRONG_KEY)
    halt.request(Permanent("another"))
    by_user.request()
    by_user.request(WRONG_KEY)
    assert (halt.cause, by_user.cause) == (WRONG_KEY, WRONG_KEY)


def test_a_halt_wakes_every_sleeper_at_once() -> None:
    """A thousand calls that wait an hour end in the second of the halt."""
    halt = Halt()

    async def main() -> tuple[list[type[BaseException]], float]:
        sleepers = [asyncio.ensure_future(halt.sleep(3600)) for _ in range(1000)]
        await asyncio.sleep(5)
        halt.request()
        ended = await asyncio.gather(*sleepers, return_exceptions=True)
        return [type(end) for end in ended if end is not None], now()

    assert leap(main()) == ([Halted] * 1000, 5.0)


def test_sleeping_without_a_halt_takes_its_time() -> None:
    async def main() -> float:
        await Halt().sleep(7)
        return now()

    assert leap(main()) == 7.0


async def test_a_halt_from_another_thread_wakes_the_loop() -> None:
    halt = Halt()
    thread = threading.Timer(0.02, halt.request)
    thread.start()
    async with asyncio.timeout(10):
        with pytest.raises(Halted):
            await halt.sleep(3600)
    thread.join()


async def test_after_a_halt_nobody_starts_to_wait() -> None:
    halt = Halt()
    halt.request()
    with pytest.raises(Halted):
        await halt.sleep(3600)


def test_a_halt_outlives_its_loops() -> None:
    """One that is made outside of a loop serves several, and no sleeper is left behind."""
    halt = Halt()
    for _ in range(2):
        leap(halt.sleep(1))

    async def cancelled() -> None:
        async with asyncio.timeout(1):
            await halt.sleep(3600)

    with pytest.raises(TimeoutError):
        leap(cancelled())
    halt.request()
    assert halt.requested


async def test_a_cancelled_sleeper_is_cancelled_though_a_halt_comes_too() -> None:
    halt = Halt()
    sleeper = asyncio.ensure_future(halt.sleep(3600))
    await asyncio.sleep(0)
    halt.request()
    sleeper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeper
