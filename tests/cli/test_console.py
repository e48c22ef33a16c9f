"""What all commands share: help, version, errors as lines, output that may be cut off."""

from __future__ import annotations

import asyncio
import io
import re
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import orjson
import pytest
import typer

from convsim.cli.console import Exit, command, complain, print_report
from convsim.version import __version__
from tests.cli.shell import convsim, environment, inside

COMMANDS = (
    "run", "resume", "plan", "merge", "lint", "graph", "schema", "new", "paths", "walk", "report",
    "view", "coverage", "compare", "gate", "judge", "read", "audit", "calibrate", "gap", "stitch",
    "serve", "doctor",
)  # fmt: skip


async def test_help_lists_the_commands() -> None:
    done = await convsim("--help")
    assert (done.code, done.err) == (0, "")
    assert all(f"  {name} " in done.out for name in COMMANDS)
    assert "..." not in done.out.partition("Commands:")[2]  # what each does fits on its line


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    done = inside(command, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"Usage: convsim {command} " in done.out


async def test_the_version() -> None:
    assert await convsim("--version") == (0, f"convsim {__version__}\n", "")


def test_no_command_is_help() -> None:
    """And an unknown one says so."""
    done = inside()
    assert "Usage: " in done.out + done.err
    done = inside("rum")
    assert done.code == 2
    assert "No such command 'rum'" in done.err


@pytest.mark.parametrize(("terminal", "coloured"), [(True, True), (False, False)])
def test_a_report_is_coloured_for_people_only(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, coloured: bool
) -> None:
    """On a terminal verdicts have a colour; the words and the lines are the same."""
    out = io.StringIO()
    monkeypatch.setattr(out, "isatty", lambda: terminal)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = "VERDICTS\n  FAIL 1 [red]" + " and more" * 30
    print_report(text)
    shown = out.getvalue()
    assert ("\x1b[" in shown) is coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown) == text + "\n"


def test_a_complaint_does_not_act_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """What a server or a file put into an error is shown; several problems keep their lines."""
    complain("it offers \x1b[2J\u202eowned\nand more")
    assert capsys.readouterr() == ("", "it offers \ufffd[2J\ufffdowned\nand more\n")


async def test_head_is_no_error(tmp_path: Path) -> None:
    """A reader that has seen enough causes no traceback and no complaint at the end."""
    said = [("user", "Do it."), ("assistant", "I can't help with that.")] * 50
    messages = [{"role": role, "content": text} for role, text in said]
    path = tmp_path / "logs.jsonl"
    path.write_bytes((orjson.dumps({"messages": messages}) + b"\n") * 50)
    pipeline = f'set -o pipefail; "{sys.executable}" -m convsim read "{path}" | head -n 1'
    shell = await asyncio.create_subprocess_exec(
        "bash", "-c", pipeline, stdout=PIPE, stderr=PIPE, env=environment()
    )
    out, err = await shell.communicate()
    assert (shell.returncode, err) == (0, b"")
    assert out.count(b"\n") == 1
    assert orjson.loads(out)["label"] == "refusal"


def test_a_file_that_may_not_be_used_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """What the system says of a file, with its name, and the exit code of wrong input."""

    @command
    def reads() -> None:
        raise PermissionError(13, "Permission denied", "logs.jsonl")

    with pytest.raises(typer.Exit) as left:
        reads()
    assert left.value.exit_code == Exit.WRONG_INPUT
    assert capsys.readouterr().err == "logs.jsonl: Permission denied\n"
