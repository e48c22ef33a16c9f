"""The ledger: an append-only journal of every model reply that was paid for.

A reply's key is a chained hash of (role, target fingerprint, sample) and then each message, so that
a conversation's keys grow by one message at a time. Host, port and key of an endpoint are in none
of it. Times, usage and provider details live here and not in transcripts, which hold only what was
said and decided. `seconds` is what the caller waited, queueing and retries included.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import orjson

from convsim.ports import Store, Target
from convsim.transcript import Message, Reply, Request


class Role(StrEnum):
    """Who asked: every call of a run goes through the ledger, not only the target's."""

    TARGET = "target"
    CLASSIFIER = "classifier"
    RENDERER = "renderer"
    JUDGE = "judge"


def ledger_key(role: Role, fingerprint: str, sample: str, messages: Iterable[Message]) -> str:
    """The key of the reply to these messages: 32 hex digits."""
    digest = blake2b(f"{role}\x1f{fingerprint}\x1f{sample}".encode(), digest_size=16).digest()
    for message in messages:
        digest = _chained(digest, message)
    return digest.hex()


def _chained(digest: bytes, message: Message) -> bytes:
    """The digest of a conversation that goes on with this message."""
    if message.name is None and message.tool_calls is None and message.tool_call_id is None:
        return _chained_plain(digest, message.role, message.content)
    return _hashed(digest, message.wire())


@lru_cache(maxsize=2048)
def _chained_plain(digest: bytes, role: str, content: str) -> bytes:
    """The same for role and content alone: all but the newest were hashed a turn before."""
    return _hashed(digest, Message(role, content).wire())


def _hashed(digest: bytes, wire: Mapping[str, Any]) -> bytes:
    return blake2b(digest + orjson.dumps(wire), digest_size=16).digest()


class Journaled:
    """A target whose replies are written down before anybody sees them."""

    def __init__(
        self,
        inner: Target,
        store: Store,
        *,
        alias: str,
        fingerprint: str,
        role: Role = Role.TARGET,
    ) -> None:
        self._inner = inner
        self._store = store
        self._alias = alias
        self._fingerprint = fingerprint
        self._role = role

    async def reply(self, request: Request) -> Reply:
        """The inner target's reply, journaled. A failed call leaves no row."""
        started = time.monotonic()
        reply = await self._inner.reply(request)
        self._store.append(
            "ledger",
            {
                "key": ledger_key(self._role, self._fingerprint, request.sample, request.messages),
                "role": self._role,
                "target": self._alias,
                "sample": request.sample,
                "reply": reply,
                "seconds": round(time.monotonic() - started, 6),
                "at": round(time.time(), 3),
            },
        )
        return reply
