"""A server that goes away: the run waits for it, or stops with the command that resumes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.cli.shell import begin, convsim, ended
from tests.faults.scene import Assistant, Rows, is_whole, rows_of, undisturbed, write_suite
from tests.small import rows

REPEATS = 30


async def test_a_server_that_comes_back_costs_no_dialogue(tmp_path: Path) -> None:
    """Down for seconds in the midst of a run: no error row, and the rows of an undisturbed run."""
    scenario, out = write_suite(tmp_path), tmp_path / "run"
    whole = await undisturbed(scenario, tmp_path / "whole", repeats=REPEATS)
    server = Assistant(latency=0.02)
    async with server:
        process = await begin(
            "run", scenario, "-t", server.target, "--out", out, "--repeats", REPEATS, "-q",
            "--concurrency", 8,
        )  # fmt: skip
        await server.called(60)
    await asyncio.sleep(3)
    assert process.returncode is None
    async with server:
        done = await ended(process)
    assert (done.code, done.err) == (0, "")
    assert rows_of(out) == whole
    assert rows(out, "errors") == []
    # Whatever was in flight when the server went is asked again, and nothing else.
    assert len([times for times in server.asked.values() if times > 1]) <= 8


async def test_a_server_that_stays_away_suspends_the_run(tmp_path: Path) -> None:
    """When patience ends one line says what failed; dialogues in flight get no row."""
    scenario, out = write_suite(tmp_path), tmp_path / "run"
    whole: Rows = await undisturbed(scenario, tmp_path / "whole", repeats=REPEATS)
    server = Assistant(latency=0.02)
    async with server:
        process = await begin(
            "run", scenario, "-t", server.target, "--out", out, "--repeats", REPEATS, "-q",
            "--concurrency", 8, "--patience", 2,
        )  # fmt: skip
        await server.called(60)
    done = await ended(process)
    assert done.code == 3
    stopped, incomplete = done.err.splitlines()
    assert stopped.startswith("stopped: nothing but failures for ")
    assert f"nothing answers at {server.url}: is the server running?" in stopped
    assert incomplete == f"incomplete: go on with `convsim resume {out}`"
    assert rows(out, "errors") == []
    assert is_whole(out)
    async with server:
        done = await convsim("resume", out, "-q")
    assert (done.code, done.err) == (0, "")
    assert rows_of(out) == whole
