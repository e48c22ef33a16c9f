"""Limits: who goes first, what is retried, how much is in flight, and when nothing more starts."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import pytest

from convsim import limits as limits_module
from convsim.errors import (
    CallError,
    Halted,
    Permanent,
    RefusedRequest,
    Throttled,
    Transient,
    Unreachable,
)
from convsim.limits import Endpoint, Halt, Limited, Limits, wait_before
from convsim.reading import Status
from convsim.traffic import Traffic
from convsim.transcript import Reply, Request
from tests.small import Scripted, hello

WRONG_KEY = Permanent("rejected the key (401)")


@contextmanager
def takes(*, at_least: float = 0.0, at_most: float = 10.0) -> Iterator[None]:
    """The block takes a time within these bounds, in seconds."""
    started = time.monotonic()
    yield
    assert at_least <= time.monotonic() - started <= at_most


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A back-off that can be slept through in a test."""
    monkeypatch.setattr(limits_module, "BACKOFF", 0.001)


async def all_of(target: Limited, calls: int) -> list[Reply | BaseException]:
    """So many calls at once, and what came of each."""
    asked = (target.reply(hello()) for _ in range(calls))
    return await asyncio.gather(*asked, return_exceptions=True)


# -- the first call


class Together(Scripted):
    """After the first call it answers nobody until so many calls are in flight at once."""

    def __init__(self, company: int, *script: str | CallError) -> None:
        super().__init__(*script, latency=0.01)
        self.company = company
        self.complete = asyncio.Event()
        self.first_was_alone = False

    async def reply(self, request: Request) -> Reply:
        calls = self.calls
        if calls == 0:
            try:
                return await super().reply(request)
            finally:
                self.first_was_alone = self.calls == 1
        self.company -= 1
        if self.company == 0:
            self.complete.set()
        await asyncio.wait_for(self.complete.wait(), 10)
        return await super().reply(request)


async def test_one_call_goes_ahead_until_the_target_answered() -> None:
    """Thirty-two callers wait for the first answer, and then go together, not one by one."""
    target = Together(31)
    replies = await all_of(Limited(target, Limits(concurrency=32)), 32)
    assert [type(reply) for reply in replies] == [Reply] * 32
    assert target.first_was_alone


async def test_a_wrong_key_costs_one_request() -> None:
    """Who sees the failure halts the run; those that wait never call."""
    target, halt = Scripted(WRONG_KEY, latency=0.01), Halt()
    limited = Limited(target, Limits(concurrency=32), halt)

    async def caller() -> None:
        try:
            await limited.reply(hello())
        except Permanent as error:
            halt.request(error)

    ended = await asyncio.gather(*(caller() for _ in range(32)), return_exceptions=True)
    assert target.calls == 1
    assert sum(isinstance(end, Halted) for end in ended) == 31
    assert halt.cause is WRONG_KEY


async def test_nothing_there_is_permanent_before_any_answer(quick: None) -> None:
    """A host that never answered is wrong: no retry, and the error says what was seen."""
    target = Scripted(Unreachable("nothing answers at http://x", detail="refused"))
    with pytest.raises(Permanent, match="nothing answers at http://x") as caught:
        await Limited(target, Limits()).reply(hello())
    assert target.calls == 1
    assert caught.value.detail == "refused"


async def test_nothing_there_is_transient_after_an_answer(quick: None) -> None:
    """A host that answered once is retried like any passing trouble."""
    target = Scripted("Yes.", Unreachable("gone"), Unreachable("gone"), "Yes.")
    limited = Limited(target, Limits(attempts=3))
    await limited.reply(hello())
    assert (await limited.reply(hello())).attempts == 3


@pytest.mark.parametrize("error", [RefusedRequest("400"), Transient("500"), Throttled("429")])
async def test_any_other_answer_shows_that_the_endpoint_works(error: CallError) -> None:
    """After a 400, a 500 or a 429 the others go together."""
    limited = Limited(Together(8, error, "Yes."), Limits(attempts=1))
    assert [type(end) for end in await all_of(limited, 9)] == [type(error)] + [Reply] * 8


async def test_the_first_attempt_ends_the_wait_and_not_the_last() -> None:
    """While the first call waits for its second attempt, the others are answered."""
    target = Scripted(Transient("500"), "Yes.")
    limited = Limited(target, Limits(concurrency=8, attempts=3))
    first, *others = (asyncio.ensure_future(limited.reply(hello())) for _ in range(8))
    async with asyncio.timeout(5):
        replies = await asyncio.gather(*others)
    assert [reply.text for reply in replies] == ["Yes."] * 7
    assert (first.done(), target.calls) == (False, 8)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)


