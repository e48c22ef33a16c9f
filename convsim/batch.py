"""Many dialogues at once: bounded workers pull from a lazy plan until it is empty or halted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TypeVar

from convsim.errors import Halted, Permanent
from convsim.limits import Halt

Job = TypeVar("Job")
Result = TypeVar("Result")


async def batch(
    jobs: Iterable[Job],
    play: Callable[[Job], Awaitable[Result]],
    sink: Callable[[Result], None],
    *,
    concurrency: int,
    halt: Halt,
) -> None:
    """Play every job, at most `concurrency` at a time, and hand each result to `sink`.

    One dialogue's failure is one result. A `Permanent` error halts the run: no further call is
    made, the calls in flight end, their dialogues get no row, and the error is raised. After
    `halt.request()` the same happens, quietly.
    """
    remaining = _until(halt, jobs)

    async def work() -> None:
        for job in remaining:
            try:
                result = await play(job)
            except Halted:
                return
            except Permanent as error:
                halt.request(error)
                return
            sink(result)

    async with asyncio.TaskGroup() as workers:
        for _ in range(concurrency):
            workers.create_task(work())
    if halt.cause is not None:
        raise halt.cause


def _until(halt: Halt, jobs: Iterable[Job]) -> Iterator[Job]:
    """The jobs, one at a time; after the halt no further one is even made."""
    if halt.requested:
        return
    for job in jobs:
        yield job
        if halt.requested:
            return
