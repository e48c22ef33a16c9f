"""No room: the run stops cleanly, says so, and goes on once there is some.

Two ways to have none: a limit on the size of a file, which every system has, and a file system of
a few hundred kilobytes, for which a test must be allowed to mount one in a namespace of its own.
"""

from __future__ import annotations

import asyncio
import resource
import shutil
import subprocess
from asyncio.subprocess import PIPE
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.shell import COMMAND, Done, convsim, ended, environment
from tests.faults.scene import Assistant, Book, is_whole, rows_of, undisturbed, write_suite
from tests.small import lines

REPEATS = 30
CONCURRENCY = 8


def at_most(size: int) -> Callable[[], None]:
    """What limits the files of a process to `size` bytes before it begins."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


async def limited(size: int, *arguments: object) -> Done:
    """Run `convsim` where no file grows beyond `size` bytes."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *map(str, arguments), stdout=PIPE, stderr=PIPE, preexec_fn=at_most(size),
        # Python would write bytecode up to the limit, and stumble over the rest of it next time.
        env=environment(PYTHONDONTWRITEBYTECODE="1"),
    )  # fmt: skip
    return await ended(process)


def the_stop(done: Done) -> str:
    """The one line that says why a process stopped; it ended as a run that is incomplete does."""
    assert done.code == 3
    assert "Traceback" not in done.err
    (line,) = (line for line in done.err.splitlines() if line.startswith("stopped: "))
    assert done.err.splitlines()[-1].startswith("incomplete: go on with `convsim resume ")
    return line


@pytest.mark.parametrize(("size", "file"), [(6_000, "ledger"), (30_000, "dialogues")])
async def test_a_limit_on_file_sizes_stops_a_run_cleanly(
    size: int, file: str, tmp_path: Path
) -> None:
    """One line names the file and the remedy; no line is damaged; only calls in flight are lost."""
    scenario, out = write_suite(tmp_path), tmp_path / "run"
    whole = await undisturbed(scenario, tmp_path / "whole", repeats=REPEATS)
    async with Assistant(latency=0.01) as server:
        done = await limited(
            size, "run", scenario, "-t", server.target, "--out", out, "--repeats", REPEATS,
            "--concurrency", CONCURRENCY, "-q",
        )  # fmt: skip
        line = the_stop(done)
        assert f"{out / file}.jsonl cannot grow: File too large" in line
        assert "raise the limit on file sizes" in line
        assert is_whole(out)
        lost = Book(out, repeats=REPEATS).lost(server.asked)
        assert len(lost) <= CONCURRENCY
        done = await convsim("resume", out, "-q")
    assert done.code == 0
    assert rows_of(out) == whole
    assert {asked for asked, times in server.asked.items() if times > 1} == lost


async def test_a_run_that_may_not_grow_yet_stops_again(tmp_path: Path) -> None:
    """Resumed too early it asks for little, loses little, and damages nothing."""
    scenario, out = write_suite(tmp_path), tmp_path / "run"
    whole = await undisturbed(scenario, tmp_path / "whole", repeats=20)
    async with Assistant() as server:
        await limited(
            20_000, "run", scenario, "-t", server.target, "--out", out, "--repeats", 20, "-q",
            "--concurrency", CONCURRENCY,
        )  # fmt: skip
        before = server.calls
        done = await limited(20_000, "resume", out, "--concurrency", CONCURRENCY)
        assert "cannot grow" in the_stop(done)
        assert server.calls - before <= CONCURRENCY
        assert is_whole(out)
        assert (await convsim("resume", out, "-q")).code == 0
    assert rows_of(out) == whole


SMALL, LARGE = "1150k", "64m"
"""Sizes of the file system: one that takes the reserve and a part of the run, one with room."""

ON_A_SMALL_DISK = """
cd "$1" || exit
mount -t tmpfs -o size="$2" tmpfs disk || exit
shift 2
"$@" --out disk/run >/dev/null 2>full.err
echo $? >full.code
cp -r disk/run full
mount -o remount,size="$LARGE" disk
$RESUME disk/run -q >/dev/null 2>resumed.err
echo $? >resumed.code
cp -r disk/run resumed
"""


def may_mount() -> bool:
    """Whether this user may mount a file system that nobody else sees."""
    if shutil.which("unshare") is None:
        return False
    tried = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


def ended_as(name: str, folder: Path) -> Done:
    """How a command inside of the namespace ended."""
    code = int((folder / f"{name}.code").read_text())
    return Done(code, "", (folder / f"{name}.err").read_text())


async def test_a_full_disk_stops_a_run_cleanly(tmp_path: Path) -> None:
    """All that was in flight is still written, into the reserve: nothing is asked twice."""
    if not may_mount():
        pytest.skip("needs to mount a small file system (unshare -rm)")
    scenario = write_suite(tmp_path)
    (tmp_path / "disk").mkdir()
    whole = await undisturbed(scenario, tmp_path / "whole", repeats=REPEATS)
    async with Assistant(latency=0.01) as server:
        command = (*COMMAND, "run", str(scenario), "-t", server.target, "-q")
        process = await asyncio.create_subprocess_exec(
            "unshare", "-rm", "sh", "-c", ON_A_SMALL_DISK, "sh", str(tmp_path), SMALL,
            *command, "--repeats", str(REPEATS), "--concurrency", str(CONCURRENCY),
            env=environment(LARGE=LARGE, RESUME=" ".join((*COMMAND, "resume"))),
            stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        assert await ended(process) == (0, "", "")
    line = the_stop(ended_as("full", tmp_path))
    assert ".jsonl cannot grow: No space left on device" in line
    assert "make space, then `convsim resume disk/run`" in line
    assert is_whole(tmp_path / "full")
    assert 0 < len(lines(tmp_path / "full", "dialogues")) < 2 * REPEATS
    assert ended_as("resumed", tmp_path) == (0, "", "")
    assert rows_of(tmp_path / "resumed") == whole
    assert set(server.asked.values()) == {1}


async def test_a_run_that_cannot_even_begin_leaves_nothing(tmp_path: Path) -> None:
    """Nothing was called, so the same --out can be used again."""
    scenario, out = write_suite(tmp_path), tmp_path / "run"
    async with Assistant() as server:
        done = await limited(500, "run", scenario, "-t", server.target, "--out", out, "-q")
        assert server.calls == 0
    assert done.code != 0
    assert "suite.json cannot grow: File too large" in done.err
    assert "Traceback" not in done.err
    assert not out.exists()
