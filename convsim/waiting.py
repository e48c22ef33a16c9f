"""One sync wrapper for everything that is async, also inside a loop that already runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine, Generator
from concurrent.futures import Future
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
    ended = threading.Event()

    async def tracked() -> Result:
        try:
            return await coroutine
        finally:
            ended.set()

    # The coroutine may already run when Ctrl-C comes, so that starting it is inside, too.
    future: Future[Result] | None = None
    try:
        future = asyncio.run_coroutine_threadsafe(tracked(), loop)
        return future.result()
    except KeyboardInterrupt:
        if future is not None:
            future.cancel()
            ended.wait()
        raise


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
