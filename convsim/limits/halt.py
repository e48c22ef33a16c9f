"""The request to stop, and waiting that ends with it.

Whatever waits in this package waits for a future in `Halt.wait_for`; nothing polls for the halt,
and a request wakes every waiter in the next round of its event loop.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, TypeVar

from convsim.errors import Halted

T = TypeVar("T")


class Halt:
    """A request to stop, shared by everything in a run. `cause` is None for a user's Ctrl-C."""

    def __init__(self) -> None:
        self.requested = False
        self.cause: Exception | None = None
        self._waiting: set[asyncio.Future[Any]] = set()

    def request(self, cause: Exception | None = None) -> None:
        """Let no further call start, and wake all that wait for one. The first cause is kept.

        An error while a Ctrl-C drains is a cause as well.

        A signal handler or another thread may call this too.
        """
        self.cause = self.cause or cause
        self.requested = True
        for loop in {future.get_loop() for future in tuple(self._waiting)}:
            # A loop that was closed has nobody left to wake.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._wake, loop)

    def check(self) -> None:
        """Raise `Halted` if a stop was requested."""
        if self.requested:
            raise Halted("the run was asked to stop")

    async def wait_for(self, future: asyncio.Future[T]) -> T:
        """The future's result; raises `Halted` as soon as a stop is requested."""
        self._waiting.add(future)
        try:
            # Only now: a request from another thread sees the future, or is seen here.
            self.check()
            return await future
        finally:
            self._waiting.discard(future)

    async def sleep(self, seconds: float) -> None:
        """Let `seconds` pass; raises `Halted` as soon as a stop is requested."""
        loop = asyncio.get_running_loop()
        over = loop.create_future()
        timer = loop.call_later(seconds, ring, over)
        try:
            await self.wait_for(over)
        finally:
            timer.cancel()

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        for future in tuple(self._waiting):
            if future.get_loop() is loop and not future.done():
                future.set_exception(Halted("the run was asked to stop"))


def ring(future: asyncio.Future[None]) -> None:
    """Wake who waits for `future`, unless something else did."""
    if not future.done():
        future.set_result(None)
