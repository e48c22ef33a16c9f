"""Limits and retries around a target: one set per endpoint and key, shared by all dialogues.

A `Limited` target lets a bounded number of calls through at once, spreads them over the minute,
retries what may work later, and stops making calls when the run is halted. Of the targets behind
an endpoint that have never answered, one call at a time goes ahead, and the others wait for its
first attempt: a wrong key or host costs one request, a wrong model one for each target that has it.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from convsim.errors import (
    CallError,
    Halted,
    InputError,
    Permanent,
    Throttled,
    Transient,
    Unreachable,
)
from convsim.ports import Target
from convsim.targets.wire import settled, valid_text
from convsim.transcript import Reply, Request

if TYPE_CHECKING:
    from asyncio_throttle import Throttler

BACKOFF = 0.5
"""Seconds before the second attempt, give or take half; doubled for each further one."""

LONGEST_WAIT = 60.0
"""Seconds: no single wait is longer, whatever a server asks for."""

NAP = 0.25
"""Seconds between two looks at the halt while waiting for the next attempt."""


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

    def __post_init__(self) -> None:
        for name, least in (("concurrency", 1), ("attempts", 1)):
            if getattr(self, name) < least:
                raise InputError(f"{name} is {getattr(self, name)}; at least {least} is needed")
        for name in ("rpm", "timeout"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError(f"{name} is {value:g}; it has to be above 0")


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


class Endpoint:
    """What all targets behind one endpoint and key share: calls in flight, requests a minute.

    `ahead` is held by the one call that goes ahead for a target that has never answered.
    """

    def __init__(self, limits: Limits) -> None:
        self.slots = asyncio.Semaphore(limits.concurrency)
        self.ahead = asyncio.Lock()
        self._gate = asyncio.Lock()
        self._throttler = _throttler(limits.rpm)

    async def turn_in_the_minute(self, halt: Halt) -> None:
        """Wait for a call's turn. Throttler's waiters poll, so only one task waits in it."""
        halt.check()
        if self._throttler is not None:
            async with self._gate:
                halt.check()
                await self._throttler.acquire()
            halt.check()


class Limited:
    """A target within limits. Everything it raises is a `CallError` or `Halted`.

    Targets behind the same endpoint and key are given the same `endpoint`.
    """

    def __init__(
        self,
        inner: Target,
        limits: Limits,
        halt: Halt | None = None,
        endpoint: Endpoint | None = None,
    ) -> None:
        self._inner = inner
        self._limits = limits
        self._halt = halt or Halt()
        self._endpoint = endpoint or Endpoint(limits)
        self._answered = False

    async def reply(self, request: Request) -> Reply:
        """The inner target's reply, after at most `attempts` attempts."""
        async with AsyncExitStack() as alone:
            if not self._answered:
                await alone.enter_async_context(self._endpoint.ahead)
            if self._answered:
                # Whoever waited here while another call was answered need not go alone.
                await alone.aclose()
            # Only now: those that wait for the first answer keep no slot from anybody.
            async with self._endpoint.slots:
                return await self._persist(request, alone)

    async def _persist(self, request: Request, alone: AsyncExitStack) -> Reply:
        for attempt in range(1, self._limits.attempts + 1):
            await self._endpoint.turn_in_the_minute(self._halt)
            try:
                # One attempt says what the others wait for; retries and their pauses do not.
                async with alone:
                    reply = await self._once(request)
            except (Throttled, Transient) as error:
                if isinstance(error, Unreachable) and not self._answered:
                    raise Permanent(str(error), detail=error.detail) from error
                if attempt == self._limits.attempts:
                    raise
                await self._pause(wait_before(attempt, error))
            else:
                return replace(reply, attempts=attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _once(self, request: Request) -> Reply:
        """One attempt. Any answer but "wrong key, model or host" shows that the endpoint works."""
        try:
            async with asyncio.timeout(self._limits.timeout):
                reply = await self._inner.reply(request)
        except (Permanent, Unreachable):
            raise
        except CallError:
            self._answered = True
            raise
        except TimeoutError as error:
            # Slow is not wrong: the others need not wait until this call has used its attempts.
            self._answered = True
            raise Transient(f"no answer within {self._limits.timeout:g} s") from error
        except Exception as error:
            # A target of the user's own: its bug is this dialogue's error row, not the run's end.
            what = f"{type(self._inner).__name__} raised {type(error).__name__}: {error}"
            raise CallError(valid_text(what), detail=repr(error)) from error
        try:
            reply = settled(reply)
        except TypeError as error:
            what = f"{type(self._inner).__name__}.reply returned {error}"
            raise CallError(what, detail=repr(reply)) from error
        self._answered = True
        return reply

    async def _pause(self, seconds: float) -> None:
        """Wait before the next attempt, unless the run is halted meanwhile."""
        while seconds > 0:
            self._halt.check()
            await asyncio.sleep(min(seconds, NAP))
            seconds -= NAP


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
