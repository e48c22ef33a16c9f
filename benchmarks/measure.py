"""What one measurement is, what it yields, and how a process measures itself.

A script of this folder that measures something is started with a `Task` as JSON and prints its
`Measured` as the last line of its output. Standard library only: peers run in environments of
their own.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SETTLE = 0.3
"""Seconds after the work in which what it left in the background still counts as CPU."""

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True)
class Task:
    """One measurement: which client, how much, against which server, in which folder."""

    client: str
    dialogues: int
    in_flight: int
    folder: str
    url: str = ""
    core: int | None = None
    seconds: float = 0.0

    @property
    def argument(self) -> str:
        """The task as the argument of a script."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Measured:
    """What was used for so many calls: CPU and wall clock in seconds, memory in kB.

    `before` and `peak` are the resident memory before the work and at its highest, or 0 where the
    system does not say. `more` is whatever else a measurement finds.
    """

    calls: int
    cpu: float
    wall: float
    before: int
    peak: int
    more: Mapping[str, float] = field(default_factory=dict)

    @property
    def us_per_call(self) -> float:
        """Microseconds of CPU for one model call."""
        return 1e6 * self.cpu / self.calls

    @property
    def calls_per_second(self) -> float:
        """Model calls a second of wall clock."""
        return self.calls / self.wall


class Meter:
    """What this process, with all its threads, uses from here on."""

    def __init__(self) -> None:
        gc.collect()
        _forget_peak()
        self._before = _memory("VmRSS")
        self._cpu = used_cpu()
        self._start = time.perf_counter()
        self._wall = 0.0

    def stop_clock(self) -> None:
        """End the wall clock; what runs on in the background still counts as CPU."""
        self._wall = time.perf_counter() - self._start

    def measured(self, calls: int, more: Mapping[str, float] | None = None) -> Measured:
        """What was used for `calls` model calls."""
        cpu = used_cpu() - self._cpu
        return Measured(calls, cpu, self._wall, self._before, _memory("VmHWM"), more or {})


async def metered(work: Callable[[], Awaitable[int]]) -> Measured:
    """What `work` used; it returns how many calls it made."""
    meter = Meter()
    calls = await work()
    meter.stop_clock()
    await asyncio.sleep(SETTLE)
    return meter.measured(calls)


def used_cpu() -> float:
    """Seconds of CPU that this process has used, in user code and in the kernel."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _forget_peak() -> None:
    """Let the highest memory so far count from now; imports may have needed more for a moment."""
    try:
        CLEAR.write_text("5")
    except OSError:
        return


def _memory(name: str) -> int:
    # `ru_maxrss` will not do: a process inherits it from the one that started it.
    try:
        lines = STATUS.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)


def main(clients: Mapping[str, Callable[[Task], Measured | Coroutine[Any, Any, Measured]]]) -> None:
    """Measure what the command line asks for, in a loop where the client needs one; print it."""
    task = Task(**json.loads(sys.argv[1]))
    if task.core is not None:
        os.sched_setaffinity(0, {task.core})
    measured = clients[task.client](task)
    if not isinstance(measured, Measured):
        measured = asyncio.run(measured)
    sys.stdout.write("\n" + json.dumps(asdict(measured)) + "\n")
    sys.stdout.flush()
    # Some packages leave threads and loops behind that would keep the process for a while.
    os._exit(0)
