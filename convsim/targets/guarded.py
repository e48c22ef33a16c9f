"""A target behind guards: what looks at the user's message first, and at the reply afterwards.

    guarded = Guarded(target, [FunctionGuard(Side.INPUT, check), RegexGuard(Side.OUTPUT, "SEC-")])

A guard rules on one message: it lets it pass or it blocks it. What is blocked never reaches the
user: the reply has the status `provider_block` with the raw reason `guard:NAME`, as a filter of
the provider's would have, so that a guard's doing is never taken for the model's. Input guards
come first, in their order, and the target is not called where one of them blocks; output guards
see the reply where there is one to show. The first to block decides.

A guard that fails has not ruled, and what it did not rule on does not pass: its error is the
dialogue's. What a guard asks (`target`) a run puts behind limits and a ledger, like any call.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import copy
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, Self, cast

import orjson

from convsim.errors import CallError, InputError, at_place
from convsim.ports import Target
from convsim.reading import Status
from convsim.targets import wire
from convsim.targets.functions import Function, FunctionTarget
from convsim.targets.signals import GUARD
from convsim.transcript import Message, Reply, Request

LONGEST_WHY = 40
"""Characters of a guard's own reason that are kept: it stands beside every block, in every report,
and is to be a category rather than a quotation."""


class Side(StrEnum):
    """What a guard looks at: the user's message before the target does, or the target's reply."""

    INPUT = "input"
    OUTPUT = "output"


class Ruling(NamedTuple):
    """What a guard says of a message; `why` in its own words, empty where it gives no reason."""

    blocks: bool
    why: str = ""


Said = bool | str | None
"""What a guard function returns: whether to block, or why; nothing lets it pass."""

Check = Callable[..., Said | Awaitable[Said]]


class Guard(Protocol):
    """What rules on the messages of one side. `name` tells the guards of a target apart."""

    @property
    def side(self) -> Side: ...
    @property
    def name(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...

    async def rule(self, request: Request, reply: Reply | None) -> Ruling:
        """Whether the message may pass: the user's last one, or `reply` on the other side.

        Raises a `CallError` where there is no ruling.
        """
        ...


class Guarded:
    """`inner` behind `guards`. `fingerprint` is of both: another guard makes another target."""

    def __init__(
        self, inner: Target, guards: Sequence[Guard], *, fingerprint: str | None = None
    ) -> None:
        self.inner = inner
        self.guards = tuple(guards)
        own = fingerprint or str(getattr(inner, "fingerprint", type(inner).__qualname__))
        self.fingerprint = guarded_fingerprint(own, self.guards)

    def __repr__(self) -> str:
        return f"Guarded({self.inner!r}, {list(self.guards)!r})"

    def __getattr__(self, name: str) -> object:
        # How the inner target limits itself and what it counts (`timeout`, `unrecognised`, ...).
        if name == "inner":
            raise AttributeError(name)
        return getattr(self.inner, name)

    async def reply(self, request: Request) -> Reply:
        """The inner target's reply, or a block where a guard lets the message not pass."""
        for guard in self._on(Side.INPUT):
            ruling = await ruled(guard, request, None)
            if ruling.blocks:
                return blocked(guard, ruling)
        reply = await self.inner.reply(request)
        if reply.status in (Status.PROVIDER_BLOCK, Status.EMPTY):
            return reply
        for guard in self._on(Side.OUTPUT):
            ruling = await ruled(guard, request, reply)
            if ruling.blocks:
                return blocked(guard, ruling, reply)
        return reply

    def _on(self, side: Side) -> list[Guard]:
        return [guard for guard in self.guards if guard.side is side]

    async def aclose(self) -> None:
        """Close the connections of the inner target, if it holds any."""
        close = getattr(self.inner, "aclose", None)
        if close is not None:
            await close()


async def ruled(guard: Guard, request: Request, reply: Reply | None) -> Ruling:
    """What a guard says; its errors name it."""
    try:
        return await guard.rule(request, reply)
    except CallError as error:
        raise at_place(error, f"guard {guard.name}") from error


