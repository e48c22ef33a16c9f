"""kill -9: what was paid for is kept, and nothing is asked twice but what was in flight."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from convsim.runs import Run
from convsim.stores import RunDirectory
from tests.cli.shell import begin, convsim, ended, until
from tests.faults.scene import Asked, Assistant, Book, rows_of, undisturbed, write_suite
from tests.judges.knowing import knowing
from tests.judges.served import replying
from tests.servers import FakeServer, said

REPEATS = 50
KILLS = 10
CONCURRENCY = 8
CALLS = 25
"""A process is killed after at most so many calls: then no run is complete before its last kill."""


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_run_killed_at_random_instants_loses_only_calls_in_flight(
    seed: int, tmp_path: Path
) -> None:
    """Ten kills each; afterwards the rows are those of a run that nobody disturbed.

    A call is asked once more for each kill at which it was in flight, and at no other time.
    """
    scenario, out = write_suite(tmp_path), tmp_path / "run"
    whole = await undisturbed(scenario, tmp_path / "whole", repeats=REPEATS)
    chance, book, lost = random.Random(seed), Book(out, repeats=REPEATS), Counter[Asked]()
    async with Assistant(latency=0.03) as server:
        command: tuple[object, ...] = (
            "run", scenario, "-t", server.target, "--out", out, "--repeats", REPEATS,
        )  # fmt: skip
        for _ in range(KILLS):
            before = Counter(server.asked)
            process = await begin(*command, "--concurrency", CONCURRENCY, "-q")
            await server.called(server.calls + chance.randint(1, CALLS))
            await asyncio.sleep(chance.random() * 0.05)
            process.kill()
            await ended(process)
            await server.quiet()
            gone = book.lost(server.asked - before)
            assert len(gone) <= CONCURRENCY
            lost.update(gone)
            command = ("resume", out)
        done = await convsim(*command, "-q")
    assert done.code == 0
    assert rows_of(out) == whole
    assert {asked: times - 1 for asked, times in server.asked.items() if times > 1} == dict(lost)


async def test_a_process_killed_while_it_starts_costs_nothing(tmp_path: Path) -> None:
    """Before the first call of a resumed run there is nothing to lose."""
    scenario, out = write_suite(tmp_path), tmp_path / "run"
    whole = await undisturbed(scenario, tmp_path / "whole", repeats=4)
    async with Assistant() as server:
        await convsim("run", scenario, "-t", server.target, "--out", out, "--repeats", 4)
        for name in ("dialogues", "verdicts/rules"):
            (out / f"{name}.jsonl").unlink()
        for seconds in (0.05, 0.2, 0.3):
            process = await begin("resume", out)
            await asyncio.sleep(seconds)
            process.kill()
            await ended(process)
        done = await convsim("resume", out, "-q")
    assert done.code == 0
    assert rows_of(out) == whole
    assert set(server.asked.values()) == {1}


async def test_a_run_killed_while_it_is_judged_pays_no_answer_twice(tmp_path: Path) -> None:
    """Three kills; afterwards every answer is in the ledger once, and every dialogue is judged."""
    scenario, out = write_suite(tmp_path), tmp_path / "run"
    chance, asked = random.Random(3), Counter[bytes]()
    answers = replying(knowing())

    def judge(body: dict[str, Any]) -> Any:
        asked[orjson.dumps(body)] += 1
        return said(answers(body), delay=0.02)

    async with FakeServer(judge) as server:
        command: tuple[object, ...] = (
            "run", scenario, "-t", "sim/capitulates?after=2", "--out", out, "--repeats", 8,
            "--judge", f"{server.url}#judge", "--concurrency", 4,
        )  # fmt: skip
        for _ in range(3):
            due = asked.total() + chance.randint(4, 16)
            process = await begin(*command, "-q")
            await until(lambda due=due: asked.total() >= due)  # type: ignore[misc]
            process.kill()
            await ended(process)
            command = ("resume", out)
        done = await convsim(*command, "-q")
    run = Run(out)
    assert (done.code, run.missing, run.unjudged, run.void) == (0, 0, 0, None)
    paid = [row["key"] for row in RunDirectory(out).read("ledger") if row["role"] == "judge"]
    assert len(paid) == len(set(paid)) == len(asked)
    assert asked.total() - len(asked) <= 3 * 4
    assert len(run.examinations) == 1
