"""Requests and tokens a minute, spread over the minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from convsim.limits.halt import Halt
from convsim.transcript import Reply, Request

if TYPE_CHECKING:
    from asyncio_throttle import Throttler

Clock = Callable[[], float]

SPREAD = 0.1
"""Seconds: a rate is given out in portions of this length, if one call a portion is not too much.
Shorter ones lose more of the rate to the throttler's polling, longer ones come in bursts."""

POLL = 0.02
"""How often the one that waits looks at the throttler, as a share of a portion."""

LONGEST_POLL = 0.01
"""Seconds, the throttler's own default."""

CREDIT = 0.1
"""Seconds of a quota of tokens that may be saved up."""

LONGEST_GAP = 60.0
"""Seconds: what a clock may say has passed between two looks. More is a clock that jumped."""

CHARACTERS = 4
"""Per token, before the provider has counted; a rule of thumb for English."""

FRAMING = 4
"""Tokens around each message: its role and the marks between messages."""

COMPLETION = 300
"""Tokens of a completion, before any has been seen."""

MEMORY = 100
"""Completions over which the mean runs."""


class Requests:
    """Requests a minute. Throttler's waiters poll, so only the head of the line waits here."""

    def __init__(self, rpm: float) -> None:
        rate = rpm / 60
        portion = max(1, int(rate * SPREAD))
        self._halt = Halt()
        self._throttler = _throttler(portion, portion / rate, self._check)

    async def turn(self, halt: Halt) -> None:
        """Wait until one more request may start; raises `Halted` on a halt."""
        self._halt = halt
        await self._throttler.acquire()

    def _check(self) -> None:
        self._halt.check()


def _throttler(portion: int, period: float, check: Callable[[], None]) -> Throttler:
    """So many starts in a period; `check` is called at each look, and may raise."""
    from asyncio_throttle import Throttler

    class Checked(Throttler):
        def flush(self) -> None:
            check()
            super().flush()  # type: ignore[no-untyped-call]

    return Checked(portion, period, retry_interval=min(LONGEST_POLL, POLL * period))


class Tokens:
    """Tokens a minute: estimated before a call, corrected by what the provider counted.

    A call may start while the level is not below zero, and lowers it by its estimate. So a call of
    any size can start, and the ones after it wait until its tokens have been earned.
    """

    def __init__(self, tpm: float, clock: Clock = time.monotonic) -> None:
        self._rate = tpm / 60
        self._most = self._level = self._rate * CREDIT
        self._clock = clock
        self._looked = clock()
        self._mean = 0.0
        self._seen = 0

    def estimate(self, request: Request, most: int | None = None) -> float:
        """The tokens of a call; `most` is how many its completion may have, where it is known."""
        characters = sum(len(message.content) for message in request.messages)
        completion = self._mean if self._seen else COMPLETION
        if most is not None:
            completion = min(completion, most) if self._seen else most
        return characters / CHARACTERS + FRAMING * len(request.messages) + completion

    def wait(self) -> float:
        """Seconds until a call may start; 0 if it may now."""
        now = self._clock()
        # A clock that went back, or far ahead, must neither hang the line nor release a burst.
        passed = min(max(0.0, now - self._looked), LONGEST_GAP)
        self._looked = now
        self._level = min(self._most, self._level + passed * self._rate)
        return max(0.0, -self._level / self._rate)

    def take(self, tokens: float) -> None:
        """A call of so many tokens starts."""
        self._level -= tokens

    def settle(self, taken: float, reply: Reply | None) -> None:
        """A call that took `taken` has ended; None: it failed, and all of it is given back."""
        if reply is None:
            self._level += taken
        elif (usage := reply.usage) is not None:
            self._level += taken - usage.prompt - usage.completion
            self._seen = min(self._seen + 1, MEMORY)
            self._mean += (usage.completion - self._mean) / self._seen
        self._level = min(self._most, self._level)