async def test_who_waits_for_the_first_answer_keeps_no_slot() -> None:
    """A target that does not answer at first is no obstacle to others behind its endpoint."""
    limits = Limits(concurrency=2)
    endpoint = Endpoint(limits)
    known, silent = Scripted("Yes."), Scripted("Yes.", latency=60)
    quick = Limited(known, limits, None, endpoint)
    await quick.reply(hello())
    stuck = asyncio.ensure_future(all_of(Limited(silent, limits, None, endpoint), 8))
    await asyncio.sleep(0.01)
    async with asyncio.timeout(5):
        await all_of(quick, 8)
    assert (known.calls, silent.calls) == (9, 1)
    stuck.cancel()
    await asyncio.gather(stuck, return_exceptions=True)


async def refused(*targets: Scripted) -> Halt:
    """Eight calls of each target behind one endpoint; the first `Permanent` halts them all."""
    limits, halt = Limits(), Halt()
    endpoint = Endpoint(limits)

    async def caller(limited: Limited) -> None:
        try:
            await limited.reply(hello())
        except Permanent as error:
            halt.request(error)
        except Halted:
            pass

    limited = [Limited(target, limits, halt, endpoint) for target in targets]
    await asyncio.gather(*(caller(it) for it in limited for _ in range(8)))
    return halt


async def test_a_wrong_key_costs_one_request_for_all_targets_that_use_it() -> None:
    pair = [Scripted(WRONG_KEY, latency=0.01) for _ in range(2)]
    assert (await refused(*pair)).cause is WRONG_KEY
    assert [target.calls for target in pair] == [1, 0]


async def test_a_wrong_model_costs_one_request_though_the_endpoint_answers() -> None:
    """Each target goes ahead once: that another model is there says nothing of this one."""
    wrong = Permanent("has no model 'lama'")
    there, missing = Scripted("Yes.", latency=0.01), Scripted(wrong, latency=0.01)
    assert (await refused(there, missing)).cause is wrong
    assert missing.calls == 1


# -- retries


@pytest.mark.parametrize(
    ("script", "calls"),
    [
        (["Yes."], 1),
        ([Transient("500"), "Yes."], 2),
        ([Throttled("429"), Transient("500"), "Yes."], 3),
        ([Throttled("429", retry_after=0.0), "Yes."], 2),
    ],
)
async def test_passing_trouble_is_retried(
    script: list[str | CallError], calls: int, quick: None
) -> None:
    """The reply says how many attempts it took."""
    target = Scripted(*script)
    reply = await Limited(target, Limits()).reply(hello())
    assert (reply.text, reply.attempts, target.calls) == ("Yes.", calls, calls)


@pytest.mark.parametrize("error", [RefusedRequest("400"), Permanent("401"), CallError("a bug")])
async def test_what_would_only_repeat_itself_is_not_retried(error: CallError) -> None:
    target = Scripted(error)
    with pytest.raises(type(error)) as caught:
        await Limited(target, Limits()).reply(hello())
    assert caught.value is error
    assert target.calls == 1


async def test_attempts_run_out(quick: None) -> None:
    """The last attempt's own error is raised."""
    target = Scripted(Transient("one"), Throttled("two"), Transient("three"), "Yes.")
    with pytest.raises(Transient, match="three"):
        await Limited(target, Limits(attempts=3)).reply(hello())
    assert target.calls == 3


async def test_retry_after_is_honoured(quick: None) -> None:
    """The next attempt waits as long as the server asked."""
    target = Scripted(Throttled("429", retry_after=0.3), "Yes.")
    with takes(at_least=0.3, at_most=2):
        await Limited(target, Limits()).reply(hello())


@pytest.mark.parametrize(
    ("attempt", "error", "low", "high"),
    [
        (1, Transient("x"), 0.25, 0.75),
        (2, Transient("x"), 0.5, 1.5),
        (4, Throttled("x"), 2, 6),
        (1, Throttled("x", retry_after=3), 3.025, 3.075),
        (1, Throttled("x", retry_after=0), 0.025, 0.075),
        (1, Throttled("x", retry_after=3600), 60, 60),
        (20, Transient("x"), 60, 60),
    ],
)
def test_waits(attempt: int, error: CallError, low: float, high: float) -> None:
    """Half a second, doubled, give or take half; what the server asks for; never over a minute."""
    waits = [wait_before(attempt, error) for _ in range(50)]
    assert low <= min(waits) <= max(waits) <= high


# -- how much at once


@pytest.mark.parametrize("concurrency", [1, 3, 8])
async def test_concurrency_is_never_exceeded(concurrency: int) -> None:
    target = Scripted("Yes.", latency=0.002)
    await all_of(Limited(target, Limits(concurrency=concurrency)), 24)
    assert target.calls == 24
    assert target.peak <= concurrency


