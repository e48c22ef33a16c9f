"""Requests and tokens a minute: spread, precise, and deaf to clocks that jump."""

from __future__ import annotations

import asyncio
import math
from types import SimpleNamespace

import asyncio_throttle.throttler
import pytest

from convsim.errors import Halted, RefusedRequest
from convsim.limits import Endpoint, Halt, Limited, Limits
from convsim.limits.quota import COMPLETION, FRAMING, Tokens
from convsim.transcript import Message, Reply, Request, Usage
from tests.limits.leaping import Server, busiest, leap, now
from tests.small import hello


@pytest.fixture(autouse=True)
def leaping_throttler(monkeypatch: pytest.MonkeyPatch) -> None:
    """The throttler's clock is that of the loop."""
    monkeypatch.setattr(asyncio_throttle.throttler, "time", SimpleNamespace(monotonic=now))


async def waiting(server: Server, limits: Limits, calls: int) -> list[asyncio.Task[Reply]]:
    """So many calls in line, of a target that has answered before."""
    limited = Limited(server, limits)
    await limited.reply(hello())
    return [asyncio.create_task(limited.reply(hello(str(n)))) for n in range(calls)]


async def end(tasks: list[asyncio.Task[Reply]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


# -- requests


@pytest.mark.parametrize(
    ("rate", "seconds", "calls"), [(0.5, 60, 100), (1, 30, 100), (7.5, 20, 500), (50, 20, 5000)]
)
def test_a_rate_is_kept_and_reached(rate: float, seconds: int, calls: int) -> None:
    """At least 95% of it, never more in any second, in the order of arrival."""

    async def main() -> Server:
        server = Server(latency=0.3)
        tasks = await waiting(server, Limits(concurrency=5000, rpm=60 * rate), calls)
        await asyncio.sleep(seconds - now())
        await end(tasks)
        return server

    server = leap(main())
    assert 0.95 * rate * seconds <= len(server.starts) <= rate * seconds + 1
    assert busiest(server.starts) <= math.ceil(rate)
    assert busiest(server.starts, 0.1) <= math.ceil(rate / 10)
    assert [int(sample) for sample in server.order[1:]] == list(range(len(server.order) - 1))


def test_a_quota_is_not_saved_up() -> None:
    """After ten idle seconds the calls are as far apart as ever."""

    async def main() -> list[float]:
        server = Server(latency=0)
        limited = Limited(server, Limits(rpm=600))
        await limited.reply(hello())
        await asyncio.sleep(10)
        await asyncio.gather(*(limited.reply(hello()) for _ in range(20)))
        return server.starts

    assert busiest(leap(main())[1:]) <= 10


def test_who_waits_for_the_quota_ends_with_the_halt() -> None:
    """At one request in ten minutes, thousands of calls end in the moment of the halt."""

    async def main() -> tuple[int, float]:
        server, halt = Server(), Halt()
        limited = Limited(server, Limits(concurrency=3000, rpm=0.1), halt)
        await limited.reply(hello())
        tasks = [asyncio.create_task(limited.reply(hello())) for _ in range(2000)]
        await asyncio.sleep(5)
        halt.request()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert len(server.starts) == 1
        return sum(isinstance(end, Halted) for end in ended), now()

    halted, at = leap(main())
    assert halted == 2000
    assert at == pytest.approx(5.1, abs=0.02)


def test_the_head_of_the_line_can_be_cancelled_while_it_waits_for_the_quota() -> None:
    """The next takes its place, and its turn."""

    async def main() -> list[str]:
        server = Server(latency=0)
        tasks = await waiting(server, Limits(rpm=60), 3)
        await asyncio.sleep(0.5)
        tasks[0].cancel()
        await asyncio.sleep(3)
        return server.order

    assert leap(main())[1:] == ["1", "2"]


# -- tokens


class Wordy(Server):
    """Uses so many tokens a call, and says so."""

    def __init__(self, *used: int) -> None:
        super().__init__(latency=0.01)
        self.used = used

    async def reply(self, request: Request) -> Reply:
        await super().reply(request)
        used = self.used[min(len(self.starts), len(self.used)) - 1]
        return Reply("Yes.", usage=Usage(100, used - 100))


async def starts(server: Server, limits: Limits, calls: int) -> list[float]:
    limited = Limited(server, limits, None, Endpoint(limits, clock=now))
    await asyncio.gather(*(limited.reply(hello()) for _ in range(calls)), return_exceptions=True)
    return server.starts


def test_tokens_are_spread_over_the_minute() -> None:
    """At 60,000 a minute a call of 500 may start every half second."""
    seen = leap(starts(Wordy(500), Limits(tpm=60_000), 101))
    assert seen[-1] == pytest.approx(50, rel=0.05)
    assert busiest(seen[5:]) <= 3


def test_what_a_call_really_used_counts() -> None:
    """However wrong the estimate is at first: 5,000 a call at 10,000 a minute is two a minute."""
    seen = leap(starts(Wordy(5000), Limits(tpm=10_000), 21))
    assert seen[-1] - seen[0] == pytest.approx(600, rel=0.1)


def test_a_failed_call_gives_its_tokens_back() -> None:
    """Forty calls that are refused cost no time."""
    server = Server(lambda _: RefusedRequest("400") if len(server.starts) <= 40 else None)
    limits = Limits(concurrency=1, tpm=6000)
    assert leap(starts(server, limits, 44))[40] < 1


def test_a_call_larger_than_the_minute_is_made() -> None:
    """It does not wait for ever, but the next one waits until it is paid off."""
    seen = leap(starts(Wordy(12_000), Limits(tpm=6000), 3))
    assert seen[1] - seen[0] == pytest.approx(120, abs=5)


@pytest.mark.parametrize(
    ("text", "most", "seen", "tokens"),
    [
        ("x" * 400, None, [], 100 + FRAMING + COMPLETION),
        ("x" * 400, 50, [], 100 + FRAMING + 50),
        ("x" * 400, None, [10, 30], 100 + FRAMING + 20),
        ("x" * 400, 5, [10, 30], 100 + FRAMING + 5),
        ("", 5000, [10, 30], FRAMING + 20),
    ],
)
def test_estimates(text: str, most: int | None, seen: list[int], tokens: float) -> None:
    """Four characters to a token, and the mean completion so far or what `max_tokens` allows."""
    quota = Tokens(6000, lambda: 0.0)
    for completion in seen:
        quota.settle(0, Reply("Yes.", usage=Usage(7, completion)))
    assert quota.estimate(Request((Message("user", text),)), most) == tokens


@pytest.mark.parametrize("jump", [3600.0, -3600.0, 1e9, -1e9])
def test_a_clock_that_jumps_neither_hangs_the_line_nor_releases_a_burst(jump: float) -> None:
    """At 100 calls' worth a minute, the calls go on as they did before the jump."""

    async def main() -> list[float]:
        server, start = Wordy(600), now()
        limits = Limits(tpm=60_000, concurrency=8)
        endpoint = Endpoint(limits, clock=lambda: now() + (jump if now() > start + 10 else 0))
        limited = Limited(server, limits, None, endpoint)
        await asyncio.gather(*(limited.reply(hello()) for _ in range(100)))
        return server.starts

    seen = leap(main())
    assert seen[-1] == pytest.approx(60, rel=0.1)
    assert busiest(seen[5:]) <= 3
