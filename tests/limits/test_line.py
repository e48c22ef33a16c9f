"""The line: first come, first served, and nobody is lost in it."""

from __future__ import annotations

import asyncio
import random

import pytest

from convsim.errors import Halted
from convsim.limits.halt import Halt
from convsim.limits.line import Line

Task = asyncio.Task[bool]


async def queue(line: Line, halt: Halt, people: int) -> list[Task]:
    """So many tasks that want to go in, in this order, each having had its chance."""
    tasks = [asyncio.create_task(line.enter(halt)) for _ in range(people)]
    await settle()
    return tasks


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def inside(tasks: list[Task]) -> list[int]:
    """Who has been let in so far."""
    return [
        n
        for n, task in enumerate(tasks)
        if task.done() and not task.cancelled() and task.exception() is None
    ]


async def end(tasks: list[Task]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_first_come_first_served() -> None:
    """Two at once; each that leaves lets exactly the next one in."""
    line = Line(2)
    tasks = await queue(line, Halt(), 5)
    seen = [inside(tasks)]
    for _ in range(3):
        line.leave()
        await settle()
        seen.append(inside(tasks))
    assert seen == [[0, 1], [0, 1, 2], [0, 1, 2, 3], [0, 1, 2, 3, 4]]


async def test_nobody_overtakes_those_that_wait() -> None:
    """There is room for a moment, but it belongs to the head of the line."""
    line = Line(1)
    assert line.enter_at_once()
    tasks = await queue(line, Halt(), 1)
    line.leave()
    assert not line.enter_at_once()
    await settle()
    assert inside(tasks) == [0]


async def test_a_retry_goes_to_the_head_of_the_line() -> None:
    line, halt = Line(1), Halt()
    line.enter_at_once()
    tasks = await queue(line, halt, 2)
    tasks.append(asyncio.create_task(line.enter(halt, first=True)))
    await settle()
    line.leave()
    await settle()
    assert inside(tasks) == [2]
    await end(tasks)


async def test_who_gives_up_is_passed_over() -> None:
    line = Line(1)
    line.enter_at_once()
    tasks = await queue(line, Halt(), 3)
    tasks[0].cancel()
    await settle()
    line.leave()
    await settle()
    assert inside(tasks) == [1]
    await end(tasks)


async def test_a_turn_that_comes_with_a_cancellation_goes_to_the_next() -> None:
    """Let in and cancelled in the same moment: the room is not lost."""
    line = Line(1)
    line.enter_at_once()
    tasks = await queue(line, Halt(), 2)
    line.leave()
    tasks[0].cancel()
    await settle()
    assert (inside(tasks), line.inside) == ([1], 1)


async def test_a_turn_that_comes_with_a_halt_is_given_back() -> None:
    line, halt = Line(1), Halt()
    line.enter_at_once()
    tasks = await queue(line, halt, 3)
    line.leave()
    halt.request()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(end) for end in ended] == [Halted] * 3
    assert line.inside == 0


async def test_after_a_halt_nobody_gets_in_line() -> None:
    line, halt = Line(1), Halt()
    halt.request()
    with pytest.raises(Halted):
        await line.enter(halt)
    assert (line.inside, line.enter_at_once()) == (0, True)


async def test_a_line_that_is_not_clear_lets_in_one_leader_at_a_time() -> None:
    """Nobody follows before the leader goes on."""
    line = Line(3)
    line.clear = False
    tasks = await queue(line, Halt(), 3)
    seen = [inside(tasks)]
    line.led_on()
    await settle()
    seen.append(inside(tasks))
    line.clear = True
    line.led_on()
    await settle()
    seen.append(inside(tasks))
    assert seen == [[0], [0, 1], [0, 1, 2]]
    assert [task.result() for task in tasks] == [True, True, False]


async def test_a_leader_that_gives_up_hands_over_the_lead() -> None:
    line = Line(1)
    line.clear = False
    tasks = await queue(line, Halt(), 2)
    line.leave(led=True)
    await settle()
    assert (inside(tasks), tasks[1].result()) == ([0, 1], True)


async def test_a_wider_line_is_filled_when_somebody_leaves() -> None:
    line = Line(1)
    tasks = await queue(line, Halt(), 4)
    line.width = 3
    line.leave()
    await settle()
    assert inside(tasks) == [0, 1, 2, 3]


@pytest.mark.parametrize("seed", range(5))
async def test_nothing_leaks_under_random_cancellation(seed: int) -> None:
    """Whatever is cancelled when, the line never holds too many, and is empty in the end."""
    chance, line, halt, peak = random.Random(seed), Line(3), Halt(), 0

    async def visit() -> None:
        nonlocal peak
        led = not line.enter_at_once() and await line.enter(halt, first=chance.random() < 0.3)
        try:
            peak = max(peak, line.inside)
            await asyncio.sleep(0 if chance.random() < 0.5 else 0.001)
            line.clear = chance.random() < 0.7
            if led:
                line.led_on()
                led = False
        finally:
            line.leave(led=led)

    tasks = [asyncio.create_task(visit()) for _ in range(300)]
    while not all(task.done() for task in tasks):
        chance.choice(tasks).cancel()
        await asyncio.sleep(0)
    line.clear = True
    assert (line.inside, line.enter_at_once(), peak) == (0, True, 3)