async def test_targets_behind_one_endpoint_share_its_limits() -> None:
    """Two targets with the same server and key have its slots together."""
    limits = Limits(concurrency=3)
    endpoint, target = Endpoint(limits), Scripted("Yes.", latency=0.002)
    pair = [Limited(target, limits, None, endpoint) for _ in range(2)]
    await asyncio.gather(*(all_of(limited, 12) for limited in pair))
    assert target.calls == 24
    assert target.peak <= 3


async def test_requests_are_spread_over_the_minute() -> None:
    """At 600 a minute a call starts every 100 ms, not 600 at once."""
    target, starts = Scripted("Yes."), list[float]()
    target.on_call = lambda _: starts.append(time.monotonic())
    await all_of(Limited(target, Limits(rpm=600)), 6)
    gaps = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert min(gaps) >= 0.05
    assert 0.45 <= sum(gaps) <= 5


async def test_a_call_has_a_time_limit() -> None:
    """A call that takes too long is a transient failure, and is tried again."""
    target = Scripted("Yes.", latency=5)
    with pytest.raises(Transient, match=r"no answer within 0\.02 s"), takes(at_most=1):
        await Limited(target, Limits(timeout=0.02, attempts=1)).reply(hello())
    assert target.in_flight == 0


# -- halting


async def test_a_halted_run_makes_no_call() -> None:
    target, halt = Scripted("Yes."), Halt()
    halt.request()
    with pytest.raises(Halted):
        await Limited(target, Limits(), halt).reply(hello())
    assert target.calls == 0


async def test_a_halt_lets_the_call_in_flight_end() -> None:
    """The call in flight is answered; those that wait for a slot never start."""
    target, halt = Scripted("Yes.", latency=0.03), Halt()
    target.on_call = lambda _: halt.request()
    ended = await all_of(Limited(target, Limits(concurrency=1), halt), 5)
    assert [type(end) for end in ended] == [Reply, Halted, Halted, Halted, Halted]
    assert target.calls == 1


async def test_a_halt_ends_the_wait_for_the_next_attempt() -> None:
    """Nobody sits out a minute of Retry-After once the run is to stop."""
    target, halt = Scripted(Throttled("429", retry_after=60)), Halt()
    call = asyncio.ensure_future(Limited(target, Limits(), halt).reply(hello()))
    await asyncio.sleep(0.01)
    halt.request()
    with takes(at_most=2), pytest.raises(Halted):
        await call
    assert target.calls == 1


async def test_a_halt_reaches_those_that_wait_for_the_minute() -> None:
    """Calls queued by the rate never start, and do not wait for their turns."""
    target, halt = Scripted("Yes."), Halt()
    limited = Limited(target, Limits(rpm=60), halt)
    queued = asyncio.ensure_future(all_of(limited, 20))
    await asyncio.sleep(0.05)
    halt.request()
    with takes(at_most=4):
        ended = await queued
    assert target.calls == 1
    assert sum(isinstance(end, Halted) for end in ended) == 19


# -- targets of the user's own


