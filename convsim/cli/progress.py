"""Progress of a run: one bar on a terminal, one line a minute in a log. O(1) per dialogue."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from convsim.transcript import Failure, Transcript
from convsim.verdict import Verdict

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

EVERY = 60.0
"""Seconds between two lines in a log."""


class Progress:
    """Counts dialogues as they end, and shows the counts on stderr."""

    def __init__(
        self, total: int, *, before: Mapping[str, int] | None = None, quiet: bool = False
    ) -> None:
        """`before` counts what earlier sessions ended, by verdict, and `errors`."""
        self._total = total
        self._quiet = quiet
        self._counts: Counter[str] = Counter(before or {})
        self._done = self._counts.total()
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._spoke = time.monotonic()

    def __enter__(self) -> Self:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("dialogues"),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[counts]}", markup=False),
                console=Console(stderr=True),
                refresh_per_second=5,
                transient=True,
            )
            self._task = self._bar.add_task("", total=self._total, completed=self._done, counts="")
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        elif not self._quiet and self._counts:
            self._say()

    def __call__(self, result: Transcript | Failure, verdict: Verdict | None) -> None:
        """Count one dialogue."""
        self._done += 1
        self._counts["errors" if verdict is None else verdict.grade.value] += 1
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._done, counts=self._text())
        elif not self._quiet and time.monotonic() - self._spoke >= EVERY:
            self._say()

    def announce(self, message: str) -> None:
        """A message on a line of its own, above the bar where there is one."""
        if self._bar is not None:
            self._bar.console.print(message, markup=False, highlight=False)
        else:
            sys.stderr.write(f"{message}\n")
            sys.stderr.flush()

    def _say(self) -> None:
        self._spoke = time.monotonic()
        sys.stderr.write(f"{self._done}/{self._total} dialogues  {self._text()}\n")
        sys.stderr.flush()

    def _text(self) -> str:
        order = ("PASS", "WARN", "FAIL", "INCONCLUSIVE", "errors")
        return "  ".join(f"{name} {self._counts[name]}" for name in order if self._counts[name])
