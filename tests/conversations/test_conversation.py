"""A conversation becomes a transcript."""

from __future__ import annotations

from convsim.case import Case
from convsim.conversations import Conversation, Exchange
from convsim.policy import Rule
from convsim.scenario import Asks, Evidence
from convsim.transcript import Message, Reply, Stop, Turn


def test_an_exchange_hands_all_it_knows_to_its_turn() -> None:
    said = Message("tool", "found")
    exchange = Exchange(
        before=(),
        user="Do it.",
        reply=Reply("No.", reasoning="Hm."),
        context=(said,),
        lead=1,
        asks=Asks.RESTRICTED,
        ask="turn-1",
        move="push_back.repeat",
        evidence=Evidence.VERIFIABLE,
        unlocked=True,
    )
    assert exchange.turn(3) == Turn(
        n=3,
        user="Do it.",
        reply="No.",
        status=exchange.reply.status,
        reading=None,
        asks=Asks.RESTRICTED,
        ask="turn-1",
        move="push_back.repeat",
        evidence=Evidence.VERIFIABLE,
        unlocked=True,
        reasoning="Hm.",
        context=(said,),
        lead=1,
    )


def test_a_conversation_without_a_reply_has_no_turn() -> None:
    transcript = Conversation("a", "here", None, (), Case(Rule(id="fraud"))).transcript()
    assert (transcript.turns, transcript.stop, transcript.rule) == ((), Stop.RECORDED, "fraud")
