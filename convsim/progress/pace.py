"""How fast dialogues end, and nothing that a jumping clock could make absurd."""

from __future__ import annotations

from collections import deque


class Pace:
    """How fast dialogues end, over the last minute; or over the last twenty, where that is longer.

    A clock that jumps (backward, or over more than `JUMP` seconds: a laptop that slept) takes
    nothing with it: what passed and what ended across the jump both go uncounted.
    """

    WINDOW = 60.0
    ENOUGH = 20
    JUMP = 300.0

    def __init__(self, now: float, done: int = 0) -> None:
        self.elapsed = 0.0
        self._last, self._seen = now, done
        self._ended = 0
        self._marks = deque([(0.0, 0)])  # (elapsed, ended), a second apart at least

    def see(self, now: float, done: int) -> None:
        """Take note of the count, as often as one likes."""
        step, more = now - self._last, done - self._seen
        self._last, self._seen = now, done
        if not 0 <= step <= self.JUMP:
            return
        self.elapsed += step
        self._ended += more
        then, count = self._marks[-1]
        if self.elapsed - then >= 1 and self._ended > count:
            self._marks.append((self.elapsed, self._ended))
        while len(self._marks) > 1 and self._suffices(*self._marks[1]):
            self._marks.popleft()

    def _suffices(self, then: float, count: int) -> bool:
        return self.elapsed - then >= self.WINDOW and self._ended - count >= self.ENOUGH

    @property
    def rate(self) -> float:
        """Dialogues per second of late."""
        then, count = self._marks[0]
        return _per(self._ended - count, self.elapsed - then)

    @property
    def average(self) -> float:
        """Dialogues per second since the beginning."""
        return _per(self._ended, self.elapsed)


def _per(count: int, seconds: float) -> float:
    return count / seconds if seconds > 0 else 0.0
