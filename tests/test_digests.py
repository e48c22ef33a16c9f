"""Digests: what a reply's key hangs on, and what it does not."""

from __future__ import annotations

import re

import pytest

from convsim import digests
from convsim.digests import Role, distinct, group_of_sample, ledger_key
from convsim.targets.spec import parse_target
from convsim.transcript import Message

SYSTEM, USER = Message("system", "Be kind."), Message("user", "Hello?")
CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
KEY = ledger_key(Role.TARGET, "f", "s/1/0", (SYSTEM, USER))


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
        digests._chained_plain.cache_clear()
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


@pytest.mark.parametrize(
    ("fingerprints", "own"),
    [
        ({}, {}),
        ({"a": "f"}, {"a": "f"}),
        ({"a": "f", "b": "g"}, {"a": "f", "b": "g"}),
        ({"a": "f", "b": "f"}, {"a": "f a", "b": "f b"}),
        ({"a": "f", "b": "g", "c": "f"}, {"a": "f a", "b": "g", "c": "f c"}),
    ],
)
def test_equal_targets_also_go_by_their_alias(
    fingerprints: dict[str, str], own: dict[str, str]
) -> None:
    """And only these: a lone target's keys do not hang on what the user calls it."""
    assert distinct(fingerprints) == own


@pytest.mark.parametrize(
    ("sample", "group"),
    [("s/1/0", "s/1"), ("s/12/resample.3", "s/12"), ("a.b/2/rewind.1", "a.b/2")],
)
def test_the_draws_of_a_repeat_are_one_group(sample: str, group: str) -> None:
    assert group_of_sample(sample) == group
