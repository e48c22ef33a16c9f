"""A line in front of a room that holds so many at once: first come, first served.

A plain counter and a deque of futures, because every call of a run passes here; a call that finds
room costs no future. Who leaves lets the next one in, so that nobody polls and one wake-up per call
is enough.

Room may not be all that is needed: a quota, a pause that the server asked for. While the line is
not `clear`, the one at its head is let in as its leader. It waits for the rest, alone, and nobody
is let in before it has called `led_on`.
"""

from __future__ import annotations

import asyncio
from collections import deque

from convsim.limits.halt import Halt


class Line:
    """At most `width` inside at once. `clear` says that room is all that is needed."""

    __slots__ = ("_led", "_waiting", "clear", "inside", "width")

    def __init__(self, width: int) -> None:
        self.width = width
        self.inside = 0
        self.clear = True
        self._led = False
        self._waiting: deque[asyncio.Future[bool]] = deque()

    def enter_at_once(self) -> bool:
        """Go in, if there is room and nobody came earlier."""
        if self._waiting or self.inside >= self.width or self._led or not self.clear:
            return False
        self.inside += 1
        return True

    async def enter(self, halt: Halt, *, first: bool = False) -> bool:
        """Wait for one's turn, from the end of the line or its head; True for its leader.

        Raises `Halted` on a halt; whoever is not let in holds nothing.
        """
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if first:
            self._waiting.appendleft(turn)
        else:
            self._waiting.append(turn)
        self.move_up()
        try:
            leads = await halt.wait_for(turn)
            halt.check()
        except BaseException:
            # Its place is dropped when the line moves up to it; a turn that came at the same moment
            # as the cancellation belongs to the next.
            if not turn.cancel() and not turn.cancelled() and turn.exception() is None:
                self.leave(led=turn.result())
            raise
        return leads

    def leave(self, *, led: bool = False) -> None:
        """Make room; `led` gives up the lead as well."""
        self.inside -= 1
        if led:
            self._led = False
        if self._waiting:
            self.move_up()

    def led_on(self) -> None:
        """The leader goes on: the line may move up behind it."""
        self._led = False
        self.move_up()

    def move_up(self) -> None:
        """Let in as many as there is room for; only the head, as leader, if more is needed."""
        waiting = self._waiting
        while waiting and self.inside < self.width and not self._led:
            turn = waiting.popleft()
            if not turn.done():
                self.inside += 1
                self._led = not self.clear
                turn.set_result(self._led)
