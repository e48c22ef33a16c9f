"""The ledger: what a reply's key hangs on, and that every paid reply is written down."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import orjson
import pytest

from convsim import ledger
from convsim.errors import CallError, Halted, Throttled, Transient
from convsim.ledger import Journaled, Role, ledger_key
from convsim.limits import Limited, Limits
from convsim.targets.spec import parse_target
from convsim.transcript import Message, Reply, Request, Usage
from tests.small import Scripted, hello

SYSTEM, USER = Message("system", "Be kind."), Message("user", "Hello?")
CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
KEY = ledger_key(Role.TARGET, "f", "s/1/0", (SYSTEM, USER))


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


def test_a_key_is_32_hex_digits_and_stays_the_same() -> None:
    """Keys of stored runs stay valid: this one must never change."""
    assert re.fullmatch("[0-9a-f]{32}", KEY)
    assert ledger_key(Role.TARGET, "f", "s/1/0", [SYSTEM, USER]) == KEY
    assert KEY == "fb622b2461dc7ebae07f5870ab468156"


@pytest.mark.parametrize(
    "other",
    [
        ledger_key(Role.JUDGE, "f", "s/1/0", (SYSTEM, USER)),
        ledger_key(Role.TARGET, "g", "s/1/0", (SYSTEM, USER)),
        ledger_key(Role.TARGET, "f", "s/2/0", (SYSTEM, USER)),
        ledger_key(Role.TARGET, "f", "s/1/0", (USER,)),
        ledger_key(Role.TARGET, "f", "s/1/0", (USER, SYSTEM)),
        ledger_key(Role.TARGET, "f", "s/1/0", (SYSTEM, Message("user", "Hello!"))),
        ledger_key(Role.TARGET, "f", "s/1/0", (SYSTEM, Message("assistant", "Hello?"))),
        ledger_key(Role.TARGET, "f", "s/1/0", (SYSTEM, Message("user", "Hello?", name="Jo"))),
        ledger_key(Role.TARGET, "f", "s/1/0", (SYSTEM, Message("user", "Hello?", None, (CALL,)))),
        ledger_key(Role.TARGET, "f", "s/1/0", (SYSTEM, Message("tool", "Hello?", None, None, "c"))),
        ledger_key(Role.TARGET, "f", "s/1/0", (SYSTEM, USER, USER)),
        ledger_key(Role.TARGET, "f\x1fs/1/0", "", (SYSTEM, USER)),
    ],
)
def test_a_key_changes_with_all_that_makes_another_observation(other: str) -> None:
    """Role, target, sample, and every field and the order of every message."""
    assert other != KEY


def test_a_conversation_is_not_taken_for_its_neighbour() -> None:
    """Digests of beginnings are kept between calls: in any order of calls, keys stay what they are.

    A name that is empty is still a field, and is told apart from none.
    """
    tails = ("a", "b", "a")
    chats = [
        (SYSTEM, USER, Message("assistant", one), Message(role, "Go on.", name))
        for one in tails
        for role, name in (("user", None), ("user", ""), ("tool", None))
    ]
    alone = []
    for chat in chats:
        ledger._chained_plain.cache_clear()
        alone.append(ledger_key(Role.TARGET, "f", "s", chat))
    together = [ledger_key(Role.TARGET, "f", "s", chat) for chat in reversed(chats)]
    assert together == alone[::-1]
    assert len(set(alone)) == 6  # "a" comes twice


def test_one_text_split_differently_is_another_conversation() -> None:
    """Messages are hashed one by one: their border counts."""
    one = ledger_key(Role.TARGET, "f", "s", (Message("user", "a"), Message("user", "b")))
    other = ledger_key(Role.TARGET, "f", "s", (Message("user", "ab"), Message("user", "")))
    assert one != other


def test_where_a_model_runs_is_not_in_the_key() -> None:
    """Host, port and key of an endpoint may change; model and parameters may not."""
    here = parse_target("http://127.0.0.1:8000/v1?temperature=1&key_env=A#m")
    there = parse_target("https://example.org/api?temperature=1&key_env=B#m")
    hotter = parse_target("http://127.0.0.1:8000/v1?temperature=2&key_env=A#m")
    keys = [ledger_key(Role.TARGET, it.fingerprint, "s", (USER,)) for it in (here, there, hotter)]
    assert keys[0] == keys[1] != keys[2]


async def test_every_reply_leaves_a_row_before_it_is_seen() -> None:
    """The row holds the reply as it came, who asked, and when."""
    store, target = Rows(), Scripted("Yes.")
    journaled = Journaled(target, store, alias="t1", fingerprint="f")
    reply = await journaled.reply(hello("s/1/0"))
    ((name, row),) = store.rows
    assert name == "ledger"
    assert row.pop("at") > 1.7e9
    assert 0 <= row.pop("seconds") < 5
    assert row == {
        "key": ledger_key(Role.TARGET, "f", "s/1/0", hello().messages),
        "role": "target",
        "target": "t1",
        "sample": "s/1/0",
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
    await Journaled(inner, store, alias="t1", fingerprint="f").reply(hello())
    ((_, row),) = store.rows
    assert Reply(**{**row["reply"], "usage": Usage(**row["reply"]["usage"])}) == given


@pytest.mark.parametrize("error", [Transient("500"), Throttled("429"), CallError("x")])
async def test_a_failed_call_leaves_no_row(error: CallError) -> None:
    store = Rows()
    journaled = Journaled(Scripted(error), store, alias="t1", fingerprint="f")
    with pytest.raises(type(error)):
        await journaled.reply(hello())
    assert store.rows == []


async def test_a_call_that_was_never_made_leaves_no_row() -> None:
    """Nor does one that was cancelled."""

    class Never:
        async def reply(self, request: Request) -> Reply:
            raise Halted("stopped")

    store = Rows()
    with pytest.raises(Halted):
        await Journaled(Never(), store, alias="t1", fingerprint="f").reply(hello())
    slow = Journaled(Scripted("Yes.", latency=60), store, alias="t1", fingerprint="f")
    call = asyncio.ensure_future(slow.reply(hello()))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert store.rows == []


async def test_a_retried_call_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """One reply was paid for; the row says how many attempts it took."""
    monkeypatch.setattr("convsim.limits.BACKOFF", 0.001)
    store = Rows()
    limited = Limited(Scripted(Transient("500"), "Yes."), Limits())
    await Journaled(limited, store, alias="t1", fingerprint="f").reply(hello())
    assert [row["reply"]["attempts"] for _, row in store.rows] == [2]


async def test_roles_are_told_apart() -> None:
    """A judge's question and a target's are two observations, even in the same words."""
    store = Rows()
    for role in Role:
        journaled = Journaled(Scripted("Yes."), store, alias="m", fingerprint="f", role=role)
        await journaled.reply(hello())
    assert [row["role"] for _, row in store.rows] == list(Role)
    assert len({row["key"] for _, row in store.rows}) == len(Role)
