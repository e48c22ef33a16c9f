"""Budgets: never exceeded, whatever is in flight; waiting in order; what is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convsim.budget import MESSAGE_TOKENS, TEMPLATE_TOKENS, Budget, Till, TillMeter, prompt_bound
from convsim.errors import (
    BudgetSpent,
    CallError,
    Halted,
    InputError,
    Permanent,
    RefusedRequest,
    Throttled,
    Transient,
    Unreachable,
)
from convsim.limits import Halt, Limited, Limits, Meter
from convsim.price import FREE, Price
from convsim.reading import Status
from convsim.traffic import Traffic
from convsim.transcript import Message, Reply, Request, Usage
from tests.small import Scripted, hello

PER_REPLY = Price(0, 1_000_000)
"""A dollar per token of the reply, and nothing for the prompt: easy to count."""


def till(budget: Budget | None = None) -> Till:
    """A till with a halt and counters of its own."""
    return Till(budget, Halt(), Traffic())


def used(completion: int, prompt: int = 0) -> Reply:
    """A reply with so many tokens."""
    return Reply("No.", usage=Usage(prompt, completion))


async def waits(task: asyncio.Task[None]) -> bool:
    """Whether a task is still waiting after everything that could happen has."""
    for _ in range(5):
        await asyncio.sleep(0)
    return not task.done()


# -- what a budget is


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("5usd", Budget(usd=5)),
        ("5 USD", Budget(usd=5)),
        ("0.5usd", Budget(usd=0.5)),
        (".5usd", Budget(usd=0.5)),
        ("2000calls", Budget(calls=2000)),
        ("2000 calls", Budget(calls=2000)),
        ("1 call", Budget(calls=1)),
        ("5usd,2000calls", Budget(usd=5, calls=2000)),
        (" 2000 calls , 5 usd ", Budget(usd=5, calls=2000)),
    ],
)
def test_a_budget_is_written_as_an_amount(text: str, budget: Budget) -> None:
    """Dollars, calls, or both."""
    assert Budget.parse(text) == budget


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("5", "no budget"),
        ("", "no budget"),
        ("5eur", "no budget"),
        ("-5usd", "no budget"),
        ("1e3calls", "no budget"),
        ("5usd 3calls", "no budget"),
        ("5usd,", "no budget"),
        ("5usd,3usd", "two amounts"),
        ("1call,3calls", "two amounts"),
        ("1.5calls", "part of a call"),
        ("0usd", "allows nothing"),
        ("5usd,0calls", "allows nothing"),
    ],
)
def test_anything_else_says_what_is_allowed(text: str, wrong: str) -> None:
    """The message quotes what was given."""
    with pytest.raises(InputError, match=wrong) as caught:
        Budget.parse(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("budget", "text"),
    [
        (Budget(), "no limit"),
        (Budget(usd=5), "5 USD"),
        (Budget(usd=12.3456), "12.3456 USD"),
        (Budget(usd=0.000154), "0.000154 USD"),
        (Budget(calls=2000), "2,000 calls"),
        (Budget(usd=1234, calls=1), "1,234 USD and 1 call"),
    ],
)
def test_a_budget_reads_back(budget: Budget, text: str) -> None:
    """As messages show it."""
    assert str(budget) == text


# -- before the first call


@pytest.mark.parametrize(
    ("price", "max_tokens", "remedy"),
    [
        (None, 600, "targets file"),
        (None, None, "targets file"),
        (Price(1, 2), None, r"\?max_tokens=600"),
    ],
)
def test_money_cannot_be_kept_where_the_worst_case_is_unknown(
    price: Price | None, max_tokens: int | None, remedy: str
) -> None:
    """The target is named, with what to do; a budget in calls is always possible."""
    with pytest.raises(InputError, match=remedy) as caught:
        till(Budget(usd=5)).meter(price, max_tokens, target="t1")
    assert str(caught.value).startswith("t1: ")
    till(Budget(calls=5)).meter(price, max_tokens, target="t1")
    till().meter(price, max_tokens, target="t1")


def test_what_is_free_needs_no_limit() -> None:
    """A simulated assistant may talk as long as it likes."""
    till(Budget(usd=5)).meter(FREE, None)


# -- spending


async def test_calls_are_counted_when_they_are_sent() -> None:
    """Failed attempts count, and exactly as many as allowed are made."""
    checkout = till(Budget(calls=3))
    meter = checkout.meter(None, None)
    for reply in (used(1), None, used(1)):
        await meter.admit(hello())
        meter.settle(hello(), reply)
    with pytest.raises(Halted):
        await meter.admit(hello())
    cause = checkout.halt.cause
    assert isinstance(cause, BudgetSpent)
    assert str(cause) == (
        "the budget of 3 calls does not cover the next call: 3 calls made; "
        "`convsim resume DIR --budget ...` goes on, and counts from zero"
    )


async def test_a_reservation_is_settled_to_what_was_used() -> None:
    """Replies may have 10 tokens and have 2: a budget of 13 pays for two of them at least."""
    checkout = till(Budget(usd=13))
    meter = checkout.meter(PER_REPLY, 10)
    for spent in (2, 4):
        await meter.admit(hello())
        meter.settle(hello(), used(2))
        assert checkout.spent == spent
    with pytest.raises(Halted):
        await meter.admit(hello())
    assert str(checkout.halt.cause).startswith(
        "the budget of 13 USD does not cover the next call: "
        "2 calls made, 4 USD spent, and it could cost 10 USD;"
    )


async def test_what_does_not_fit_waits_for_what_is_in_flight() -> None:
    """The first may cost 10 of 15, so the second waits, until the first has cost 3."""
    checkout = till(Budget(usd=15))
    meter = checkout.meter(PER_REPLY, 10)
    await meter.admit(hello())
    second = asyncio.create_task(meter.admit(hello()))
    assert await waits(second)
    meter.settle(hello(), used(3))
    await second
    meter.settle(hello(), used(10))
    assert checkout.spent == 13


async def test_first_come_first_served() -> None:
    """A call that would fit does not overtake one that does not."""
    checkout = till(Budget(usd=15))
    dear, cheap = checkout.meter(PER_REPLY, 10), checkout.meter(PER_REPLY, 1)
    await dear.admit(hello())
    first = asyncio.create_task(dear.admit(hello()))
    second = asyncio.create_task(cheap.admit(hello()))
    assert await waits(first)
    assert await waits(second)
    dear.settle(hello(), used(0))
    await asyncio.gather(first, second)


async def test_a_cancelled_wait_is_over() -> None:
    """Whoever stood behind it moves up."""
    checkout = till(Budget(usd=15))
    dear, cheap = checkout.meter(PER_REPLY, 10), checkout.meter(PER_REPLY, 1)
    await dear.admit(hello())
    first = asyncio.create_task(dear.admit(hello()))
    second = asyncio.create_task(cheap.admit(hello()))
    assert await waits(second)
    first.cancel()
    await second
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_turn_that_comes_with_the_cancellation_goes_to_the_next() -> None:
    """No reservation is lost, and no call is counted."""
    checkout = till(Budget(usd=15, calls=3))
    meter = checkout.meter(PER_REPLY, 10)
    await meter.admit(hello())
    first = asyncio.create_task(meter.admit(hello()))
    second = asyncio.create_task(meter.admit(hello()))
    assert await waits(first)
    meter.settle(hello(), used(0))
    first.cancel()
    await second
    assert first.cancelled()
    assert checkout.calls == 2


async def test_a_halt_wakes_those_that_wait() -> None:
    """At once, not when the calls in flight are answered."""
    checkout = till(Budget(usd=15))
    meter = checkout.meter(PER_REPLY, 10)
    await meter.admit(hello())
    waiting = [asyncio.create_task(meter.admit(hello())) for _ in range(3)]
    assert await waits(waiting[0])
    checkout.halt.request()
    assert not await waits(waiting[0])
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [Halted] * 3
    with pytest.raises(Halted):
        await meter.admit(hello())


async def test_when_the_last_in_flight_leaves_too_little_the_run_is_halted() -> None:
    """All that wait are told, and the cause says what it would have taken."""
    checkout = till(Budget(usd=15))
    meter = checkout.meter(PER_REPLY, 10)
    await meter.admit(hello())
    waiting = [asyncio.create_task(meter.admit(hello())) for _ in range(2)]
    assert await waits(waiting[0])
    meter.settle(hello(), used(9))
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [Halted] * 2
    assert isinstance(checkout.halt.cause, BudgetSpent)
    assert checkout.spent == 9


async def test_targets_of_a_run_share_its_till() -> None:
    """What one has spent is not there for the other."""
    checkout = till(Budget(usd=15))
    one, other = checkout.meter(PER_REPLY, 10), checkout.meter(PER_REPLY, 10)
    await one.admit(hello())
    one.settle(hello(), used(10))
    with pytest.raises(Halted):
        await other.admit(hello())


@pytest.mark.parametrize(
    ("error", "charged"),
    [
        (Throttled("slow down"), 0),
        (RefusedRequest("too long"), 0),
        (Permanent("wrong key"), 0),
        (Unreachable("nothing answers"), 0),
        (Halted("stopped before it was sent"), 0),
        (Transient("no answer within 120 s"), 10),
        (CallError("a bug"), 10),
        (asyncio.CancelledError(), 10),
    ],
)
async def test_a_failed_call_costs_what_it_may_have_cost(
    error: BaseException, charged: float
) -> None:
    """A provider that declined sends no bill; one that was not waited for may."""
    checkout = till(Budget(usd=15))
    meter = checkout.meter(PER_REPLY, 10)
    await meter.admit(hello())
    try:
        raise error
    except type(error):
        meter.settle(hello(), None)
    assert checkout.spent == charged
    assert checkout.traffic == Traffic()


@pytest.mark.parametrize(
    ("usd", "price", "reply", "spent", "traffic"),
    [
        (None, PER_REPLY, used(3, 7), 3, Traffic(prompt_tokens=7, completion_tokens=3, cost=3)),
        (15, PER_REPLY, used(3, 7), 3, Traffic(prompt_tokens=7, completion_tokens=3, cost=3)),
        (15, PER_REPLY, used(12), 12, Traffic(completion_tokens=12, cost=12)),
        (15, PER_REPLY, Reply("No."), 10, Traffic(unpriced=1)),
        (15, PER_REPLY, Reply("", Status.PROVIDER_BLOCK), 10, Traffic(unpriced=1)),
        (None, PER_REPLY, Reply("No."), 0, Traffic(unpriced=1)),
        (None, None, used(3, 7), 0, Traffic(prompt_tokens=7, completion_tokens=3, unpriced=1)),
        (15, FREE, used(3, 7), 0, Traffic(prompt_tokens=7, completion_tokens=3)),
        (15, FREE, Reply("No."), 0, Traffic()),
    ],
)
async def test_what_a_reply_costs_is_counted(
    usd: float | None, price: Price | None, reply: Reply, spent: float, traffic: Traffic
) -> None:
    """Without a count the reservation is spent, and the call stays unpriced in the traffic."""
    checkout = till(Budget(usd=usd))
    meter = checkout.meter(price, 10)
    await meter.admit(hello())
    meter.settle(hello(), reply)
    assert checkout.spent == spent
    assert checkout.traffic == traffic


# -- the worst case


@pytest.mark.parametrize(
    ("messages", "tokens"),
    [
        ([Message("user", "")], 4),
        ([Message("user", "Hello?")], 10),
        ([Message("user", "Grüße")], 11),
        ([Message("user", "你好")], 10),
        ([Message("user", "\ud83d")], 7),
        ([Message("user", "x", name="Ada")], 8),
        ([Message("system", "Be brief."), Message("user", "Hello?")], 25),
    ],
)
def test_a_prompt_has_at_most_a_token_per_byte(messages: Sequence[Message], tokens: int) -> None:
    """Contents, roles and names in UTF-8, and something for the marks around each message."""
    assert prompt_bound(Request(tuple(messages))) == tokens + MESSAGE_TOKENS * len(messages)


def test_tool_calls_are_part_of_the_prompt() -> None:
    """As JSON."""
    plain, calling = Message("assistant", "x"), Message("assistant", "x", tool_calls=({"id": "7"},))
    assert prompt_bound(Request((calling,))) > prompt_bound(Request((plain,))) + len('{"id":"7"}')


async def test_the_reservation_is_for_prompt_and_reply() -> None:
    """With what the template, and what stands beside the messages, may add."""
    prompt = prompt_bound(hello()) + TEMPLATE_TOKENS + 50
    most = prompt * 2 + 10 * 3
    price = Price(2_000_000, 3_000_000)
    await till(Budget(usd=most)).meter(price, 10, tokens_beside=50).admit(hello())
    with pytest.raises(Halted):
        await till(Budget(usd=most - 1)).meter(price, 10, tokens_beside=50).admit(hello())


# -- the whole


@given(
    usd=st.integers(0, 60),
    calls=st.integers(1, 30),
    costs=st.lists(st.tuples(st.integers(1, 12), st.integers(0, 12)), max_size=30),
)
def test_a_budget_is_never_exceeded(usd: int, calls: int, costs: list[tuple[int, int]]) -> None:
    """Any mixture of calls, all at once: each costs at most what it reserved."""
    checkout = till(Budget(usd=float(usd), calls=calls))
    most_in_flight = 0.0

    async def call(most: int, cost: int) -> None:
        nonlocal most_in_flight
        meter = checkout.meter(PER_REPLY, most)
        await meter.admit(hello())
        most_in_flight = max(most_in_flight, checkout.spent + checkout._reserved)
        await asyncio.sleep(0)
        meter.settle(hello(), used(min(most, cost)))

    async def all_at_once() -> list[BaseException | None]:
        return await asyncio.gather(*(call(*one) for one in costs), return_exceptions=True)

    results = asyncio.run(all_at_once())
    assert most_in_flight <= usd
    assert checkout.spent <= usd
    assert checkout.calls <= calls
    assert checkout._in_flight == checkout._reserved == 0
    assert all(result is None or isinstance(result, Halted) for result in results)
    assert checkout.calls == results.count(None)
    assert checkout.halt.requested is (checkout.calls < len(costs))


async def test_behind_limits_retries_are_paid_for_too() -> None:
    """Two attempts for the first reply, one for the second: three calls, and none is left."""
    checkout = till(Budget(calls=3))
    meter: Meter = checkout.meter(None, None)
    inner = Scripted(Throttled("slow down", retry_after=0.0), "No.")
    target = Limited(inner, Limits(), checkout.halt, meter=meter)
    assert (await target.reply(hello())).attempts == 2
    assert (await target.reply(hello())).text == "No."
    with pytest.raises(Halted):
        await target.reply(hello())
    assert inner.calls == 3


async def test_behind_limits_a_throttled_attempt_costs_nothing() -> None:
    """A storm of 429s does not use up a budget in dollars."""
    checkout = till(Budget(usd=15))
    inner = Scripted(Throttled("slow down", retry_after=0.0), Transient("reset"), "No.")
    meter: TillMeter = checkout.meter(PER_REPLY, 4)
    target = Limited(inner, Limits(), checkout.halt, meter=meter)
    await target.reply(hello())
    # The reset may have been billed, and the reply came without a count.
    assert checkout.spent == 8
