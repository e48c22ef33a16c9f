"""Batches: lazy, bounded, one result per job, and how they stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from itertools import count

import pytest

from convsim.batch import Lane, batch, in_order
from convsim.errors import Halted, OutOfSpace, Permanent
from convsim.limits import Halt


class Jobs:
    """Numbered jobs without end, or up to `n`; remembers how many were taken."""

    def __init__(self, n: int | None = None) -> None:
        self.n = n
        self.taken = 0

    def __iter__(self) -> Iterator[int]:
        for job in count(1):
            if self.n is not None and job > self.n:
                return
            self.taken = job
            yield job


async def test_every_job_gives_one_result() -> None:
    results: list[int] = []

    async def double(job: int) -> int:
        await asyncio.sleep(0.001 * (job % 3))
        return 2 * job

    await batch([Lane(range(10), 4)], double, results.append, halt=Halt())
    assert sorted(results) == [2 * job for job in range(10)]


async def test_results_arrive_as_they_come() -> None:
    """A slow dialogue does not hold up the others."""
    results: list[int] = []

    async def play(job: int) -> int:
        await asyncio.sleep(0.05 if job == 1 else 0)
        return job

    await batch([Lane(Jobs(6), 2)], play, results.append, halt=Halt())
    assert results == [2, 3, 4, 5, 6, 1]


@pytest.mark.parametrize("concurrency", [1, 4, 16])
async def test_work_is_bounded_and_jobs_are_taken_when_there_is_room(concurrency: int) -> None:
    """No job is made before a worker is free for it."""
    jobs, in_flight, peak = Jobs(40), 0, 0

    async def play(job: int) -> int:
        nonlocal in_flight, peak
        in_flight += 1
        peak = max(peak, in_flight)
        assert jobs.taken - job < concurrency
        await asyncio.sleep(0)
        in_flight -= 1
        return job

    results: list[int] = []
    await batch([Lane(jobs, concurrency)], play, results.append, halt=Halt())
    assert (peak, len(results)) == (concurrency, 40)


async def test_an_endless_plan_ends_with_a_halt() -> None:
    """Plans are lazy: after a halt nothing more is taken from them."""
    jobs, halt, results = Jobs(), Halt(), list[int]()

    async def play(job: int) -> int:
        await asyncio.sleep(0)
        if job == 20:
            halt.request()
        return job

    await batch([Lane(jobs, 4)], play, results.append, halt=halt)
    assert 20 <= jobs.taken <= 23
    assert sorted(results) == list(range(1, jobs.taken + 1))


async def test_a_wrong_key_halts_the_batch_and_is_raised() -> None:
    """What is in flight ends and keeps its result; the job that met the error has none."""
    jobs, halt, results = Jobs(), Halt(), list[int]()
    wrong = Permanent("rejected the key (401)")

    async def play(job: int) -> int:
        await asyncio.sleep(0.01)
        if job == 2:
            raise wrong
        await asyncio.sleep(0.01)
        return job

    with pytest.raises(Permanent) as caught:
        await batch([Lane(jobs, 3)], play, results.append, halt=halt)
    assert caught.value is wrong
    assert (sorted(results), jobs.taken) == ([1, 3], 3)
    assert halt.requested


async def test_halted_dialogues_have_no_result() -> None:
    """A dialogue that could not make its next call is simply missing, and nothing is raised."""
    jobs, halt, results = Jobs(), Halt(), list[int]()

    async def play(job: int) -> int:
        await asyncio.sleep(0.001)
        halt.request()
        if job > 1:
            halt.check()
        return job

    await batch([Lane(jobs, 3)], play, results.append, halt=halt)
    assert (results, jobs.taken) == ([1], 3)


async def test_a_batch_that_is_halted_already_does_nothing() -> None:
    halt, results = Halt(), list[int]()
    halt.request()

    async def play(job: int) -> int:
        raise Halted("not reached")

    await batch([Lane(Jobs(), 3)], play, results.append, halt=halt)
    assert results == []


async def test_a_bug_ends_the_batch_loudly() -> None:
    """What nobody foresaw is raised as it is, when the others have ended what they were at."""
    ended = 0

    async def play(job: int) -> int:
        nonlocal ended
        if job == 3:
            raise ZeroDivisionError
        await asyncio.sleep(0.01)
        ended += 1
        return job

    with pytest.raises(ZeroDivisionError):
        await batch([Lane(Jobs(), 3)], play, print, halt=Halt())
    assert ended == 2


async def test_a_reason_that_passes_halts_the_batch_and_is_raised() -> None:
    """A full disk, met by whoever writes a row: the other rows are still tried."""
    halt, results, full = Halt(), list[int](), OutOfSpace("the disk is full")
    fourth, failed = asyncio.Event(), asyncio.Event()

    async def play(job: int) -> int:
        if job == 2:  # the first has ended, and the fourth is under way
            await fourth.wait()
            failed.set()
        elif job > 2:
            if job == 4:
                fourth.set()
            await failed.wait()
            await asyncio.sleep(0.001)
        return job

    def sink(job: int) -> None:
        if job == 2:
            raise full
        results.append(job)

    with pytest.raises(OutOfSpace) as caught:
        await batch([Lane(Jobs(), 3)], play, sink, halt=halt)
    assert caught.value is full
    assert (sorted(results), halt.cause) == ([1, 3, 4], full)


async def test_a_slow_lane_holds_nobody_up() -> None:
    """Each lane has its own workers: one endpoint waits while the other is done long ago."""
    gate, results = asyncio.Event(), list[int]()

    async def play(job: int) -> int:
        if job < 0:
            await gate.wait()
        elif job == 30:
            gate.set()  # the fast lane has come to its end while the slow one stood still
        await asyncio.sleep(0)
        return job

    slow, fast = Lane([-1, -2, -3], 1), Lane(range(1, 31), 2)
    async with asyncio.timeout(5):
        await batch([slow, fast], play, results.append, halt=Halt())
    assert sorted(results) == [-3, -2, -1, *range(1, 31)]
    assert results.index(-1) >= 28


@pytest.mark.parametrize(("left", "right"), [(1, 1), (3, 2), (8, 1)])
async def test_a_lane_is_as_wide_as_it_says(left: int, right: int) -> None:
    """What another lane leaves free is not used: its endpoint has a limit of its own."""
    now, peak = {1: 0, -1: 0}, {1: 0, -1: 0}

    async def play(job: int) -> int:
        lane = 1 if job > 0 else -1
        now[lane] += 1
        peak[lane] = max(peak[lane], now[lane])
        await asyncio.sleep(0)
        now[lane] -= 1
        return job

    lanes = [Lane(range(1, 21), left), Lane(range(-20, 0), right)]
    await batch(lanes, play, lambda _: None, halt=Halt())
    assert peak == {1: left, -1: right}


async def test_an_empty_plan_is_done() -> None:
    async def play(job: int) -> int:
        return job

    await batch([Lane([], 3)], play, print, halt=Halt())
    await batch([], play, print, halt=Halt())


# -- in order


@pytest.mark.parametrize("width", [1, 2, 3, 99])
async def test_results_come_in_the_order_of_the_items(width: int) -> None:
    """Whichever is ready first; as many at a time as there may be, and no more items taken."""
    jobs, running, peak = Jobs(9), 0, 0

    async def work(job: int) -> int:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0.002 * (job % 3))
        running -= 1
        return job

    found = []
    async for result in in_order(jobs, work, width=width):
        found.append(result)
        assert jobs.taken < result + width
    assert found == list(range(1, 10))
    assert peak <= width
    assert (peak == 1) is (width == 1)


@pytest.mark.parametrize("width", [1, 4])
async def test_items_may_come_from_an_async_source(width: int) -> None:
    """And an error of the source comes after the results of what was in flight."""

    async def source() -> AsyncGenerator[int, None]:
        for job in range(1, 6):
            await asyncio.sleep(0)
            yield job
        raise Permanent("no more")

    async def work(job: int) -> int:
        await asyncio.sleep(0.001)
        return job

    found = list[int]()

    async def take() -> None:
        async for result in in_order(source(), work, width=width):
            found.append(result)

    with pytest.raises(Permanent, match="no more"):
        await take()
    assert found == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("width", "found"), [(1, [1]), (2, [1, 3]), (4, [1, 3, 4])])
async def test_the_first_error_in_order_ends_it(width: int, found: list[int]) -> None:
    """Nothing more is begun; what is in flight may be paid for, and comes before the error."""

    async def work(job: int) -> int:
        await asyncio.sleep(0.001 * job)
        if job in (2, 5):
            raise Permanent(f"no model for {job}")
        return job

    jobs, results = Jobs(), list[int]()

    async def take() -> None:
        async for result in in_order(jobs, work, width=width):
            results.append(result)

    with pytest.raises(Permanent, match="no model for 2"):
        await take()
    assert (results, jobs.taken) == (found, 1 + width)
    assert len(asyncio.all_tasks()) == 1


async def test_a_bug_cancels_what_is_in_flight() -> None:
    """Nobody knows what its results would be worth."""

    async def work(job: int) -> int:
        await asyncio.sleep(0 if job == 1 else 60)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await anext(in_order(Jobs(), work, width=4))
    assert len(asyncio.all_tasks()) == 1


async def test_whoever_leaves_early_leaves_nothing_behind() -> None:
    async def work(job: int) -> int:
        await asyncio.sleep(0 if job == 1 else 60)
        return job

    results = in_order(Jobs(), work, width=8)
    assert await anext(results) == 1
    await results.aclose()
    assert len(asyncio.all_tasks()) == 1
