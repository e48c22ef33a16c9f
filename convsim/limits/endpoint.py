"""What all targets behind one server and key share: one line, and what its head has to wait for."""

from __future__ import annotations

import asyncio
import time

from convsim.errors import CallError, Throttled
from convsim.limits.breaker import Breaker, Suspect
from convsim.limits.halt import Halt, ring
from convsim.limits.line import Line
from convsim.limits.quota import Clock, Requests, Tokens
from convsim.limits.terms import Limits
from convsim.limits.window import Window
from convsim.traffic import Traffic

LONGEST_WAIT = 60.0
"""Seconds: no single wait is longer, whatever a server asks for or a clock says."""

BLINK = 0.001
"""Seconds that are not worth a timer: one may ring that much too early."""


class Endpoint:
    """One server and key. Every call has a number, by when it started.

    `ahead` is the line of those that wait for the first answer of their target: one at a time goes.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        halt: Halt | None = None,
        traffic: Traffic | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self.halt = halt or Halt()
        self.traffic = traffic or Traffic()
        self.clock = clock
        self.ahead = Line(1)
        self.line = Line(limits.concurrency)
        self.window = Window(self.line)
        self.breaker = Breaker(limits.patience)
        self.tokens = None if limits.tpm is None else Tokens(limits.tpm, clock)
        self._requests = None if limits.rpm is None else Requests(limits.rpm)
        self.answers = 0
        self._latest = 0
        self._troubled = False
        self._held_until = 0.0
        self._alarm: asyncio.Future[None] | None = None
        self.line.clear = limits.rpm is None and limits.tpm is None

    # -- going in and out

    def start_at_once(self) -> int:
        """The number of a call that may start now; 0 if it has to wait for its turn."""
        if not self.line.enter_at_once():
            return 0
        self._latest += 1
        return self._latest

    async def start(self, halt: Halt, *, tokens: float = 0.0, first: bool = False) -> int:
        """Wait for a turn, at the end of the line or at its head; the call's number."""
        leads = await self.line.enter(halt, first=first and not self.breaker.is_open)
        if leads:
            try:
                await self._lead(halt)
            except BaseException:
                self.line.leave(led=True)
                raise
        self._latest += 1
        if leads:
            self._go_ahead(tokens)
        return self._latest

    def leave(self, number: int) -> None:
        """Call `number` has ended; `answered` or `failed` come before, if either is true."""
        if number == self.breaker.probe:
            self.breaker.probe = 0
        self.line.leave()
        self.look_again()

    def look_again(self) -> None:
        """Something has changed for the one at the head of the line."""
        if self._alarm is not None:
            ring(self._alarm)

    # -- what came of it

    def answered(self) -> None:
        """A call was answered: by a reply, or by a word on the request."""
        self.answers += 1
        if self._troubled:
            self.breaker.answered()
            if not self.window.whole:
                self.window.widen()
            self._troubled = not self.window.whole
            self._clear_up()

    def failed(
        self, number: int, call: Suspect, error: CallError, *, seconds: float, halt: Halt
    ) -> None:
        """Call `number` was turned away, or not answered, after `seconds`."""
        self._troubled = True
        if isinstance(error, Throttled) or isinstance(error.__cause__, TimeoutError):
            self.window.cut(number, self._latest)
        if isinstance(error, Throttled) and error.retry_after:
            self._hold(error.retry_after)
        if outage := self.breaker.failed(number, call, error, seconds):
            halt.request(outage)
        self._clear_up()

    def _hold(self, seconds: float) -> None:
        """What one call is told to wait, all wait: they use the same key."""
        until = asyncio.get_running_loop().time() + min(seconds, LONGEST_WAIT)
        self._held_until = max(self._held_until, until)

    # -- at the head of the line

    async def _lead(self, halt: Halt) -> None:
        """Wait until nothing stands in the way of one more call."""
        while True:
            while (seconds := self._must_wait()) > 0:
                await self._rest(halt, seconds)
            if self._requests is None:
                return
            await self._requests.turn(halt)
            if self._must_wait() <= 0:
                return

    def _must_wait(self) -> float:
        """Seconds until the head should look again; 0 if it may go."""
        breaker = self.breaker
        if self.line.inside > self.line.width or (breaker.is_open and breaker.probe):
            return LONGEST_WAIT  # whoever leaves wakes it earlier
        seconds = self._held_until - asyncio.get_running_loop().time()
        if breaker.is_open:
            seconds = max(seconds, breaker.due)
        if self.tokens is not None:
            seconds = max(seconds, self.tokens.wait())
        return 0.0 if seconds < BLINK else min(seconds, LONGEST_WAIT)

    async def _rest(self, halt: Halt, seconds: float) -> None:
        """Let `seconds` pass, or until `look_again`. The time a probe takes is counted with it."""
        loop = asyncio.get_running_loop()
        probing, started = self.breaker.probe, loop.time()
        self._alarm = loop.create_future()
        timer = loop.call_later(seconds, ring, self._alarm)
        try:
            await halt.wait_for(self._alarm)
        finally:
            timer.cancel()
            self._alarm = None
        if not probing:
            self.breaker.waited(min(seconds, max(0.0, loop.time() - started)))

    def _go_ahead(self, tokens: float) -> None:
        """The head of the line starts its call, and the next may come to the head."""
        if self.breaker.is_open:
            self.breaker.probe = self._latest
        if self.tokens is not None:
            self.tokens.take(tokens)
        self._clear_up()
        self.line.led_on()

    def _clear_up(self) -> None:
        """Note whether room is all that a call needs now."""
        self.line.clear = (
            self._requests is None
            and self.tokens is None
            and not self.breaker.is_open
            and self._held_until <= asyncio.get_running_loop().time()
        )
