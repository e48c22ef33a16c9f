"""The sync wrapper: one loop for the whole process, errors as they are, Ctrl-C with a clean end."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator

import pytest

from convsim.waiting import stream, wait


async def answer(value: int = 42) -> int:
    await asyncio.sleep(0)
    return value


async def loop_of() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


def test_the_result_is_returned() -> None:
    assert wait(answer()) == 42


def test_an_error_is_raised_as_it_is() -> None:
    async def fails() -> None:
        raise ZeroDivisionError("oops")

    with pytest.raises(ZeroDivisionError, match="oops"):
        wait(fails())


def test_calls_share_one_loop() -> None:
    """Clients keep their connections from one call to the next."""
    first = wait(loop_of())
    assert wait(loop_of()) is first
    assert first.is_running()


async def test_a_running_loop_is_left_alone() -> None:
    """In a notebook a cell runs inside a loop; ours is another one."""
    assert wait(loop_of()) is not asyncio.get_running_loop()
    assert wait(answer()) == 42


def test_it_works_from_several_threads() -> None:
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda n=n: results.append(wait(answer(n)))) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == list(range(8))


def test_waiting_inside_the_own_loop_is_an_error_and_no_deadlock() -> None:
    async def nested() -> int:
        return wait(answer())

    with pytest.raises(RuntimeError, match=r"inside convsim's own loop; use await instead"):
        wait(nested())


INTERRUPTED = """
import asyncio
import signal
from convsim.waiting import wait

# What a shell starts in the background would else ignore it, and so would these tests there.
signal.signal(signal.SIGINT, signal.default_int_handler)

async def work():
    print("working", flush=True)
    try:
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0.1)
        print("cleaned up", flush=True)

try:
    wait(work())
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_ctrl_c_cancels_and_waits_for_the_clean_up() -> None:
    """What was open is closed before KeyboardInterrupt is raised, and nothing hangs."""
    script = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert script.stdout is not None
    assert script.stdout.readline() == "working\n"
    script.send_signal(signal.SIGINT)
    out, err = script.communicate(timeout=30)
    assert (out, err, script.returncode) == ("cleaned up\ninterrupted\n", "", 0)


async def numbers(seen: list[str]) -> AsyncGenerator[int, None]:
    """One, two, three; says when it is closed."""
    try:
        for n in (1, 2, 3):
            await asyncio.sleep(0)
            yield n
    finally:
        await asyncio.sleep(0)
        seen.append("closed")


def test_an_async_iterator_can_be_walked() -> None:
    seen: list[str] = []
    assert list(stream(numbers(seen))) == [1, 2, 3]
    assert seen == ["closed"]


def test_a_walk_that_ends_early_closes_the_iterator() -> None:
    """Files and connections behind it are not left open."""
    seen: list[str] = []
    walk = stream(numbers(seen))
    assert next(walk) == 1
    walk.close()
    assert seen == ["closed"]


def test_an_error_in_the_middle_is_raised() -> None:
    async def breaks() -> AsyncGenerator[int, None]:
        yield 1
        raise ZeroDivisionError

    walk = stream(breaks())
    assert next(walk) == 1
    with pytest.raises(ZeroDivisionError):
        next(walk)


def test_items_are_made_one_at_a_time() -> None:
    """Nothing is read ahead: a large file streams."""
    made: list[int] = []

    async def items() -> AsyncGenerator[int, None]:
        for n in range(1000):
            made.append(n)
            yield n

    walk = stream(items())
    assert [next(walk), next(walk)] == [0, 1]
    assert made == [0, 1]
    walk.close()


def test_a_walk_is_quick() -> None:
    """Ten thousand items cross over in a few seconds at most, on a busy machine too."""

    async def items() -> AsyncGenerator[int, None]:
        for n in range(10_000):
            yield n

    started = time.monotonic()
    assert sum(1 for _ in stream(items())) == 10_000
    assert time.monotonic() - started < 20
