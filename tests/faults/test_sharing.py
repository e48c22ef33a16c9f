"""Conversations that begin alike share one call, in flight as well, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from convsim.errors import Transient
from convsim.ledger import Journaled, Ledger
from convsim.limits import Limits
from convsim.loading import load_suite
from convsim.manifest import Setup
from convsim.session import Controls, Session
from convsim.starting import reopen, start
from tests.faults.scene import SHARED_TURNS, Assistant, write_suite
from tests.servers import Answer, fault
from tests.small import Scripted, hello, rows

REPEATS = 20


async def played(session: Session) -> Session:
    """The session, after its end."""
    with session.directory:
        await session.play()
    return session


def turns_in(out: Path) -> int:
    """How many turns all dialogues of a run have."""
    count = 0
    for row in rows(out, "dialogues"):
        turns = row["turns"]
        assert isinstance(turns, list)
        count += len(turns)
    return count


@pytest.mark.parametrize("latency", [0.0, 0.05])
@pytest.mark.parametrize("concurrency", [1, 16])
async def test_arms_that_begin_alike_make_one_call(
    latency: float, concurrency: int, tmp_path: Path
) -> None:
    """Whether the first is answered or still in flight; the counts are the server's."""
    out = tmp_path / "run"
    async with Assistant(latency=latency if concurrency > 1 else 0) as server:
        session = start(
            load_suite([write_suite(tmp_path)]), server.target, out,
            setup=Setup(repeats=REPEATS), controls=Controls(Limits(concurrency=concurrency)),
        )  # fmt: skip
        await played(session)
    assert set(server.asked.values()) == {1}
    traffic, turns = session.traffic, turns_in(out)
    assert traffic.calls == server.calls == len(rows(out, "ledger"))
    assert traffic.shared == turns - server.calls == SHARED_TURNS * REPEATS
    assert (traffic.saved, traffic.failed) == (0, 0)


async def test_what_an_earlier_session_paid_for_is_saved(tmp_path: Path) -> None:
    """Of each reply the first use is `saved`, a second one `shared`."""
    out = tmp_path / "run"
    async with Assistant() as server:
        setup = Setup(repeats=REPEATS)
        await played(start(load_suite([write_suite(tmp_path)]), server.target, out, setup=setup))
        calls, turns = server.calls, turns_in(out)
        for name in ("dialogues", "verdicts/rules"):
            (out / f"{name}.jsonl").unlink()
        session = await played(reopen(out))
        assert server.calls == calls
    traffic = session.traffic
    assert (traffic.calls, traffic.saved, traffic.shared) == (0, calls, turns - calls)


async def test_a_failed_shared_call_fails_all_that_wait_for_it(tmp_path: Path) -> None:
    """Both arms get an error row of the one call, and the ledger gets none."""

    def broken(body: dict[str, Any], times: int) -> Answer | None:
        later = len(body["messages"]) > 1
        return replace(fault(500), delay=0.05) if later else None

    out = tmp_path / "run"
    async with Assistant(broken, latency=0.05) as server:
        session = start(
            load_suite([write_suite(tmp_path)]), server.target, out, setup=Setup(repeats=1),
            controls=Controls(Limits(concurrency=2, attempts=1)),
        )  # fmt: skip
        await played(session)
    assert Counter(row["kind"] for row in rows(out, "errors")) == {"transient": 2}
    assert server.calls == 2
    assert len(rows(out, "ledger")) == 1
    assert (session.traffic.calls, session.traffic.failed, session.traffic.shared) == (2, 1, 2)


class Nowhere:
    """A store that keeps names only."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def append(self, name: str, row: object) -> None:
        """Note that there was one."""
        self.names.append(name)

    def read(self, name: str) -> Iterator[dict[str, Any]]:
        """Nothing comes back."""
        return iter(())

    def lock(self) -> None:
        """Nobody else knows of it."""


def journaled(target: Scripted) -> tuple[Journaled, Nowhere]:
    """A target whose replies in sample s/1/0 are shared."""
    store = Nowhere()
    ledger = Ledger(store)
    ledger.enter("s/1")
    return Journaled(target, ledger, alias="t1", fingerprint="f"), store


@pytest.mark.parametrize("cancelled", [0, 1, 2])
async def test_a_cancelled_waiter_leaves_the_call_to_the_others(cancelled: int) -> None:
    """Be it the one that asked first, or one that came later."""
    target = Scripted("No.", latency=0.05)
    shared, store = journaled(target)
    waiters = [asyncio.create_task(shared.reply(hello())) for _ in range(3)]
    await asyncio.sleep(0.01)
    waiters[cancelled].cancel()
    results = await asyncio.gather(*waiters, return_exceptions=True)
    assert isinstance(results.pop(cancelled), asyncio.CancelledError)
    assert [getattr(result, "text", None) for result in results] == ["No.", "No."]
    assert (target.calls, store.names) == (1, ["ledger"])


async def test_an_error_reaches_every_waiter_and_nobody_later() -> None:
    """A failure is no reply: whoever comes afterwards asks anew."""
    target = Scripted(Transient("broke off"), "No.", latency=0.01)
    shared, store = journaled(target)
    waiters = (shared.reply(hello()) for _ in range(3))
    results = await asyncio.gather(*waiters, return_exceptions=True)
    assert [str(result) for result in results] == ["broke off"] * 3
    assert store.names == []
    assert (await shared.reply(hello())).text == "No."
    assert (target.calls, store.names) == (2, ["ledger"])
