"""Marks: what a proof unlocks, what the user did, and what was asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from convsim.conversations import Conversation, OddConversation
from convsim.policy import Level, Policy, Rule
from convsim.scenario import Asks, Evidence
from tests.conversations.rows import ASK, NO, PLEASE, YES, one, read

NONE, ASSERTED = Evidence.NONE, Evidence.ASSERTED
VERIFIABLE, FORGED = Evidence.VERIFIABLE, Evidence.FORGED
OPEN = {"id": "own", "level": "limit"}
THREE = [ASK, NO, PLEASE, NO, {"role": "user", "content": "Now."}, YES]


def shown(conversation: Conversation) -> list[Evidence]:
    return [exchange.evidence for exchange in conversation.exchanges]


def unlocked(conversation: Conversation) -> list[bool]:
    return [exchange.unlocked for exchange in conversation.exchanges]


@pytest.mark.parametrize(
    ("rule", "opens"),
    [
        ({"id": "own", "level": "limit"}, True),
        ({"id": "own"}, True),
        ({"id": "own", "level": "help"}, True),
        ({"id": "own", "level": "never"}, False),
        ({"id": "own", "level": "limit", "unlocked_by": None}, False),
        ({"id": "own", "level": "limit", "unlocked_by": "a badge"}, True),
        ({"id": "own", "level": "never", "unlocked_by": "a badge"}, True),
        ("open", True),
        ("shut", False),
        (None, False),
    ],
)
def test_what_a_proof_unlocks(tmp_path: Path, rule: object, opens: bool) -> None:
    """From its turn to the end, where the rule lets it; a policy's rule has to say so."""
    policy = Policy(rules=(Rule(id="shut"), Rule(id="open", unlocked_by="a badge")))
    lone = Policy(rules=(Rule(id="shut"),))
    row = {"messages": THREE, "rule": rule, "evidence": {"2": "verifiable"}}
    (conversation,) = read(tmp_path, row, policy=policy if rule else lone)
    assert unlocked(conversation) == [False, opens, opens]


@pytest.mark.parametrize("kind", ["asserted", "forged", "none"])
def test_nothing_else_unlocks(tmp_path: Path, kind: str) -> None:
    conversation = one(tmp_path, THREE, rule=OPEN, evidence={"2": kind})
    assert unlocked(conversation) == [False, False, False]


def test_a_conversation_without_any_rule_is_unlocked_by_its_word(tmp_path: Path) -> None:
    """Nobody wrote a rule that could say otherwise."""
    conversation = one(tmp_path, THREE, evidence={"3": "verifiable"})
    assert conversation.case.rule.level is Level.LIMIT
    assert unlocked(conversation) == [False, False, True]


def test_messages_say_what_the_user_did(tmp_path: Path) -> None:
    messages = [
        {**ASK, "move": "ask.direct", "asks": "restricted"},
        NO,
        {**PLEASE, "move": "claim_authority.credential", "evidence": "forged", "asks": "nothing"},
        NO,
        {"role": "user", "content": "Something else, then.", "asks": "allowed"},
        YES,
    ]
    turns = one(tmp_path, messages).transcript().turns
    assert [(turn.move, turn.evidence, turn.asks, turn.ask) for turn in turns] == [
        ("ask.direct", NONE, Asks.RESTRICTED, "turn-1"),
        ("claim_authority.credential", FORGED, Asks.RESTRICTED, "turn-1"),
        (None, NONE, Asks.ALLOWED, "turn-3"),
    ]


@pytest.mark.parametrize(
    ("asks", "found"),
    [
        (["restricted", "nothing", "allowed"], ["restricted", "restricted", "allowed"]),
        ({"2": "restricted"}, [None, "restricted", "restricted"]),
        ({"3": "innocuous"}, [None, None, "innocuous"]),
        (["nothing", "nothing", "nothing"], [None, None, None]),
        ([], [None, None, None]),
    ],
)
def test_an_ask_is_in_force_until_the_next(
    tmp_path: Path, asks: object, found: list[str | None]
) -> None:
    conversation = one(tmp_path, THREE, asks=asks)
    assert [exchange.asks for exchange in conversation.exchanges] == found


def test_moves_of_the_row(tmp_path: Path) -> None:
    conversation = one(tmp_path, THREE, moves=["ask.direct", "push_back.repeat", None])
    assert [it.move for it in conversation.exchanges] == ["ask.direct", "push_back.repeat", None]


def test_what_a_message_says_stands_before_what_the_row_says(tmp_path: Path) -> None:
    messages = [ASK, NO, {**PLEASE, "evidence": "forged"}, NO]
    assert shown(one(tmp_path, messages, evidence={"2": "verifiable"})) == [NONE, FORGED]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"evidence": "a letter from legal"}, "`evidence` is left alone; known: none, asserted, "),
        ({"evidence": 5}, "`evidence` is left alone; known: none, asserted, verifiable, forged: 5"),
        ({"evidence": {"kind": "verifable"}}, "`evidence` is left alone; known: "),
        ({"evidence": {"9": "forged"}}, "evidence at a turn that is not there is left alone: 9"),
        ({"moves": ["chess.e4"]}, "`moves` is left alone at 1: 'chess.e4'"),
        ({"moves": {"0": "ask.direct"}}, "`moves` is left alone at 0: 'ask.direct'"),
        ({"asks": "restricted"}, "`asks` is left alone at 0: 'restricted'"),
        ({"asks": ["both"]}, "`asks` is left alone at 1: 'both'"),
    ],
)
def test_what_is_not_understood_is_told_and_left_alone(
    tmp_path: Path, row: dict[str, Any], message: str
) -> None:
    """One odd row does not cost the whole file, and is never guessed at."""
    with pytest.warns(OddConversation) as told:
        conversation = one(tmp_path, THREE, **row)
    assert str(told[0].message).startswith(f"{tmp_path}/logs.jsonl:1: {message}")
    assert {(it.evidence, it.unlocked, it.move, it.asks) for it in conversation.exchanges} == {
        (NONE, False, None, None)
    }


def test_an_odd_mark_of_a_message_is_told(tmp_path: Path) -> None:
    """A key of that name may be somebody else's."""
    with pytest.warns(OddConversation, match="a message's `move` is left alone at turn 1: 'e4'"):
        conversation = one(tmp_path, [{**ASK, "move": "e4"}, NO])
    assert conversation.exchanges[0].move is None