def blocked(guard: Guard, ruling: Ruling, reply: Reply | None = None) -> Reply:
    """What the user gets in place of a message that a guard keeps back: nothing.

    `reply` is what the target had said; it stays in the ledger.
    """
    why = " ".join(wire.valid_text(ruling.why).split())[:LONGEST_WHY]
    reason = f"{GUARD}{guard.name}" + (f": {why}" if why else "")
    served = None if reply is None else reply.served
    return Reply("", Status.PROVIDER_BLOCK, stop="guard", served=served, block=reason)


def guarded_fingerprint(fingerprint: str, guards: Sequence[Guard]) -> str:
    """The fingerprint of a target behind guards."""
    if not guards:
        return fingerprint
    each = [[guard.side, guard.name, guard.fingerprint] for guard in guards]
    return f"{fingerprint}+{hashlib.sha256(orjson.dumps(each)).hexdigest()[:16]}"


def conversation(request: Request, reply: Reply | None) -> tuple[Message, ...]:
    """What a guard may see: all that was said, the message that it rules on last."""
    said = () if reply is None else (Message("assistant", reply.text),)
    return (*request.messages, *said)


class RegexGuard:
    """Blocks a message in which a regular expression is found. It costs nothing, and calls nobody.

    Case counts unless the expression says `(?i)`.
    """

    def __init__(self, side: Side, pattern: str, *, name: str | None = None) -> None:
        try:
            self._pattern = re.compile(pattern)
        except re.error as error:
            raise InputError(
                f"regex:{pattern} is no regular expression ({error}); Python's `re` reads it"
            ) from error
        self.side = side
        self.name = name or side.value
        self.fingerprint = f"regex:{pattern}"

    def __repr__(self) -> str:
        return f"RegexGuard({self.side.value!r}, {self._pattern.pattern!r})"

    async def rule(self, request: Request, reply: Reply | None) -> Ruling:
        """Whether the expression is found in the message."""
        return Ruling(self._pattern.search(conversation(request, reply)[-1].content) is not None)


class AskingGuard:
    """What guards that ask a target have in common: it can be asked by another way.

    So a run puts its limits and its ledger between them (`convsim.through`).
    """

    side: Side
    name: str
    fingerprint: str
    target: Target

    def through(self, target: Target) -> Self:
        """The same guard, asking the same by another way."""
        twin = copy(self)
        twin.target = target
        return twin


class FunctionGuard(AskingGuard):
    """Your own function of the messages as a guard; async or not.

        async def check(messages: list[dict]) -> bool | str | None: ...

    The message that it rules on is the last one: the user's, or the assistant's reply. It returns
    whether to block, or a text, which blocks and is the reason. What it raises is an error of the
    dialogue, as with a target (`functions`): a guard that breaks lets nothing pass. Like a target
    it is known by its module and name, unless it has a `fingerprint`.
    """

    def __init__(
        self,
        side: Side,
        function: Check,
        *,
        parameters: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> None:
        self.side = side
        self.name = name or side.value
        self.target = checked = _Checked(cast(Function, function), parameters=parameters)
        self.fingerprint = str(getattr(function, "fingerprint", None) or checked.fingerprint)

    def __repr__(self) -> str:
        return f"FunctionGuard({self.side.value!r}, {self.target!r})"

    async def rule(self, request: Request, reply: Reply | None) -> Ruling:
        """What the function says of the message, or said in an earlier session of the run."""
        shown = Request(conversation(request, reply), request.sample, request.seed)
        answer = await self.target.reply(shown)
        return Ruling(**orjson.loads(answer.text))


class _Checked(FunctionTarget):
    """A guard function as a target, whose reply is the ruling as JSON: what the ledger keeps."""

    def _read(self, result: object) -> Reply:
        if result is None or isinstance(result, bool | str):
            why = wire.valid_text(result) if isinstance(result, str) else ""
            ruling: dict[str, Any] = {"blocks": bool(result), "why": why}
            return Reply(orjson.dumps(ruling).decode(), stop="stop")
        raise CallError(
            f"{self.name} returned {type(result).__name__}; a guard function returns True or the "
            "reason to block, and False, None or '' to let it pass",
            detail=repr(result)[: wire.EXCERPT],
        )
