"""Ctrl-C once drains, twice stops now; SIGTERM is a Ctrl-C; resuming does what is missing."""

from __future__ import annotations

import asyncio
import signal
from asyncio.subprocess import Process
from pathlib import Path

import pytest

from tests.cli.shell import begin, convsim, ended
from tests.faults.scene import Assistant, Book, is_whole, rows_of, undisturbed, write_suite
from tests.small import rows

REPEATS = 20
CONCURRENCY = 8


SETTLED = 0.5
"""Seconds after which what was sent has arrived: nothing is answered meanwhile."""


async def begun(server: Assistant, scenario: Path, out: Path) -> Process:
    """A run in its midst: calls are in flight, and none is answered any more."""
    process = await begin(
        "run", scenario, "-t", server.target, "--out", out, "--repeats", REPEATS,
        "--concurrency", CONCURRENCY,
    )  # fmt: skip
    await server.called(50)
    server.gate.clear()
    await asyncio.sleep(SETTLED)
    assert 0 < server.in_flight <= CONCURRENCY
    return process


async def told_to_stop(process: Process, number: signal.Signals) -> None:
    """Send a signal and wait until the process says that it stops."""
    process.send_signal(number)
    assert process.stderr is not None
    line = await process.stderr.readline()
    assert line == b"stopping: no new calls; waiting for those in flight (again: stop now)\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=str)
async def test_one_signal_drains(number: signal.Signals, tmp_path: Path) -> None:
    """No call starts any more, each one in flight is kept, and nothing is ever asked twice."""
    scenario, out = write_suite(tmp_path), tmp_path / "run"
    whole = await undisturbed(scenario, tmp_path / "whole", repeats=REPEATS)
    async with Assistant(latency=0.01) as server:
        process = await begun(server, scenario, out)
        calls = server.calls
        await told_to_stop(process, number)
        server.gate.set()
        done = await ended(process)
        assert done.code == 3
        assert done.err.splitlines()[-1] == f"incomplete: go on with `convsim resume {out}`"
        assert server.calls == len(rows(out, "ledger")) == calls
        assert is_whole(out)
        done = await convsim("resume", out, "-q")
    assert done.code == 0
    assert rows_of(out) == whole
    assert set(server.asked.values()) == {1}


async def test_a_second_signal_stops_now(tmp_path: Path) -> None:
    """What was in flight is lost, and nothing else."""
    scenario, out = write_suite(tmp_path), tmp_path / "run"
    whole = await undisturbed(scenario, tmp_path / "whole", repeats=REPEATS)
    async with Assistant(latency=0.01) as server:
        process = await begun(server, scenario, out)
        calls, in_flight = server.calls, server.in_flight
        await told_to_stop(process, signal.SIGINT)
        process.send_signal(signal.SIGINT)
        done = await ended(process)
        server.gate.set()
        await server.quiet()
        assert done.code == 3
        assert done.err.splitlines()[-1] == f"incomplete: go on with `convsim resume {out}`"
        assert server.calls == calls
        lost = Book(out, repeats=REPEATS).lost(server.asked)
        assert len(lost) == in_flight
        done = await convsim("resume", out, "-q")
    assert done.code == 0
    assert rows_of(out) == whole
    assert {asked for asked, times in server.asked.items() if times > 1} == lost
