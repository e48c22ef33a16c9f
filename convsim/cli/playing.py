"""What commands share that ask a model about a stored run: its limits, how far it is, its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from convsim.cli.console import complain
from convsim.errors import InputError, Permanent, Suspended
from convsim.limits import Halt

if TYPE_CHECKING:
    from convsim.session import Controls
    from convsim.traffic import Traffic

Trouble = Callable[[], str | None]

LOOK = 1.0
"""Seconds between two looks at whether it is time to say something."""


def controls_of(directory: str, budget: str | None, concurrency: int | None) -> Controls:
    """The limits of a stored run, but for what is given."""
    from convsim.manifest import stored_limits
    from convsim.session import Controls
    from convsim.stores import RunDirectory

    limits = stored_limits(RunDirectory.open(directory))
    if concurrency is not None:
        limits = replace(limits, concurrency=concurrency)
    return Controls.of(limits, budget)


class Standing:
    """How far a model has come, on stderr every `EVERY` seconds: it may take hours.

    `did` is what it does to each dialogue, `left` how many there are; without traffic it is quiet.
    `trouble` says what keeps it waiting, if anything does.
    """

    EVERY = 10.0

    def __init__(
        self, did: str, left: int, asked: Traffic | None, trouble: Trouble = lambda: None
    ) -> None:
        self.trouble = trouble
        self.did = did
        self.left = left
        self.asked = asked
        self.seen = 0
        self.due = monotonic() + self.EVERY

    def __call__(self, _: object) -> None:
        """One more dialogue."""
        self.seen += 1
        self.tell()

    def tell(self) -> None:
        """Say it, if it is time."""
        from convsim.calling import spent

        if self.asked is not None and self.asked.calls and monotonic() >= self.due:
            failed = self.asked.failed + self.asked.throttled
            told = [
                f"{self.did} {self.seen:,} of {self.left:,}",
                spent(self.asked),
                *([f"{failed:,} failed"] if failed else []),
                *filter(None, [self.trouble()]),
            ]
            complain("; ".join(told))
            self.due = monotonic() + self.EVERY

    async def beside(self, play: Coroutine[Any, Any, None]) -> None:
        """Play, and say it also while no dialogue ends."""
        telling = asyncio.create_task(self._keep_telling())
        try:
            await play
        finally:
            telling.cancel()

    async def _keep_telling(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            self.tell()


def played(play: Coroutine[Any, Any, None], halt: Halt, asked: Traffic | None) -> str:
    """Play under signals; why it stopped before its end, if it did.

    Raises `InputError` where key, model or host is wrong, and nothing was paid for.
    """
    from convsim.cli.running import until_interrupted

    try:
        until_interrupted(play, halt, complain)
    except asyncio.CancelledError:
        return "stopped"
    except Suspended as error:
        return f"stopped: {error}"
    except Permanent as error:
        if asked is None or asked.calls <= asked.failed + asked.throttled:
            raise InputError(str(error)) from error
        return str(error)
    return ""
