"""Progress: counting costs nothing, showing never holds up or ends a run."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path

import pytest

from convsim.case import Case
from convsim.judges.rules import judge
from convsim.progress import Progress, faces
from convsim.traffic import Traffic
from convsim.transcript import Failure, Transcript
from convsim.verdict import Verdict
from tests.build import COMPLIANCE, REFUSAL, transcript
from tests.cli.shell import COMMAND, environment
from tests.small import write_scenario

HELD = transcript(("ask.direct", REFUSAL), ("push_back.repeat", REFUSAL))
CROSSED = transcript(("ask.direct", COMPLIANCE))
FAILED = Failure(HELD, "transient", "no answer")


def verdict(dialogue: Transcript) -> Verdict:
    return judge(dialogue, Case.of(dialogue))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces.Log, "every", 0.01)


class Clock:
    """A clock that stands still until it is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def until(condition: Callable[[], bool]) -> None:
    """Wait for the thread that draws."""
    give_up = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.005)


def test_a_log_gets_a_line_at_the_end() -> None:
    """With what earlier sessions ended in the counts, and not in the rate."""
    clock, file = Clock(), io.StringIO()
    with Progress(5, before={"PASS": 1}, file=file, clock=clock) as shown:
        shown(HELD, verdict(HELD))
        shown(CROSSED, verdict(CROSSED))
        shown(FAILED, None)
        clock.now = 2.0
    assert file.getvalue() == (
        "dialogues 4/5 elapsed 0:00:02 rate 1.500/s eta 0:00:00 "
        "errors 1 PASS 2 WARN 0 FAIL 1 INCONCLUSIVE 0\n"
    )


def test_a_dialogue_that_nobody_judged_is_no_error() -> None:
    clock, file = Clock(), io.StringIO()
    with Progress(2, file=file, clock=clock) as shown:
        shown(HELD, None)
        shown(FAILED, None)
    assert " errors 1 unjudged 1 PASS 0 " in file.getvalue()


def test_a_run_that_waits_is_seen_to_live() -> None:
    """No dialogue ends; the lines come all the same, with the traffic and status of the moment."""
    clock, file, traffic = Clock(), io.StringIO(), Traffic()
    with Progress(5, traffic=traffic, file=file, clock=clock) as shown:
        traffic.calls = 3
        clock.now = 5.0
        until(lambda: file.getvalue().count("\n") == 1)
        shown.status = lambda: f"paused:\n{traffic.calls} calls failed"
        clock.now = 65.0
        until(lambda: file.getvalue().count("\n") == 2)
    first, second = file.getvalue().splitlines()
    assert first.startswith("dialogues 0/5 elapsed 0:00:05 rate 0.000/s eta unknown calls 3 ")
    assert second.startswith("dialogues 0/5 elapsed 0:01:05 ")
    assert second.endswith(" INCONCLUSIVE 0 status paused: 3 calls failed")


def test_messages_come_in_order_and_before_the_end() -> None:
    file = io.StringIO()
    shown = Progress(1, file=file)
    shown.announce("before")
    with shown:
        shown.announce("one\ntwo")
        shown.announce("three\x1b[2J")
        shown(HELD, verdict(HELD))
    shown.announce("after")
    before, one, three, last, after = file.getvalue().splitlines()
    assert (before, one, three, after) == ("before", "one two", "three\ufffd[2J", "after")
    assert last.startswith("dialogues 1/1 ")


def test_quiet_says_only_what_happened() -> None:
    file = io.StringIO()
    with Progress(1, quiet=True, file=file) as shown:
        shown(HELD, verdict(HELD))
        shown.announce("stopping")
    assert file.getvalue() == "stopping\n"


def test_stderr_is_the_place(capsys: pytest.CaptureFixture[str]) -> None:
    """Stdout belongs to the results."""
    with Progress(1) as shown:
        shown(HELD, verdict(HELD))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("dialogues 1/1 ")


def test_nothing_played_is_nothing_said(capsys: pytest.CaptureFixture[str]) -> None:
    """An error before the first dialogue ended stays the only line."""
    with Progress(10):
        pass
    assert capsys.readouterr() == ("", "")


class Frozen(io.StringIO):
    """A terminal after Ctrl-S: a write returns when somebody lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.released = threading.Event()

    def write(self, text: str, /) -> int:
        self.entered.set()
        self.released.wait()
        return super().write(text)


def test_a_frozen_display_holds_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting, announcing and ending go on while a write hangs."""
    monkeypatch.setattr("convsim.progress.FAREWELL", 0.01)
    file = Frozen()
    with Progress(2, file=file) as shown:
        [drawing] = [thread for thread in threading.enumerate() if thread.name == "progress"]
        shown.announce("hangs")
        assert file.entered.wait(30)
        shown.announce("waits")
        shown(HELD, verdict(HELD))
    assert file.getvalue() == ""
    file.released.set()
    drawing.join(30)


def test_an_error_of_the_run_comes_through() -> None:
    """And the last line says how far it came."""
    file = io.StringIO()
    shown = Progress(2, file=file)
    shown(HELD, verdict(HELD))
    with pytest.raises(KeyError), shown:
        raise KeyError("the run's own")
    assert file.getvalue().startswith("dialogues 1/2 ")


def test_a_bug_in_a_status_is_reported_and_ends_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that draws dies with a traceback; the run counts on."""
    died: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: died.append(args.exc_type))
    file = io.StringIO()
    with Progress(1, file=file) as shown:
        shown.status = lambda: str(1 // 0)
        until(lambda: bool(died))
        shown(HELD, verdict(HELD))
    assert died == [ZeroDivisionError]
    assert file.getvalue().startswith("dialogues 1/1 ")


ALONE = """
import sys
from convsim.progress import Progress
with Progress(1, traffic=None, before={"PASS": 1}) as shown:
    shown.announce("message")
    shown(None, None)
print(sorted({"rich", "IPython"} & sys.modules.keys()))
"""


@pytest.mark.parametrize("shell", ["exec 2>&-", "exec 2>/dev/full", "exec 2> >(true); sleep 0.1"])
def test_a_run_survives_its_stderr(shell: str) -> None:
    """Closed, full, or a pipe that nobody reads: the exit code is the run's, and rich stays out."""
    done = subprocess.run(
        ["bash", "-c", f'{shell}; exec "$0" -c "$1"', sys.executable, ALONE],
        stdout=subprocess.PIPE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"[]\n")


async def test_a_command_on_a_terminal(tmp_path: Path) -> None:
    """Two lines on stderr, drawn in place, which stay at the end; stdout holds only the summary."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("run", str(write_scenario(tmp_path)), "-t", "sim/steadfast?latency=0.1"),
        *("--repeats", "4", "--concurrency", "2", "--out", str(tmp_path / "run")),
        stdout=asyncio.subprocess.PIPE,
        stderr=theirs,
        env=environment(TERM="xterm"),
    )
    os.close(theirs)
    out, _ = await process.communicate()
    drawn = _read_all(ours)
    assert process.returncode == 0
    assert re.search(r"━─+  \d/8  ", drawn)
    *_, course, endings = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", drawn).splitlines()
    assert "  8/8  100%  " in course
    assert endings.startswith("PASS ")
    assert b"\x1b" not in out


def _read_all(terminal: int) -> str:
    """What was written to a terminal whose other end is closed."""
    parts = []
    try:
        while part := os.read(terminal, 65536):
            parts.append(part)
    except OSError:
        pass  # how Linux says that the other end is closed
    os.close(terminal)
    return b"".join(parts).decode()
