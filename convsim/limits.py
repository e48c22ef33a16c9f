"""Limits and retries around a target: one set per endpoint and key, shared by all dialogues.

A `Limited` target lets a bounded number of calls through at once, spreads them over the minute,
retries what may work later, and stops making calls when the run is halted. Until an endpoint has
answered once, one call goes ahead of the others: a wrong key, model or host costs one request.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from convsim.errors import CallError, Halted, Permanent, Throttled, Transient, Unreachable
from convsim.ports import Target
from convsim.transcript import Reply, Request

if TYPE_CHECKING:
    from asyncio_throttle import Throttler

BACKOFF = 0.5
"""Seconds before the second attempt; doubled for each further one, with full jitter."""

LONGEST_WAIT = 60.0
"""Seconds: no single wait is longer, whatever a server asks for."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard one endpoint may be used.

    `concurrency` calls in flight, `rpm` requests a minute (None: no limit), `attempts` per call
    in all, `timeout` seconds per attempt. Concurrency counts calls, not dialogues.
    """

    concurrency: int = 32
    rpm: float | None = None
    attempts: int = 5
    timeout: float = 120.0


class Halt:
    """A request to stop, shared by everything in a run. `cause` is None for a user's Ctrl-C."""

    def __init__(self) -> None:
        self.requested = False
        self.cause: Exception | None = None

    def request(self, cause: Exception | None = None) -> None:
        """Let no further call start. The first cause is kept."""
        if not self.requested:
            self.cause = cause
        self.requested = True

    def check(self) -> None:
        """Raise `Halted` if a stop was requested."""
        if self.requested:
            raise Halted("the run was asked to stop")


class Limited:
    """A target within limits. Everything it raises is a `CallError` or `Halted`."""

    def __init__(self, inner: Target, limits: Limits, halt: Halt | None = None) -> None:
        self._inner = inner
        self._limits = limits
        self._halt = halt or Halt()
        self._slots = asyncio.Semaphore(limits.concurrency)
        self._gate = asyncio.Lock()
        self._first = asyncio.Lock()
        self._answered = False
        self._throttler = _throttler(limits.rpm)

    async def reply(self, request: Request) -> Reply:
        """The inner target's reply, after at most `attempts` attempts."""
        async with self._slots:
            if not self._answered:
                async with self._first:
                    return await self._persist(request)
            return await self._persist(request)

    async def _persist(self, request: Request) -> Reply:
        for attempt in range(1, self._limits.attempts + 1):
            self._halt.check()
            await self._turn_in_the_minute()
            try:
                reply = await self._once(request)
            except (Throttled, Transient) as error:
                if isinstance(error, Unreachable) and not self._answered:
                    raise Permanent(str(error), detail=error.detail) from error
                if attempt == self._limits.attempts:
                    raise
                await asyncio.sleep(wait_before(attempt, error))
            else:
                return replace(reply, attempts=attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _once(self, request: Request) -> Reply:
        """One attempt. Any answer but "wrong key, model or host" shows that the endpoint works."""
        try:
            async with asyncio.timeout(self._limits.timeout):
                reply = await self._inner.reply(request)
        except TimeoutError as error:
            raise Transient(f"no answer within {self._limits.timeout:g} s") from error
        except (Permanent, Unreachable):
            raise
        except CallError:
            self._answered = True
            raise
        self._answered = True
        return reply

    async def _turn_in_the_minute(self) -> None:
        """Wait for this call's turn. Throttler's waiters poll, so only one task waits in it."""
        if self._throttler is not None:
            async with self._gate:
                await self._throttler.acquire()


def _throttler(rpm: float | None) -> Throttler | None:
    """One start per interval rather than `rpm` at once each minute."""
    if rpm is None:
        return None
    from asyncio_throttle import Throttler

    interval = 60.0 / rpm
    return Throttler(rate_limit=1, period=interval, retry_interval=min(0.01, interval / 4))


def wait_before(attempt: int, error: CallError) -> float:
    """Seconds to wait after failed attempt `attempt`: what the server asked for, else backoff."""
    asked = error.retry_after if isinstance(error, Throttled) else None
    # Jitter only spreads retries in time; nothing that is recorded depends on it.
    jittered: float = BACKOFF * 2 ** (attempt - 1) * (0.5 + random.random())  # noqa: S311
    return min(LONGEST_WAIT, jittered if asked is None else asked + 0.1 * jittered)
