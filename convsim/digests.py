"""What identifies one model reply: a chained hash of who asked whom, for which sample, and what.

The chain is (role, target fingerprint, sample) and then each message, so that a conversation's keys
grow by one message at a time. Host, port and key of an endpoint are in none of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import orjson

from convsim.transcript import Message


class Role(StrEnum):
    """Who is asked: the same model as target and as judge is two observations."""

    TARGET = "target"
    GUARD = "guard"
    CLASSIFIER = "classifier"
    RENDERER = "renderer"
    JUDGE = "judge"


def ledger_key(role: Role, fingerprint: str, sample: str, messages: Iterable[Message]) -> str:
    """The key of the reply to these messages: 32 hex digits."""
    digest = _opened(role, fingerprint, sample)
    for message in messages:
        if message.name is None and message.tool_calls is None and message.tool_call_id is None:
            digest = _chained_plain(digest, message.role, message.content)
        else:
            digest = _hashed(digest, message.wire())
    return digest.hex()


def distinct(fingerprints: Mapping[str, str]) -> dict[str, str]:
    """By alias, what stands for a target in its keys.

    Targets that are alike also carry their alias: two observations of one model would otherwise
    have the same keys.
    """
    alike = Counter(fingerprints.values())
    return {
        alias: fingerprint if alike[fingerprint] == 1 else f"{fingerprint} {alias}"
        for alias, fingerprint in fingerprints.items()
    }


def group_of_sample(sample: str) -> str:
    """The (scenario, repeat) of a sample `scenario/repeat/draw`: what may share replies."""
    return sample.rpartition("/")[0]


@lru_cache(maxsize=1024)
def _opened(role: Role, fingerprint: str, sample: str) -> bytes:
    return blake2b(f"{role}\x1f{fingerprint}\x1f{sample}".encode(), digest_size=16).digest()


@lru_cache(maxsize=8192)
def _chained_plain(digest: bytes, role: str, content: str) -> bytes:
    """The chain after one more message of role and content alone, as most are.

    All but the newest message of a conversation were hashed a turn before.
    """
    return _hashed(digest, Message(role, content).wire())


def _hashed(digest: bytes, wire: Mapping[str, Any]) -> bytes:
    return blake2b(digest + orjson.dumps(wire), digest_size=16).digest()
