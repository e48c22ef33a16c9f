"""The ledger: every paid reply is written down, asked for once, and kept no longer than needed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import pytest

from convsim.digests import Role, ledger_key
from convsim.errors import CallError, Halted, OutOfSpace, Throttled, Transient
from convsim.ledger import Journaled, Ledger, Source
from convsim.limits import Limited, Limits
from convsim.ports import Target
from convsim.recorded import Recorded
from convsim.stores import RunDirectory
from convsim.traffic import Traffic
from convsim.transcript import Message, Reply, Request, Usage
from tests.small import Scripted, hello

GROUP = "s/1"


class Rows:
    """A store in memory."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, dict[str, Any]]] = []

    def append(self, name: str, row: Any) -> None:
        self.rows.append((name, orjson.loads(orjson.dumps(row))))

    def read(self, name: str) -> Iterator[dict[str, Any]]:
        return (row for at, row in self.rows if at == name)

    def lock(self) -> None:
        """Nobody else knows of it."""


def journaled(target: Target, store: Any, **options: Any) -> Journaled:
    """A target with a ledger of its own, of which no group is entered."""
    return Journaled(target, Ledger(store), **{"alias": "t1", "fingerprint": "f", **options})


# -- the journal


async def test_every_reply_leaves_a_row_before_it_is_seen() -> None:
    """The row holds the reply as it came, who asked, and when."""
    store, target = Rows(), Scripted("Yes.")
    reply = await journaled(target, store).reply(hello("s/1/0"))
    ((name, row),) = store.rows
    assert name == "ledger"
    assert row.pop("at") > 1.7e9
    assert 0 <= row.pop("seconds") < 5
    assert next(iter(row)) == "sample"  # a scan looks for it there
    assert row == {
        "sample": "s/1/0",
        "key": ledger_key(Role.TARGET, "f", "s/1/0", hello().messages),
        "role": "target",
        "target": "t1",
        "source": "call",
        "reply": orjson.loads(orjson.dumps(asdict(reply))),
    }


async def test_provider_details_live_here() -> None:
    """Usage, attempts, the served model and the raw stop reason are kept with the reply."""
    given = Reply("Yes.", stop="end_turn", served="m-2", usage=Usage(5, 2), reasoning="Hm.")

    class Talkative:
        async def reply(self, request: Request) -> Reply:
            return given

    store = Rows()
    inner = Limited(Talkative(), Limits())
    await journaled(inner, store).reply(hello())
    ((_, row),) = store.rows
    assert Reply(**{**row["reply"], "usage": Usage(**row["reply"]["usage"])}) == given


@pytest.mark.parametrize("error", [Transient("500"), Throttled("429"), CallError("x")])
async def test_a_failed_call_leaves_no_row(error: CallError) -> None:
    store = Rows()
    with pytest.raises(type(error)):
        await journaled(Scripted(error), store).reply(hello())
    assert store.rows == []


async def test_a_call_that_was_never_made_leaves_no_row() -> None:
    class Never:
        async def reply(self, request: Request) -> Reply:
            raise Halted("stopped")

    store = Rows()
    with pytest.raises(Halted):
        await journaled(Never(), store).reply(hello())
    assert store.rows == []


async def test_a_retried_call_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """One reply was paid for; the row says how many attempts it took."""
    monkeypatch.setattr("convsim.limits.BACKOFF", 0.001)
    store = Rows()
    limited = Limited(Scripted(Transient("500"), "Yes."), Limits())
    await journaled(limited, store).reply(hello())
    assert [row["reply"]["attempts"] for _, row in store.rows] == [2]


async def test_roles_are_told_apart() -> None:
    """A judge's question and a target's are two observations, even in the same words."""
    store = Rows()
    for role in Role:
        await journaled(Scripted("Yes."), store, role=role).reply(hello())
    assert [row["role"] for _, row in store.rows] == list(Role)
    assert len({row["key"] for _, row in store.rows}) == len(Role)


async def test_a_replayed_reply_says_so() -> None:
    """It was not paid for: it is counted apart, and the row names its source."""
    store, traffic = Rows(), Traffic()
    ledger = Ledger(store, traffic=traffic)
    target = Journaled(Scripted(), ledger, alias="a", fingerprint="f", source=Source.REPLAY)
    await target.reply(hello())
    assert [row["source"] for _, row in store.rows] == ["replay"]
    assert traffic == Traffic(replayed=1)


# -- sharing


