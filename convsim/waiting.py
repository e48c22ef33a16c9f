"""One sync wrapper for everything that is async, also inside a loop that already runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine, Generator
from concurrent.futures import Future
from concurrent.futures import wait as wait_until
from functools import cache
from typing import Any, TypeVar, cast

Result = TypeVar("Result")


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """A private loop on a thread of its own; made at first use, kept for the whole process.

    One long-lived loop lets clients keep their connections between calls, and leaves alone the
    loop that a notebook runs cells in.
    """
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="convsim", daemon=True).start()
    return loop


def wait(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine, waited for from code that is not async.

        run = convsim.wait(convsim.run("scenarios/", "sim/steadfast"))

    Ctrl-C cancels the coroutine, and is raised when the coroutine has cleaned up. Do not call this
    from a coroutine that convsim itself runs: it would wait for its own loop.
    """
    loop = _loop()
    if threading.current_thread().name == "convsim":
        coroutine.close()
        raise RuntimeError("wait() was called from inside convsim's own loop; use await instead")
    # Begun and cancelled in the loop, one after the other, so that a Ctrl-C at any instant finds
    # either a task to cancel or nothing that has begun.
    done: Future[Result] = Future()
    tasks: list[asyncio.Task[Result]] = []

    def begin() -> None:
        tasks.append(loop.create_task(coroutine))
        tasks[0].add_done_callback(lambda task: _pass_on(task, done))

    def cancel() -> None:
        if tasks:
            tasks[0].cancel()
        else:
            coroutine.close()
            _call_off(done)

    # A plain lock, not `done.result()`: a Ctrl-C at the wrong instant leaves the lock inside of a
    # future locked for good, and the loop could not finish it any more.
    ended = threading.Lock()
    ended.acquire()
    done.add_done_callback(lambda _: ended.release())
    try:
        loop.call_soon_threadsafe(begin)
        ended.acquire()
    except KeyboardInterrupt:
        loop.call_soon_threadsafe(cancel)
        wait_until([done])
        raise
    return done.result()


def _pass_on(task: asyncio.Task[Result], done: Future[Result]) -> None:
    """Give the outcome of a task to the thread that waits for it."""
    if task.cancelled():
        _call_off(done)
    elif (error := task.exception()) is not None:
        done.set_exception(error)
    else:
        done.set_result(task.result())


def _call_off(done: Future[Any]) -> None:
    """Cancel a future, and tell those that wait for its end, which `cancel` alone does not."""
    done.cancel()
    done.set_running_or_notify_cancel()


def stream(items: AsyncGenerator[Result, None]) -> Generator[Result, None, None]:
    """The items of an async generator, one by one, in code that is not async."""
    ended = object()

    async def following() -> Result | object:
        return await anext(items, ended)

    try:
        while (item := wait(following())) is not ended:
            yield cast(Result, item)
    finally:
        wait(_close(items))


async def _close(items: AsyncGenerator[Any, None]) -> None:
    await items.aclose()
