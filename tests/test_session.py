"""Sessions: how a run is played, shared, stopped, and gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from convsim.errors import Halted, Permanent, RefusedRequest
from convsim.limits import Halt, Limits
from convsim.manifest import Setup
from convsim.session import Controls
from convsim.starting import reopen, start, workers
from convsim.stores import RunDirectory
from convsim.transcript import Request
from tests.servers import FakeServer, said
from tests.small import SUITE, Plain, Scripted, entries, holds, rows

STAFF = workers(Plain())


# -- targets


async def test_equal_targets_keep_their_replies_apart(tmp_path: Path) -> None:
    """The same model under two aliases is two observations: the ledger keys differ."""
    session = start(
        SUITE, {"a": holds, "b": holds}, tmp_path / "run", setup=Setup(repeats=1), staff=STAFF
    )
    with session.directory:
        await session.play()
    ledger = rows(tmp_path / "run", "ledger")
    assert len({row["key"] for row in ledger}) == len(ledger) == 12
    assert {row["target"] for row in ledger} == {"a", "b"}


async def test_a_lone_target_has_no_alias_in_its_keys(tmp_path: Path) -> None:
    """A ledger key does not depend on how the user calls the model."""
    for alias in ("a", "b"):
        session = start(
            SUITE, {alias: holds}, tmp_path / alias, setup=Setup(repeats=1), staff=STAFF
        )
        with session.directory:
            await session.play()
    first, second = ([row["key"] for row in rows(tmp_path / it, "ledger")] for it in "ab")
    assert first == second


async def test_targets_on_one_server_share_its_limits(tmp_path: Path) -> None:
    """Two models behind one URL together start no more than `rpm` requests a minute."""
    limits = Limits(rpm=600)
    async with FakeServer("No.") as server:
        targets = [f"{server.url}#fake-model", f"{server.url}?temperature=0#fake-model"]
        session = start(
            SUITE,
            targets,
            tmp_path / "run",
            setup=Setup(repeats=1, arms=("restricted",)),
            staff=STAFF,
            controls=Controls(limits),
        )
        with session.directory:
            await session.play()
    stamps = sorted(float(str(row["at"])) for row in rows(tmp_path / "run", "ledger"))
    assert len(stamps) == 6
    assert stamps[-1] - stamps[0] >= 0.35  # 0.5 s together, 0.2 s where each had its own


@pytest.mark.parametrize(
    ("query", "limit", "named"), [("", 0.05, "0.05"), ("?timeout=0.06", 30, "0.06")]
)
async def test_a_call_takes_no_longer_than_its_target_says(
    tmp_path: Path, query: str, limit: float, named: str
) -> None:
    """A target's own `timeout` stands before the run's; without one the run's holds."""
    async with FakeServer(said("No.", delay=5)) as server:
        session = start(
            SUITE,
            f"{server.url}{query}#fake-model",
            tmp_path / "run",
            setup=Setup(repeats=1, arms=("benign",)),
            staff=STAFF,
            controls=Controls(Limits(attempts=1, timeout=limit)),
        )
        with session.directory:
            await session.play()
    (row,) = rows(tmp_path / "run", "errors")
    assert row["kind"] == "transient"
    assert f"no answer within {named} s" in str(row["message"])


# -- playing


async def test_nothing_is_left_of_a_run_in_which_nothing_was_paid_for(tmp_path: Path) -> None:
    """A wrong key at the first call leaves no directory, and its error is raised."""
    target = Scripted(Permanent("rejected the key (401)"))
    session = start(SUITE, target, tmp_path / "run", staff=STAFF)
    with session.directory, pytest.raises(Permanent, match="rejected the key"):
        await session.play()
    assert target.calls == 1
    assert entries(tmp_path) == []


async def test_a_run_halted_before_its_first_call_leaves_nothing(tmp_path: Path) -> None:
    halt = Halt()
    halt.request()
    session = start(SUITE, holds, tmp_path / "run", staff=STAFF, controls=Controls(halt=halt))
    with session.directory, pytest.raises(Halted, match="nothing was paid for"):
        await session.play()
    assert entries(tmp_path) == []


async def test_a_wrong_key_later_keeps_what_was_paid_for(tmp_path: Path) -> None:
    target = Scripted("No.", "No.", "No.", Permanent("rejected the key (401)"))
    session = start(
        SUITE, target, tmp_path / "run", staff=STAFF, controls=Controls(Limits(concurrency=1))
    )
    with session.directory, pytest.raises(Permanent):
        await session.play()
    assert len(rows(tmp_path / "run", "ledger")) == 3
    assert len(rows(tmp_path / "run", "dialogues")) == 1
    assert len(rows(tmp_path / "run", "errors")) == 0


async def test_a_run_of_refused_requests_is_kept(tmp_path: Path) -> None:
    """Nothing was answered, but what went wrong is worth reading; it is final."""
    target = Scripted(RefusedRequest("too long (400)", detail="8193 tokens"))
    session = start(SUITE, target, tmp_path / "run", setup=Setup(repeats=1), staff=STAFF)
    with session.directory:
        await session.play()
    errors = rows(tmp_path / "run", "errors")
    assert [(row["kind"], row["detail"]) for row in errors] == [
        ("refused_request", "8193 tokens")
    ] * 2
    again = reopen(tmp_path / "run", targets={"t1": target}, staff=STAFF)
    with again.directory:
        assert len(again.earlier.done) == len(again.plan) == 2


async def test_a_dialogue_without_a_verdict_is_judged_on_the_way(tmp_path: Path) -> None:
    """A process may be killed between the two rows; nothing is played or paid for again."""
    target = Scripted("No.")
    session = start(SUITE, target, tmp_path / "run", setup=Setup(repeats=2), staff=STAFF)
    with session.directory:
        await session.play()
    verdicts = tmp_path / "run/verdicts/rules.jsonl"
    whole = verdicts.read_bytes()
    verdicts.write_bytes(b"".join(whole.splitlines(keepends=True)[:-2]))
    calls = target.calls
    again = reopen(tmp_path / "run", targets={"t1": target}, staff=STAFF)
    with again.directory:
        await again.play()
    assert (verdicts.read_bytes(), target.calls) == (whole, calls)


class Lost(Scripted):
    """A simulated assistant that recognises nothing."""

    unrecognised = 0

    async def reply(self, request: Request) -> Any:
        """Counts what it did not find."""
        self.unrecognised += 1
        return await super().reply(request)


async def test_unrecognised_texts_are_counted_over_all_sessions(tmp_path: Path) -> None:
    """A warning does not vanish because the run was resumed."""
    path = tmp_path / "run"
    session = start(SUITE, Lost("No."), path, setup=Setup(repeats=1), staff=STAFF)
    with session.directory:
        await session.play()
    assert RunDirectory(path).load("run")["unrecognised"] == {"t1": 6}
    for name in ("dialogues", "ledger"):
        (path / f"{name}.jsonl").unlink()
    again = reopen(path, targets={"t1": Lost("No.")}, staff=STAFF)
    with again.directory:
        await again.play()
    assert RunDirectory(path).load("run")["unrecognised"] == {"t1": 12}