class Shared:
    """A ledger in memory with one entered group, and targets journaled in it."""

    def __init__(self, *, recorded: Recorded | None = None, enter: bool = True) -> None:
        self.store, self.traffic = Rows(), Traffic()
        self.ledger = Ledger(self.store, recorded=recorded, traffic=self.traffic)
        if enter:
            self.ledger.enter(GROUP)

    def target(self, inner: Target, fingerprint: str = "f", role: Role = Role.TARGET) -> Journaled:
        return Journaled(inner, self.ledger, alias="t1", fingerprint=fingerprint, role=role)

    @property
    def counted(self) -> tuple[int, int, int]:
        """Rows, shared and saved."""
        return len(self.store.rows), self.traffic.shared, self.traffic.saved


async def test_a_common_beginning_is_one_call() -> None:
    """Dialogues whose conversations begin alike get the same reply; it is written down once."""
    inner, shared = Scripted("Yes.", "No."), Shared()
    target = shared.target(inner)
    replies = [await target.reply(hello()) for _ in range(5)]
    assert {reply.text for reply in replies} == {"Yes."}
    assert (inner.calls, shared.counted) == (1, (1, 4, 0))


async def test_a_call_in_flight_is_shared_as_well() -> None:
    inner, shared = Scripted("Yes.", "No.", latency=0.01), Shared()
    target = shared.target(inner)
    replies = await asyncio.gather(*(target.reply(hello()) for _ in range(50)))
    assert {reply.text for reply in replies} == {"Yes."}
    assert (inner.calls, shared.counted) == (1, (1, 49, 0))


@pytest.mark.parametrize("together", [True, False], ids=["in flight", "known"])
@pytest.mark.parametrize(
    ("sample", "fingerprint", "role", "text"),
    [
        ("s/2/0", "f", Role.TARGET, "Hello?"),
        ("s/1/resample.1", "f", Role.TARGET, "Hello?"),
        ("t/1/0", "f", Role.TARGET, "Hello?"),
        ("s/1/0", "f t2", Role.TARGET, "Hello?"),
        ("s/1/0", "g", Role.TARGET, "Hello?"),
        ("s/1/0", "f", Role.JUDGE, "Hello?"),
        ("s/1/0", "f", Role.TARGET, "Hello!"),
    ],
    ids=["repeat", "draw", "scenario", "alias", "target", "role", "text"],
)
async def test_another_observation_is_another_call(
    sample: str, fingerprint: str, role: Role, text: str, together: bool
) -> None:
    """Sharing never takes away a draw: repeats, draws and equal targets are sampled anew."""
    inner, shared = Scripted(latency=0.001), Shared()
    for group in ("s/2", "t/1"):
        shared.ledger.enter(group)
    one = shared.target(inner).reply(hello())
    request = Request((Message("user", text),), sample, 7)
    other = shared.target(inner, fingerprint, role).reply(request)
    if together:
        await asyncio.gather(one, other)
    else:
        await one
        await other
    assert (inner.calls, shared.counted) == (2, (2, 0, 0))


