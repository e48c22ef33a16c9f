"""What all commands share: help, version, errors as lines, output that may be cut off."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import orjson
import pytest

from convsim.version import __version__
from tests.cli.shell import convsim, environment, inside

COMMANDS = (
    "run", "resume", "lint", "graph", "schema", "report", "judge", "read", "serve", "doctor",
)  # fmt: skip


async def test_help_lists_the_commands() -> None:
    done = await convsim("--help")
    assert (done.code, done.err) == (0, "")
    assert all(f"  {name} " in done.out for name in COMMANDS)


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
