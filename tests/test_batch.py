"""Batches: lazy, bounded, one result per job, and how they stop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count

import pytest

from convsim.batch import batch
from convsim.errors import Halted, Permanent
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

    await batch(range(10), double, results.append, concurrency=4, halt=Halt())
    assert sorted(results) == [2 * job for job in range(10)]


async def test_results_arrive_as_they_come() -> None:
    """A slow dialogue does not hold up the others."""
    results: list[int] = []

    async def play(job: int) -> int:
        await asyncio.sleep(0.05 if job == 1 else 0)
        return job

    await batch(Jobs(6), play, results.append, concurrency=2, halt=Halt())
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
    await batch(jobs, play, results.append, concurrency=concurrency, halt=Halt())
    assert (peak, len(results)) == (concurrency, 40)


async def test_an_endless_plan_ends_with_a_halt() -> None:
    """Plans are lazy: after a halt nothing more is taken from them."""
    jobs, halt, results = Jobs(), Halt(), list[int]()

    async def play(job: int) -> int:
        await asyncio.sleep(0)
        if job == 20:
            halt.request()
        return job

    await batch(jobs, play, results.append, concurrency=4, halt=halt)
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
        await batch(jobs, play, results.append, concurrency=3, halt=halt)
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

    await batch(jobs, play, results.append, concurrency=3, halt=halt)
    assert (results, jobs.taken) == ([1], 3)


async def test_a_batch_that_is_halted_already_does_nothing() -> None:
    halt, results = Halt(), list[int]()
    halt.request()

    async def play(job: int) -> int:
        raise Halted("not reached")

    await batch(Jobs(), play, results.append, concurrency=3, halt=halt)
    assert results == []


async def test_a_bug_ends_the_batch_loudly() -> None:
    """What nobody foresaw is raised, and every worker has ended by then."""
    ended = 0

    async def play(job: int) -> int:
        nonlocal ended
        if job == 3:
            raise ZeroDivisionError
        try:
            await asyncio.sleep(60)
        finally:
            ended += 1
        return job

    with pytest.raises(ExceptionGroup) as caught:
        await batch(Jobs(), play, print, concurrency=3, halt=Halt())
    assert [type(error) for error in caught.value.exceptions] == [ZeroDivisionError]
    assert ended == 2


async def test_an_empty_plan_is_done() -> None:
    async def play(job: int) -> int:
        return job

    await batch([], play, print, concurrency=3, halt=Halt())