async def test_cancelling_one_waiter_leaves_the_call_to_the_others() -> None:
    """Also the one who asked first: the call belongs to the ledger."""
    for who in range(3):
        inner, shared = Scripted("Yes.", latency=0.01), Shared()
        target = shared.target(inner)
        waiting = [asyncio.ensure_future(target.reply(hello())) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[who].cancel()
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(ended[who], asyncio.CancelledError)
        assert [it for n, it in enumerate(ended) if n != who] == [Reply("Yes.")] * 2
        assert (inner.calls, len(shared.store.rows)) == (1, 1)


async def test_a_call_that_nobody_waits_for_is_still_journaled() -> None:
    """It is paid for once it was sent."""
    inner, shared = Scripted("Yes.", latency=0.001), Shared()
    target = shared.target(inner)
    waiting = asyncio.ensure_future(target.reply(hello()))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.sleep(0.02)
    assert len(shared.store.rows) == 1
    assert (await target.reply(hello())).text == "Yes."
    assert inner.calls == 1


async def test_a_closed_ledger_gives_up_what_is_in_flight() -> None:
    """Nothing is left running, nothing is written, and nothing is complained about."""
    inner, shared = Scripted("Yes.", latency=60), Shared()
    waiting = asyncio.ensure_future(shared.target(inner).reply(hello()))
    await asyncio.sleep(0.001)
    assert inner.in_flight == 1
    await shared.ledger.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (inner.in_flight, shared.store.rows) == (0, [])


@pytest.mark.parametrize("error", [Transient("500"), Throttled("429"), CallError("x")])
async def test_a_failure_goes_to_every_waiter_and_the_next_asks_again(error: CallError) -> None:
    """It is no reply: neither known nor journaled."""
    inner, shared = Scripted(error, "Yes.", latency=0.001), Shared()
    target = shared.target(inner)
    ended = await asyncio.gather(*(target.reply(hello()) for _ in range(4)), return_exceptions=True)
    assert ended == [error] * 4
    assert (inner.calls, shared.store.rows) == (1, [])
    assert (await target.reply(hello())).text == "Yes."
    assert (inner.calls, len(shared.store.rows)) == (2, 1)


async def test_a_reply_that_cannot_be_stored_is_no_reply() -> None:
    """On a full disk every waiter learns of it; nobody goes on with what was not written down."""

    class Full(Rows):
        def append(self, name: str, row: Any) -> None:
            raise OutOfSpace("ledger.jsonl cannot grow")

    inner = Scripted("Yes.", latency=0.001)
    ledger = Ledger(Full())
    ledger.enter(GROUP)
    target = Journaled(inner, ledger, alias="t1", fingerprint="f")
    ended = await asyncio.gather(*(target.reply(hello()) for _ in range(3)), return_exceptions=True)
    assert [type(it) for it in ended] == [OutOfSpace] * 3
    assert inner.calls == 1


# -- what an earlier session paid for


async def test_saved_replies_are_taken_and_then_shared(tmp_path: Path) -> None:
    """The first to ask takes it from the earlier session, the next ones from the first."""
    with RunDirectory.create(tmp_path / "run") as directory:
        await journaled(Scripted("Yes."), directory).reply(hello())
    shared = Shared(recorded=Recorded(directory))
    inner = Scripted("No.")
    target = shared.target(inner)
    assert [(await target.reply(hello())).text for _ in range(3)] == ["Yes."] * 3
    assert (inner.calls, shared.counted) == (0, (0, 2, 1))
    await target.reply(hello("s/1/fresh.1"))
    assert (inner.calls, shared.counted) == (1, (1, 2, 1))


# -- memory


async def test_a_group_is_kept_while_somebody_plays_it() -> None:
    """When the last one has left, its replies are dropped."""
    inner, shared = Scripted(), Shared()
    target = shared.target(inner)
    shared.ledger.enter(GROUP)
    await target.reply(hello())
    shared.ledger.leave(GROUP)
    await target.reply(hello())
    assert inner.calls == 1
    shared.ledger.leave(GROUP)
    assert open_groups(shared.ledger) == 0
    shared.ledger.enter(GROUP)
    await target.reply(hello())
    assert inner.calls == 2


async def test_outside_of_a_group_nothing_is_shared() -> None:
    """Nobody said how long to keep it: each asks, each is journaled, nothing stays."""
    inner, shared = Scripted(latency=0.001), Shared(enter=False)
    target = shared.target(inner)
    await asyncio.gather(target.reply(hello()), target.reply(hello()))
    await target.reply(hello())
    assert (inner.calls, shared.counted, open_groups(shared.ledger)) == (3, (3, 0, 0), 0)


async def test_leaving_a_group_lets_its_calls_end() -> None:
    """A dialogue that was cancelled leaves while its call is in flight."""
    inner, shared = Scripted("Yes.", latency=0.005), Shared()
    waiting = asyncio.ensure_future(shared.target(inner).reply(hello()))
    await asyncio.sleep(0)
    shared.ledger.leave(GROUP)
    assert (await waiting).text == "Yes."
    assert (len(shared.store.rows), open_groups(shared.ledger)) == (1, 0)


def open_groups(ledger: Ledger) -> int:
    """How many groups a ledger has in memory."""
    return len(ledger._groups)


async def test_samples_are_told_apart_under_load() -> None:
    """A thousand askers of ten samples: ten calls, and each gets the reply to its own sample."""

    class Echo:
        def __init__(self) -> None:
            self.asked = Counter[str]()

        async def reply(self, request: Request) -> Reply:
            self.asked[request.sample] += 1
            await asyncio.sleep(0.001)
            return Reply(request.sample)

    echo, shared = Echo(), Shared(enter=False)
    samples = [f"s/{n}/0" for n in range(10)]
    for n in range(10):
        shared.ledger.enter(f"s/{n}")
    target = shared.target(echo)
    replies = await asyncio.gather(*(target.reply(hello(it)) for it in samples * 100))
    assert [reply.text for reply in replies] == samples * 100
    assert echo.asked == Counter(samples)
    assert shared.counted == (10, 990, 0)
