"""A run that is 90% done, left as an interrupted process leaves it; `engine.py` resumes it."""

from __future__ import annotations

from clients import http_target
from measure import Measured, Meter, Task, main
from workload import TURNS, scenario

import convsim

DONE = 0.9


async def interrupted(task: Task) -> Measured:
    """Play the dialogues over HTTP, and stop when most are done."""
    halt = convsim.Halt()
    stop_at = int(DONE * task.dialogues)
    finished = 0

    def watch(result: object, verdict: object) -> None:
        nonlocal finished
        finished += 1
        if finished >= stop_at:
            halt.request()

    meter = Meter()
    await convsim.run(
        scenario(),
        http_target(task.url),
        repeats=task.dialogues,
        out=f"{task.folder}/run",
        limits=convsim.Limits(concurrency=task.in_flight),
        halt=halt,
        watch=watch,
    )
    meter.stop_clock()
    return meter.measured(finished * TURNS, {"finished": finished})


if __name__ == "__main__":
    main({"interrupted": interrupted})
