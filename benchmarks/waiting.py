"""Thousands of dialogues behind a limit of 50 requests a second: cost, precision, order.

The target stands behind the limit and notes when each request comes through. Dialogues queue in the
order of their repeats, and a dialogue's second turn queues behind all first ones, so first come,
first served means that the repeats come through in order.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from clients import NoJudge, OneReading
from measure import Measured, Task, main, used_cpu
from workload import reply, scenario

import convsim
from convsim.transcript import Reply, Request

RATE = 50
"""Requests a second that the limit allows."""

STARTING = 1.0
"""Seconds after the first call that do not count as waiting: thousands of dialogues begin then."""


@dataclass
class Gate:
    """Notes who comes through when, and halts the run after `seconds`."""

    halt: convsim.Halt
    seconds: float
    times: list[float] = field(default_factory=list)
    used: list[float] = field(default_factory=list)
    displaced: list[int] = field(default_factory=list)

    async def reply(self, request: Request) -> Reply:
        """Answer at once."""
        self.times.append(time.monotonic())
        self.used.append(used_cpu())
        if len(request.messages) == 2:  # the system prompt and the first turn
            _, repeat, _ = request.sample.split("/")
            self.displaced.append(abs(int(repeat) - 1 - len(self.displaced)))
        if self.times[-1] - self.times[0] >= self.seconds:
            self.halt.request()
        return Reply(reply(len(self.times), 1))


def busiest_second(times: list[float]) -> int:
    """The most calls that lie within one second of each other, wherever that second begins."""
    most = first = 0
    for last, now in enumerate(times):
        while now - times[first] >= 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


async def limited(task: Task) -> Measured:
    """Play the dialogues until the time is over."""
    gate = Gate(convsim.Halt(), task.seconds)
    await convsim.run(
        scenario(),
        gate,
        repeats=task.dialogues,
        out=f"{task.folder}/run",
        limits=convsim.Limits(concurrency=task.in_flight, rpm=60.0 * RATE),
        classifier=OneReading(),
        judge=NoJudge(),
        halt=gate.halt,
    )
    within = [at for at in gate.times if at - gate.times[0] < task.seconds]
    begun = next(n for n, at in enumerate(within) if at - within[0] >= STARTING)
    waited = within[-1] - within[begun]
    cpu = gate.used[len(within) - 1] - gate.used[begun]
    return Measured(
        calls=len(within),
        cpu=cpu,
        wall=waited,
        before=0,
        peak=0,
        more={
            "core": cpu / waited,
            "share": len(within) / (RATE * task.seconds),
            "busiest": busiest_second(gate.times),
            "displaced": sum(gate.displaced) / len(gate.displaced),
        },
    )


if __name__ == "__main__":
    main({"limited": limited})