class Broken:
    """A target with a bug."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    async def reply(self, request: Request) -> Reply:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (KeyError("x"), "Broken raised KeyError: 'x'"),
        ("text", "Broken.reply returned str; it has to return a Reply"),
        (None, "Broken.reply returned NoneType; it has to return a Reply"),
        (Reply(b"x"), "Broken.reply returned a Reply whose text is bytes; it has to be a str"),  # type: ignore[arg-type]
        (KeyError("\ud83d"), "Broken raised KeyError: '\\ud83d'"),
        (OSError("\ud83d"), "Broken raised OSError: \ufffd"),
    ],
)
async def test_a_bug_in_a_target_is_a_failed_call(answer: object, message: str) -> None:
    """It ends its dialogue as an error row, and not the run."""
    with pytest.raises(CallError) as caught:
        await Limited(Broken(answer), Limits()).reply(hello())
    assert (str(caught.value), caught.value.kind) == (message, "error")


@pytest.mark.parametrize(
    ("given", "text", "status"),
    [
        (Reply("Yes \ud83d"), "Yes \ufffd", Status.OK),
        (Reply(" \n"), "", Status.EMPTY),
        (Reply("", Status.TRUNCATED), "", Status.EMPTY),
        (Reply("Partly", Status.PROVIDER_BLOCK), "Partly", Status.PROVIDER_BLOCK),
    ],
)
async def test_a_reply_of_any_target_can_be_stored(given: Reply, text: str, status: Status) -> None:
    """Text that is no text, and white space that calls itself an answer, get no further."""
    reply = await Limited(Broken(given), Limits()).reply(hello())
    assert (reply.text, reply.status) == (text, status)
    assert orjson.dumps(reply)


# -- what a call costs, and counts


class Purse:
    """A meter that notes what it is asked and told, and admits so many attempts."""

    def __init__(self, attempts: int = 100) -> None:
        self.attempts = attempts
        self.seen: list[str | None] = []
        self.open = asyncio.Event()
        self.open.set()

    async def admit(self, request: Request) -> None:
        await self.open.wait()
        if self.attempts == 0:
            raise Halted("the budget is used up")
        self.attempts -= 1
        self.seen.append("admit")

    def settle(self, request: Request, reply: Reply | None) -> None:
        self.seen.append(None if reply is None else reply.text)


@pytest.mark.parametrize(
    ("script", "seen"),
    [
        (["Yes."], ["admit", "Yes."]),
        ([Transient("500"), "Yes."], ["admit", None, "admit", "Yes."]),
        ([RefusedRequest("400")], ["admit", None]),
    ],
)
async def test_each_attempt_is_admitted_and_settled(
    script: list[str | CallError], seen: list[str | None], quick: None
) -> None:
    purse = Purse()
    limited = Limited(Scripted(*script), Limits(), meter=purse)
    await asyncio.gather(limited.reply(hello()), return_exceptions=True)
    assert purse.seen == seen


async def test_what_is_not_admitted_is_not_sent() -> None:
    """Nor settled: nothing was taken."""
    target, purse = Scripted("Yes."), Purse(attempts=0)
    with pytest.raises(Halted, match="the budget is used up"):
        await Limited(target, Limits(), meter=purse).reply(hello())
    assert (target.calls, purse.seen) == (0, [])


async def test_what_was_admitted_and_never_sent_is_settled() -> None:
    """Cancelled or halted in line: what was set aside for the call is free again."""
    limits, halt, purse = Limits(concurrency=1), Halt(), Purse()
    endpoint = Endpoint(limits)
    slow = Limited(Scripted("Yes.", latency=60), limits, halt, endpoint)
    slow._answered = True
    first = asyncio.ensure_future(slow.reply(hello()))
    await asyncio.sleep(0)
    metered = Limited(Scripted("Yes."), limits, halt, endpoint, purse)
    metered._answered = True
    cancelled, halted = (asyncio.ensure_future(metered.reply(hello())) for _ in range(2))
    await asyncio.sleep(0.01)
    cancelled.cancel()
    await asyncio.sleep(0)
    halt.request()
    ended = await asyncio.gather(cancelled, halted, return_exceptions=True)
    assert [type(end) for end in ended] == [asyncio.CancelledError, Halted]
    assert purse.seen == ["admit", "admit", None, None]
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)


async def test_who_waits_to_be_admitted_keeps_no_slot() -> None:
    """A target whose budget is not decided is no obstacle to another behind the endpoint."""
    limits, purse = Limits(concurrency=1), Purse()
    endpoint = Endpoint(limits)
    other = Limited(Scripted("Yes."), limits, None, endpoint)
    await other.reply(hello())
    purse.open.clear()
    waits = asyncio.ensure_future(
        Limited(Scripted("Yes."), limits, None, endpoint, purse).reply(hello())
    )
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await all_of(other, 5)
        purse.open.set()
        await waits


async def test_traffic_counts_attempts(quick: None) -> None:
    """Those sent, those that were told to wait, and those that failed otherwise."""
    traffic, limits = Traffic(), Limits()
    endpoint = Endpoint(limits, traffic=traffic)
    script = Scripted(Throttled("429"), Transient("500"), "Yes.", RefusedRequest("400"))
    limited = Limited(script, limits, None, endpoint)
    for _ in range(2):
        await asyncio.gather(limited.reply(hello()), return_exceptions=True)
    assert traffic == Traffic(calls=4, throttled=1, failed=2)


class Punctual(Scripted):
    """Says that it keeps a time limit of its own, and does not."""

    own_timeout = True

    def __init__(self, timeout: float) -> None:
        super().__init__("Yes.", latency=0.05)
        self.timeout = timeout


@pytest.mark.parametrize(("own", "ends"), [(0.01, Reply), (3600.0, Transient)])
async def test_a_target_may_keep_the_time_itself(own: float, ends: type[object]) -> None:
    """Then nobody else does, unless it would wait longer than the limits allow."""
    limits = Limits(timeout=0.02, attempts=1)
    assert [type(end) for end in await all_of(Limited(Punctual(own), limits), 1)] == [ends]


async def test_cancelling_a_call_reaches_the_target() -> None:
    """A second Ctrl-C leaves no call behind."""
    target = Scripted("Yes.", latency=60)
    call = asyncio.ensure_future(Limited(target, Limits()).reply(hello()))
    await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert target.in_flight == 0
