"""Many dialogues at once: bounded workers pull from lazy lanes until they are empty or halted.

`in_order` is the same for work whose results are wanted one by one, in the order of the items.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
)
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from convsim.errors import ConvsimError, Halted
from convsim.limits import Halt

Job = TypeVar("Job")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Lane(Generic[Job]):
    """Jobs that wait for the same endpoint, and how many of them are played at a time.

    Each endpoint has a lane of its own, so that a slow one holds nobody else up.
    """

    jobs: Iterable[Job]
    width: int


async def batch(
    lanes: Iterable[Lane[Job]],
    play: Callable[[Job], Awaitable[Result]],
    sink: Callable[[Result], None],
    *,
    halt: Halt,
) -> None:
    """Play every job of every lane and hand each result to `sink`.

    One dialogue's failure is one result. What is raised concerns the run, and halts it: no further
    call is made, the calls in flight end, their dialogues get no row, and the first error is
    raised. After `halt.request()` the same happens, quietly.
    """

    async def work(jobs: Iterator[Job]) -> None:
        try:
            for job in jobs:
                sink(await play(job))
                # A dialogue whose replies are all known never waits: signals need a turn as well.
                await asyncio.sleep(0)
        except Halted:
            return
        except Exception as error:  # noqa: BLE001 - raised below, once what is in flight has ended
            halt.request(error)

    async with asyncio.TaskGroup() as workers:
        for lane in lanes:
            jobs = _until(halt, lane.jobs)
            for _ in range(lane.width):
                workers.create_task(work(jobs))
    if halt.cause is not None:
        raise halt.cause


async def in_order(
    items: Iterable[Job] | AsyncIterable[Job],
    work: Callable[[Job], Coroutine[Any, Any, Result]],
    *,
    width: int,
) -> AsyncGenerator[Result, None]:
    """The result of each item, in order; at most `width` are worked on or wait to be taken.

    The first error, in order, ends it: nothing more is begun, and it is raised after the results of
    what was in flight, which may have been paid for.
    """
    if width == 1:
        async for item in _each(items):
            yield await work(item)
        return
    begun: deque[asyncio.Task[Result]] = deque()
    try:
        async for item in _each(items):
            begun.append(asyncio.create_task(work(item)))
            if len(begun) >= width:
                yield await begun.popleft()
        while begun:
            yield await begun.popleft()
    except ConvsimError:
        await asyncio.gather(*begun, return_exceptions=True)
        for task in begun:
            if task.exception() is None:
                yield task.result()
        raise
    finally:
        # No task group: a generator may be left at any `yield`, and a group must not be.
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)


async def _each(items: Iterable[Job] | AsyncIterable[Job]) -> AsyncGenerator[Job, None]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


def _until(halt: Halt, jobs: Iterable[Job]) -> Iterator[Job]:
    """The jobs, one at a time; after the halt no further one is even made."""
    if halt.requested:
        return
    for job in jobs:
        yield job
        if halt.requested:
            return
