"""`convsim` as a user runs it: in a process of its own, with a clean environment.

What a process of its own cannot show better is run `inside` this one, which takes a hundredth of
the time.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from typer.testing import CliRunner

from convsim.cli import app

ROOT = Path(__file__).parent.parent.parent
COMMAND = (sys.executable, "-m", "convsim")


class Done(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return orjson.loads(self.out)


def environment(**extra: str) -> dict[str, str]:
    """What a process needs to find Python and this package; no key and no setting of the user."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "100", **extra}


async def begin(*arguments: object, cwd: Path | None = None, **extra: str) -> Process:
    """Start `convsim` with these arguments; `extra` is put into its environment."""
    return await asyncio.create_subprocess_exec(
        *COMMAND, *map(str, arguments), stdout=PIPE, stderr=PIPE, cwd=cwd, env=environment(**extra)
    )


async def ended(process: Process) -> Done:
    """Wait for a started command."""
    out, err = await asyncio.wait_for(process.communicate(), 90)
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())


async def convsim(*arguments: object, cwd: Path | None = None, **extra: str) -> Done:
    """Run `convsim` with these arguments."""
    return await ended(await begin(*arguments, cwd=cwd, **extra))


def inside(*arguments: object) -> Done:
    """Run `convsim` in this process."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something that another process does."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(0.01)
