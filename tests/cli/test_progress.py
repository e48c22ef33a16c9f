"""Progress: a bar where somebody watches, plain lines in a log, nothing when quiet."""

from __future__ import annotations

import asyncio
import os
import pty
import re
from pathlib import Path

import pytest

from convsim.case import Case
from convsim.cli import progress
from convsim.cli.progress import Progress
from convsim.judges.rules import judge
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


def test_a_log_gets_one_line_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    """A short run needs no more; errors stand beside the verdicts."""
    with Progress(5, before={"PASS": 1}) as shown:
        shown(HELD, verdict(HELD))
        shown(CROSSED, verdict(CROSSED))
        shown(FAILED, None)
    assert capsys.readouterr() == ("", "4/5 dialogues  PASS 2  FAIL 1  errors 1\n")


def test_a_log_gets_a_line_every_minute(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.0)
    with Progress(2) as shown:
        shown(HELD, verdict(HELD))
        shown(HELD, verdict(HELD))
    assert capsys.readouterr().err.splitlines() == [
        "1/2 dialogues  PASS 1",
        "2/2 dialogues  PASS 2",
        "2/2 dialogues  PASS 2",
    ]


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(1, quiet=True) as shown:
        shown(HELD, verdict(HELD))
    assert capsys.readouterr() == ("", "")


def test_nothing_played_is_nothing_said(capsys: pytest.CaptureFixture[str]) -> None:
    """An error before the first dialogue ended stays the only line."""
    with Progress(10):
        pass
    assert capsys.readouterr() == ("", "")


async def test_a_terminal_gets_a_bar_that_leaves_nothing_behind(tmp_path: Path) -> None:
    """One bar on stderr with the counts, wiped at the end; stdout holds only the summary."""
    ours, theirs = pty.openpty()
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
    shown = _read_all(ours)
    assert process.returncode == 0
    assert re.search(r"dialogues .* \d/8 ", shown)
    assert "PASS " in shown
    assert shown.rstrip("\r\n").endswith("\x1b[2K")
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
