"""An event loop whose time leaps: hours of waiting are over at once, to the millisecond.

When nothing is left to do but wait, the loop's time moves to the next timer. When there is no timer
either, everything waits for nothing, and that is an error instead of a test that hangs.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from convsim.errors import CallError
from convsim.transcript import Reply, Request

T = TypeVar("T")


class Selector(selectors.SelectSelector):
    """Looks for events, and leaps where the real one would sleep."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        found = super().select(0)
        if not found:
            if timeout is None:
                raise RuntimeError("everything waits, and nothing will ever happen")
            self.now += max(0.0, timeout)
        return found


class Leaping(asyncio.SelectorEventLoop):
    """Starts at 0 seconds."""

    def __init__(self) -> None:
        self._own_selector = Selector()
        super().__init__(self._own_selector)

    def time(self) -> float:
        return self._own_selector.now


def leap(main: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` on a loop that leaps."""
    with asyncio.Runner(loop_factory=Leaping) as runner:
        return runner.run(main)


def now() -> float:
    """The running loop's time; a clock for limits."""
    return asyncio.get_running_loop().time()


class Server:
    """A target whose answer depends on the time; it notes when calls started, and in which order.

    `answers` gets the calls in flight, this one included, and returns an error or None.
    """

    def __init__(
        self, answers: Callable[[int], CallError | None] = lambda _: None, *, latency: float = 0.1
    ) -> None:
        self.answers = answers
        self.latency = latency
        self.starts: list[float] = []
        self.order: list[str] = []
        self.in_flight = self.peak = self.failures = 0

    async def reply(self, request: Request) -> Reply:
        """A reply after the latency, or at once the error."""
        self.starts.append(now())
        self.order.append(request.sample)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            if error := self.answers(self.in_flight):
                self.failures += 1
                raise error
            await asyncio.sleep(self.latency)
        finally:
            self.in_flight -= 1
        return Reply("Yes.")


def busiest(starts: list[float], window: float = 1.0) -> int:
    """The most starts in any window of so many seconds."""
    first, most = 0, 0
    for n, start in enumerate(starts):
        while start - starts[first] >= window:
            first += 1
        most = max(most, n - first + 1)
    return most
