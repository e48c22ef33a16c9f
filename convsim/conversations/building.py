"""A conversation out of a record: messages into turns, and what the row says of them."""

from __future__ import annotations

from collections.abc import Sequence

from convsim.conversations.cases import case_of, unlockable
from convsim.conversations.conversation import Conversation
from convsim.conversations.exchanges import exchanges, system_of
from convsim.conversations.marks import marked
from convsim.conversations.messages import TOOLS, Said, said
from convsim.conversations.record import Record, Remarks, kind_of
from convsim.conversations.turns import Turns
from convsim.conversations.users import odd_time, time_of, user_of
from convsim.errors import InputError
from convsim.policy import Policy
from convsim.scenario import Expect


def conversation_of(
    record: Record, *, expect: Expect | None, policy: Policy | None, remarks: Remarks
) -> Conversation:
    """The conversation of a record. Raises `InputError` with the place of what is wrong in it."""
    try:
        return _built(record, expect, policy, remarks)
    except RecursionError:
        raise InputError(f"{record.place}: lists or objects are nested too deeply") from None


def _built(
    record: Record, expect: Expect | None, policy: Policy | None, remarks: Remarks
) -> Conversation:
    messages = [
        found
        for n, item in enumerate(record.messages, start=1)
        for found in said(item, f"{record.place}: message {n}")
    ]
    _check_tools(messages, record.place, remarks)
    case = case_of(record, expect, policy, remarks)
    system = system_of(messages)
    turns = Turns(record.place, system, tuple(exchanges(messages)), remarks)
    return Conversation(
        id=_id(record) or record.name,
        place=record.place,
        system=system,
        exchanges=marked(turns, record.case, unlockable=unlockable(record, case.rule)),
        case=case,
        user=user_of(record.case),
        time=time_of(record.case),
        odd_time=None if record.loose else odd_time(record.case),
    )


def _check_tools(messages: Sequence[Said], place: str, remarks: Remarks) -> None:
    """Warn of a tool's result before its call: a message is missing, or out of order.

    Many logs leave out all calls. Of theirs only a result before anybody spoke is odd.
    """
    with_calls = any(item.message.tool_calls for item in messages)
    called: set[str] = set()
    spoken = False
    for n, item in enumerate(messages, start=1):
        called.update(str(call.get("id")) for call in item.message.tool_calls or ())
        spoken = spoken or item.role in ("user", "assistant")
        id = item.message.tool_call_id
        uncalled = with_calls and (not called or (id is not None and id not in called))
        if item.role in TOOLS and (uncalled or not spoken):
            remarks.say(f"{place}: message {n}", "a tool answers, and nobody has called it")


def _id(record: Record) -> str | None:
    value = record.id
    if value is None or value == "":
        return None
    if not isinstance(value, str | int | float):
        raise InputError(f"{record.place}: id is {kind_of(value)}; expected text or a number")
    return str(value)
