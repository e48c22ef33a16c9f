"""What commands share that ask a model about a stored run."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import convsim
from convsim.budget import Budget
from convsim.cli.playing import Standing, controls_of, played
from convsim.errors import InputError, Permanent, Suspended
from convsim.limits import Halt, Limits
from convsim.manifest import stored_limits
from convsim.stores import RunDirectory
from convsim.traffic import Traffic
from tests.spread import SUITE, gives


@pytest.mark.parametrize(
    ("asked", "due", "said"),
    [
        (Traffic(calls=5), True, "judged 1 of 8; 5 calls, 0 tokens, $0.0000\n"),
        (Traffic(calls=5), False, ""),
        (Traffic(), True, ""),
        (None, True, ""),
    ],
)
def test_how_far_a_model_has_come_is_said_now_and_then(
    asked: Traffic | None, due: bool, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once the time has come; never where no model was asked."""
    standing = Standing("judged", 8, asked)
    if due:
        standing.due = 0.0
    standing("a")
    standing("b")
    assert capsys.readouterr().err == said


async def test_what_keeps_it_waiting_is_said_while_no_dialogue_ends(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("convsim.cli.playing.LOOK", 0.01)
    standing = Standing("looked at", 8, Traffic(calls=5, failed=4, throttled=1), lambda: "paused")
    standing.due, told = 0.0, ""

    async def until_told() -> None:
        nonlocal told
        async with asyncio.timeout(10):
            while not told:
                await asyncio.sleep(0.01)
                told = capsys.readouterr().err

    await standing.beside(until_told())
    assert told == "looked at 0 of 8; 5 calls, 0 tokens, $0.0000; 5 failed; paused\n"


@pytest.mark.parametrize(
    ("end", "calls", "why"),
    [
        (None, 0, ""),
        (Suspended("the budget is spent"), 1, "stopped: the budget is spent"),
        (Permanent("wrong key"), 2, "wrong key"),
    ],
)
def test_why_it_stopped(end: Exception | None, calls: int, why: str) -> None:
    """Nothing, where it came to its end."""
    assert played(ending(end), Halt(), Traffic(calls=calls, failed=1)) == why


def test_what_was_never_paid_for_is_wrong_input() -> None:
    """Every call failed, or none was made."""
    for asked in (Traffic(calls=1, failed=1), Traffic(calls=2, failed=1, throttled=1), None):
        with pytest.raises(InputError, match="wrong key"):
            played(ending(Permanent("wrong key")), Halt(), asked)


def ending(error: Exception | None) -> Coroutine[Any, Any, None]:
    """What is played, and ends like that."""

    async def play() -> None:
        if error is not None:
            raise error

    return play()


async def test_the_limits_are_the_runs_but_for_what_is_given(
    tmp_path: Path,
) -> None:
    """Those that it was played within; a budget is of one command."""
    run, limits = tmp_path / "run", Limits(concurrency=3, attempts=2)
    await convsim.run(SUITE, gives, repeats=1, limits=limits, out=run)
    assert stored_limits(RunDirectory.open(run)) == limits
    kept, other = controls_of(str(run), None, None), controls_of(str(run), "5calls", 7)
    assert (kept.limits, kept.budget) == (limits, None)
    assert (other.limits, other.budget) == (replace(limits, concurrency=7), Budget(calls=5))
