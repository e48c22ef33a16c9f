"""Progress of a run: in place on a terminal or in a notebook, one line a minute in a log.

Counting a dialogue is one addition. A thread of its own looks at the counts, at most five times a
second, and draws them: so a display that is slow, frozen or gone holds up no call, and a run that
waits (for an outage to end, for a long first reply) is still seen to live.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self, TextIO

from convsim.progress.faces import face_for
from convsim.progress.pace import Pace
from convsim.progress.wording import ERRORS, GRADES, UNJUDGED, Standing, one_line
from convsim.traffic import Traffic
from convsim.transcript import Failure, Transcript
from convsim.verdict import Verdict

__all__ = ["Progress"]

FAREWELL = 2.0
"""Seconds that the end of a run waits for a display that has stopped moving."""


class Progress:
    """Counts dialogues as they end and shows the counts, where whoever started the run looks.

        with Progress(len(plan), traffic=traffic, before=counts) as progress:
            session.watchers.append(progress)
            ...

    `status`, a text or a function that gives one, stands on the second line while it is not empty;
    `total` may change while the run goes on.
    """

    def __init__(
        self,
        total: int,
        *,
        traffic: Traffic | None = None,
        before: Mapping[str, int] | None = None,
        quiet: bool = False,
        file: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`before` counts what earlier sessions ended, by grade, and `errors`; it sets no pace.

        `quiet` shows nothing but announcements. `traffic` is read, never written.
        """
        self.total = total
        self.status: str | Callable[[], str | None] | None = None
        self._ended = dict.fromkeys((*(grade.value for grade in GRADES), ERRORS, UNJUDGED), 0)
        self._ended.update(before or {})
        self._traffic = traffic
        self._quiet = quiet
        self._clock = clock
        self._pace = Pace(clock(), self._done)
        self._face = face_for(file, quiet=quiet)
        self._messages: SimpleQueue[str | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def __call__(self, result: Transcript | Failure, verdict: Verdict | None) -> None:
        """Count one dialogue."""
        unjudged = UNJUDGED if isinstance(result, Transcript) else ERRORS
        self._ended[unjudged if verdict is None else verdict.grade] += 1

    def announce(self, message: str) -> None:
        """An event, on a line of its own. Never waits for the display; safe in signal handlers."""
        if self._thread is None:
            self._face.say(one_line(message))
        else:
            self._messages.put(message)

    def __enter__(self) -> Self:
        if not self._quiet:
            self._pace = Pace(self._clock(), self._done)
            self._face.open()
            self._thread = threading.Thread(target=self._draw, name="progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread is None:
            return
        thread, self._thread = self._thread, None
        self._messages.put(None)
        thread.join(FAREWELL)
        if not thread.is_alive():  # else it writes to a terminal that is frozen (Ctrl-S)
            self._face.close(self._stand(over=True))

    def _draw(self) -> None:
        """Look at the counts and show them, until told to end; messages come in between."""
        while True:
            with suppress(Empty):
                message = self._messages.get(timeout=self._face.every)
                if message is None:
                    return
                self._face.say(one_line(message))
            self._face.show(self._stand())

    @property
    def _done(self) -> int:
        return sum(self._ended.values())

    def _stand(self, *, over: bool = False) -> Standing:
        self._pace.see(self._clock(), self._done)
        status = None if over else self.status() if callable(self.status) else self.status
        return Standing(
            self.total,
            dict(self._ended),
            self._pace.elapsed,
            self._pace.average if over else self._pace.rate,
            self._traffic,
            one_line(status) if status else "",
            over,
        )
