"""Conversations recorded elsewhere: read them, whatever wrote them.

    for conversation in read_conversations("logs.jsonl", expect=Expect.HOLD):
        transcript = conversation.transcript()

One file here knows one format (`FORMATS`); all of them end in a `Record`, and `building` makes a
`Conversation` of it.
"""

from __future__ import annotations

from convsim.conversations.conversation import Conversation, Exchange
from convsim.conversations.formats import FORMATS, read_conversations
from convsim.conversations.mistakes import Mistakes
from convsim.conversations.record import OddConversation

__all__ = [
    "FORMATS",
    "Conversation",
    "Exchange",
    "Mistakes",
    "OddConversation",
    "read_conversations",
]
