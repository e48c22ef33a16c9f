"""Budgets: a run never spends more than it was given, in US dollars or in calls.

Before an attempt is sent, the most it can cost is reserved; afterwards the reservation is settled
to what it did cost. Where a reservation does not fit, the attempt waits, first come first served,
because those in flight mostly cost less than they reserved. Where it does not fit and nothing is
in flight, the budget is spent and the run is halted.

The most that an attempt can cost follows from bounds, not from estimates. A tokeniser makes at most
one token of each byte of UTF-8, and what a chat template puts around the messages is allowed for;
a reply has at most `max_tokens`. The provider's count is believed where there is one, also beyond
these bounds. What failed in a way that may have been billed all the same (a timeout, a reset, a
cancelled call) and a reply without a count cost what was reserved for them.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple, Self

import orjson

from convsim.errors import (
    BudgetSpent,
    Halted,
    InputError,
    Permanent,
    RefusedRequest,
    Throttled,
    Unreachable,
)
from convsim.limits.halt import Halt
from convsim.price import Price
from convsim.traffic import Traffic
from convsim.transcript import Reply, Request

TEMPLATE_TOKENS = 128
"""Tokens that a chat template may add to a prompt: marks, a date, a default system prompt. An
allowance with room to spare; a token per byte leaves far more in any prompt of some length."""

MESSAGE_TOKENS = 8
"""Tokens around one message besides its role, likewise: ChatML and Llama 3 put four."""

ROUNDING = 1e-9
"""US dollars by which sums of floats may be off."""

UNBILLED = (Throttled, RefusedRequest, Permanent, Unreachable, Halted)
"""Errors after which nothing is owed: the provider declined, or was never reached."""

_AMOUNT = re.compile(r"(?P<number>\d+(\.\d*)?|\.\d+)\s*(?P<unit>usd|calls?)", re.IGNORECASE)
_ALLOWED = "allowed: an amount such as 5usd, 0.50usd, 2000calls, or both as 5usd,2000calls"


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that one command may spend. It counts from zero when a run is resumed.

    `calls` counts requests sent, retries included. None means no limit.
    """

    usd: float | None = None
    calls: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `5usd`, `2000calls` or `5usd,2000calls` says; raises `InputError` for anything else.

        >>> Budget.parse("0.5 USD, 2000 calls")
        Budget(usd=0.5, calls=2000)
        """
        found: dict[str, float] = {}
        for part in text.split(","):
            match = _AMOUNT.fullmatch(part.strip())
            if match is None:
                raise InputError(f"{text!r} is no budget; {_ALLOWED}")
            unit = match["unit"].lower().removesuffix("s")
            if unit in found:
                raise InputError(f"the budget {text!r} has two amounts of one kind; {_ALLOWED}")
            found[unit] = float(match["number"])
        usd, calls = found.get("usd"), found.get("call")
        if calls is not None and not calls.is_integer():
            raise InputError(f"the budget {text!r} has a part of a call; {_ALLOWED}")
        if 0 in found.values():
            raise InputError(f"the budget {text!r} allows nothing; give more than 0")
        return cls(usd, None if calls is None else int(calls))

    def __str__(self) -> str:
        parts = []
        if self.usd is not None:
            parts.append(_dollars(self.usd))
        if self.calls is not None:
            parts.append(_calls(self.calls))
        return " and ".join(parts) or "no limit"


class _Waiting(NamedTuple):
    """An attempt that does not fit yet: the most it can cost, and what wakes it."""

    most: float
    turn: asyncio.Future[None]


class Till:
    """What a run has spent and reserved: one for all its targets. Without a budget it only counts.

    till = Till(Budget.parse("5usd"), halt, traffic)
    target = Limited(adapter, limits, meter=till.meter(Price(0.25, 2.0), max_tokens=600))
    """

    def __init__(self, budget: Budget | None, halt: Halt, traffic: Traffic) -> None:
        self.budget = budget or Budget()
        self.traffic = traffic
        self.spent = 0.0
        """US dollars, with what may have been billed for failed and uncounted calls."""
        self.calls = 0
        self.halt = halt
        self._reserved = 0.0
        self._in_flight = 0
        self._waiting: deque[_Waiting] = deque()

    def meter(
        self,
        price: Price | None,
        max_tokens: int | None = None,
        *,
        target: str = "the target",
        tokens_beside: int = 0,
        traffic: Traffic | None = None,
    ) -> TillMeter:
        """The meter of one target, for `Limited`.

        `tokens_beside` is how many tokens a prompt can have beside those of the request's own
        messages (`prices.tokens_beside`); `traffic` is where this target is counted, if apart.
        Raises `InputError` where the budget is in US dollars and the most that a call can cost is
        unknown.
        """
        if self.budget.usd is not None:
            if price is None:
                raise InputError(
                    f"{target}: its price is unknown, so a budget of {self.budget} cannot be kept; "
                    "write `price: {input: ..., output: ...}` (US dollars per million tokens) in a "
                    "targets file, or give the budget in calls"
                )
            if max_tokens is None and not price.is_free:
                raise InputError(
                    f"{target}: a reply may be of any length, so a budget of {self.budget} cannot "
                    "be kept; limit it, for example with ?max_tokens=600, or give the budget in "
                    "calls"
                )
        return TillMeter(self, price, max_tokens or 0, tokens_beside, traffic or self.traffic)

    async def reserve(self, most: float) -> None:
        """Wait until a call that costs at most `most` fits; raises `Halted` where it never will."""
        self.halt.check()
        if not self._waiting and self._fits(most):
            self._take(most)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(most, turn))
        self._move_up()
        try:
            await self.halt.wait_for(turn)
        except BaseException:
            # A turn that came at the same moment as the cancellation belongs to the next.
            if not turn.cancel() and not turn.cancelled() and turn.exception() is None:
                self.calls -= 1
                self.release(most, 0.0)
            self._move_up()
            raise

    def release(self, most: float, cost: float) -> None:
        """A call that reserved `most` has ended and cost `cost`."""
        self.spent += cost
        self._in_flight -= 1
        # Nothing in flight is exactly nothing, whatever the floats say.
        self._reserved = self._reserved - most if self._in_flight else 0.0
        if self._waiting:
            self._move_up()

    def _fits(self, most: float) -> bool:
        usd, calls = self.budget.usd, self.budget.calls
        return (calls is None or self.calls < calls) and (
            usd is None or self.spent + self._reserved + most <= usd + ROUNDING
        )

    def _take(self, most: float) -> None:
        self.calls += 1
        self._in_flight += 1
        self._reserved += most

    def _move_up(self) -> None:
        """Let in as many as fit, in order; where the first never will, halt the run."""
        while self._waiting and not self.halt.requested:
            most, turn = self._waiting[0]
            if turn.done():
                self._waiting.popleft()
            elif self._fits(most):
                self._waiting.popleft()
                self._take(most)
                turn.set_result(None)
            elif not self._in_flight:
                self.halt.request(BudgetSpent(self._verdict(most)))
            else:
                return

    def _verdict(self, most: float) -> str:
        """Why the next call is not made, in one line."""
        spent = f"{_calls(self.calls)} made"
        if self.budget.usd is not None:
            spent += f", {_dollars(self.spent)} spent, and it could cost {_dollars(most)}"
        return (
            f"the budget of {self.budget} does not cover the next call: {spent}; "
            "`convsim resume DIR --budget ...` goes on, and counts from zero"
        )


class TillMeter:
    """The meter of one target: what its calls may cost, and what they did cost."""

    __slots__ = ("_beside", "_bounded", "_output", "_price", "_till", "_traffic")

    def __init__(
        self, till: Till, price: Price | None, max_tokens: int, beside: int, traffic: Traffic
    ) -> None:
        self._till = till
        self._traffic = traffic
        self._price = price
        self._output = max_tokens
        self._beside = beside + TEMPLATE_TOKENS
        self._bounded = till.budget.usd is not None and price is not None and not price.is_free

    async def admit(self, request: Request) -> None:
        """Wait until the attempt may be paid for; raises `Halted` when the budget is used up."""
        await self._till.reserve(self._most(request))

    def settle(self, request: Request, reply: Reply | None) -> None:
        """What was admitted has ended; None: it failed, and the error is being raised just now."""
        most = self._most(request)
        if reply is None:
            self._till.release(most, 0.0 if isinstance(sys.exception(), UNBILLED) else most)
            return
        cost = self._cost(reply)
        self._count(reply, cost)
        self._till.release(most, most if cost is None else cost)

    def _most(self, request: Request) -> float:
        """US dollars that a call can cost at most; 0 where no budget asks for it."""
        if not self._bounded or self._price is None:
            return 0.0
        return self._price.of(prompt_bound(request) + self._beside, self._output)

    def _cost(self, reply: Reply) -> float | None:
        if self._price is None:
            return None
        if reply.usage is None:
            return 0.0 if self._price.is_free else None
        return self._price.of(reply.usage.prompt, reply.usage.completion)

    def _count(self, reply: Reply, cost: float | None) -> None:
        traffic = self._traffic
        if reply.usage is not None:
            traffic.prompt_tokens += reply.usage.prompt
            traffic.completion_tokens += reply.usage.completion
        if cost is None:
            traffic.unpriced += 1
        else:
            traffic.cost += cost


def prompt_bound(request: Request) -> int:
    """At most so many tokens are in a request: no token has less than a byte."""
    total = MESSAGE_TOKENS * len(request.messages)
    if request.schema is not None:
        total += len(orjson.dumps(request.schema.body))
    for message in request.messages:
        text = message.content
        total += len(message.role) + (
            len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))
        )
        if message.name is not None:
            total += len(message.name.encode(errors="surrogatepass"))
        if message.tool_calls is not None or message.tool_call_id is not None:
            total += len(orjson.dumps(message.wire()))
    return total


def _calls(number: int) -> str:
    return f"{number:,} call{'' if number == 1 else 's'}"


def _dollars(amount: float) -> str:
    """`5 USD`, `12.3456 USD`, `0.000154 USD`: with as many digits as say something."""
    text = f"{amount:,.4f}" if amount >= 1 else f"{amount:.8f}"
    return f"{text.rstrip('0').rstrip('.')} USD"
