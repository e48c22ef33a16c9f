"""When everything fails: one call at a time goes ahead, at growing intervals, and the rest wait.

Failures that follow each other with no answer in between open the breaker. While it is open no
failure is held against a call; a probe that is answered closes it; probes that fail for longer than
the endpoint's patience end in an `Outage`. Time is counted by what was waited, not by a clock.

A call that fails again after the endpoint answered others is suspect: it may be its own fault. Such
calls alone do not open the breaker, and their failures are always held against them.
"""

from __future__ import annotations

import random
from typing import Protocol

from convsim.errors import CallError, Outage, Throttled, Unreachable

OPENS_AFTER = 5
"""Failures in a row: as many as one call has attempts by default, so that a call cannot use up its
own before the breaker takes notice."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds before the first probe, doubled for each further one, and the most there are."""


class Suspect(Protocol):
    """A call, as far as a breaker cares: whether its failures may be its own fault."""

    suspect: bool


class Breaker:
    """What one endpoint's failures in a row amount to. `probe` is the number of the call sent,
    `latest` the failure that was last.
    """

    def __init__(self, patience: float) -> None:
        self.is_open = False
        self.failures = 0
        self.latest: CallError | None = None
        self.probe = 0
        self.due = 0.0
        self._patience = patience
        self._pause = FIRST_PAUSE
        self._waited = 0.0
        self._first: object = None
        self._several = self._credible = False

    @property
    def left(self) -> float:
        """How many seconds of failures it takes until an outage ends everything."""
        return max(0.0, self._patience - self._waited)

    def answered(self) -> None:
        """The endpoint works."""
        self.is_open = False
        self.failures = 0
        self._first = None
        self._several = self._credible = False

    def failed(self, number: int, call: Suspect, error: CallError, seconds: float) -> Outage | None:
        """A call failed after `seconds`; the outage, once it has lasted too long."""
        self.failures += 1
        self.latest = error
        if self.is_open:
            if number != self.probe:
                return None
            self._waited += seconds
            self._pause = min(LONGEST_PAUSE, 2 * self._pause)
            self.due = _jittered(self._pause)
            return self._outage(error) if self._waited >= self._patience else None
        if self._first is None:
            self._first = call
        self._several = self._several or call is not self._first
        self._credible = self._credible or not call.suspect
        # One call alone that fails again and again may be its own fault as well, unless the
        # endpoint said that it is not, or was not there to say anything.
        said = isinstance(error, Throttled | Unreachable)
        if self.failures >= OPENS_AFTER and (said or (self._several and self._credible)):
            self._open()
        return None

    def waited(self, seconds: float) -> None:
        """So long the line stood still."""
        if self.is_open:
            self._waited += seconds
            self.due -= seconds

    def _open(self) -> None:
        self.is_open = True
        self.probe = 0
        self._waited = 0.0
        self._pause = FIRST_PAUSE
        self.due = _jittered(self._pause)

    def _outage(self, error: CallError) -> Outage:
        return Outage(
            f"nothing but failures for {self._waited:.0f} s, the last of {self.failures}: {error}; "
            "`convsim resume DIR` goes on where this run stopped"
        )


def _jittered(seconds: float) -> float:
    """Give or take a fifth, so that several processes do not probe together."""
    return seconds * (0.8 + 0.4 * random.random())  # noqa: S311
