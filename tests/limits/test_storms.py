"""Trouble that all calls share: outages, storms of 429, and pauses that one call is told of."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable

import pytest

from convsim.errors import (
    CallError,
    Halted,
    Outage,
    Permanent,
    RefusedRequest,
    Throttled,
    Transient,
    Unreachable,
)
from convsim.limits import LONGEST_WAIT, Endpoint, Halt, Limited, Limits
from convsim.limits.breaker import LONGEST_PAUSE, OPENS_AFTER
from convsim.traffic import Traffic
from convsim.transcript import Reply, Request
from tests.limits.leaping import Server, leap, now
from tests.small import hello

KINDS: list[Callable[[], CallError]] = [
    lambda: Unreachable("nothing answers"),
    lambda: Transient("failed (503)"),
    lambda: Throttled("asks to slow down (429)"),
    lambda: Throttled("asks to slow down (429)", retry_after=0.0),
    lambda: Throttled("asks to slow down (429)", retry_after=3.0),
]


def down(error: Callable[[], CallError], *, since: float, until: float) -> Server:
    """A server that only fails from one second to another."""
    return Server(lambda _: error() if since <= now() < until else None)


async def all_of(limited: Limited, calls: int) -> Counter[str]:
    """How so many calls at once ended."""
    asked = (limited.reply(hello(str(n))) for n in range(calls))
    ended = await asyncio.gather(*asked, return_exceptions=True)
    return Counter(type(end).__name__ for end in ended)


# -- outages


@pytest.mark.parametrize("error", KINDS)
@pytest.mark.parametrize("concurrency", [2, 32, 500])
def test_a_server_that_is_down_for_ten_seconds_costs_no_error(
    error: Callable[[], CallError], concurrency: int
) -> None:
    """Those in flight fail, then single calls are sent until one is answered."""
    server = down(error, since=1, until=11)
    limited = Limited(server, Limits(concurrency=concurrency))
    calls = 60 * concurrency
    assert leap(all_of(limited, calls)) == {"Reply": calls}
    assert server.failures <= max(2 * concurrency, OPENS_AFTER) + 10


def test_a_server_that_stalls_for_ten_seconds_costs_no_error() -> None:
    class Stalling(Server):
        async def reply(self, request: Request) -> Reply:
            if 1 <= now() < 11:
                await asyncio.sleep(3600)
            return await super().reply(request)

    limited = Limited(Stalling(), Limits(concurrency=8, timeout=2))
    assert leap(all_of(limited, 400)) == {"Reply": 400}


def test_one_call_alone_outlives_a_server_that_is_down() -> None:
    """No connection and 429 are not the call's own fault."""
    for error in (KINDS[0], KINDS[2]):
        server = down(error, since=1, until=60)
        assert leap(all_of(Limited(server, Limits(concurrency=1)), 30)) == {"Reply": 30}


def test_one_call_that_fails_is_no_outage() -> None:
    """With one call at a time, a request that the server cannot bear ends after its attempts."""

    class Choking(Server):
        async def reply(self, request: Request) -> Reply:
            reply = await super().reply(request)
            if request.sample == "3":
                raise Transient("failed (500)")
            return reply

    server = Choking()
    ended = leap(all_of(Limited(server, Limits(concurrency=1)), 20))
    assert ended == {"Reply": 19, "Transient": 1}
    assert Counter(server.order)["3"] == 5


def test_while_the_breaker_is_open_one_call_at_a_time_is_sent() -> None:
    """At pauses that grow to half a minute, give or take a fifth."""
    server = down(KINDS[1], since=1, until=200)
    leap(all_of(Limited(server, Limits(concurrency=16)), 500))
    probes = [start for start in server.starts if start > 1.5]
    pauses = [later - earlier for earlier, later in itertools.pairwise(probes)]
    pauses = pauses[: next(n for n, start in enumerate(probes) if start > 200)]
    expected = [min(LONGEST_PAUSE, 2.0**n) for n in range(1, len(pauses) + 1)]
    assert len(pauses) >= 8
    assert [0.79 * e <= pause <= 1.21 * e for pause, e in zip(pauses, expected, strict=True)] == [
        True
    ] * len(pauses)


def test_probes_are_taken_in_turn() -> None:
    """A request that cannot succeed does not keep the others from being tried."""

    class Choking(Server):
        async def reply(self, request: Request) -> Reply:
            reply = await super().reply(request)
            if int(request.sample) < 8 or 1 <= now() < 5:
                raise Transient("failed (500)")
            return reply

    server = Choking(latency=0.01)
    ended = leap(all_of(Limited(server, Limits(concurrency=8)), 40))
    assert ended == {"Reply": 32, "Transient": 8}


def test_an_answer_closes_the_breaker_at_once() -> None:
    """A call that was under way all the time is answered: nobody waits for the next probe."""

    async def main() -> float:
        slow, quick = Server(latency=20), down(KINDS[1], since=1, until=19)
        limits = Limits()
        endpoint = Endpoint(limits)
        pair = [Limited(server, limits, None, endpoint) for server in (quick, slow)]
        await pair[0].reply(hello())
        under_way = asyncio.create_task(pair[1].reply(hello()))
        await asyncio.sleep(1)
        ended = await all_of(pair[0], 50)
        assert ended == {"Reply": 50}
        await under_way
        return now()

    assert leap(main()) == pytest.approx(20.2, abs=0.3)


@pytest.mark.parametrize("error", KINDS)
def test_an_outage_that_lasts_suspends_the_run(error: Callable[[], CallError]) -> None:
    """With what the endpoint said last, for how long, and how to go on; everybody is woken."""
    halt, traffic = Halt(), Traffic()

    async def main() -> tuple[Counter[str], float]:
        limits = Limits(concurrency=16)
        endpoint = Endpoint(limits, halt=halt, traffic=traffic)
        server = down(error, since=1, until=1e9)
        return await all_of(Limited(server, limits, halt, endpoint), 1000), now()

    ended, at = leap(main())
    assert set(ended) == {"Reply", "Halted"}
    assert isinstance(halt.cause, Outage)
    assert f"{error()}; `convsim resume DIR` goes on" in str(halt.cause)
    assert str(halt.cause).startswith("nothing but failures for 3")
    assert 300 <= at <= 300 + 2 * LONGEST_PAUSE + 10
    assert traffic.calls == ended["Reply"] + traffic.failed + traffic.throttled


def test_late_answers_do_not_make_an_outage_a_fault_of_its_calls() -> None:
    """Of two calls in flight one fails and the other is still answered: the server is down."""

    class Draining(Server):
        async def reply(self, request: Request) -> Reply:
            if 1.05 <= now() < 12:
                self.starts.append(now())
                raise Transient("failed (503)")
            return await super().reply(request)

    ended = leap(all_of(Limited(Draining(latency=0.19), Limits(concurrency=2)), 60))
    assert ended == {"Reply": 60}


@pytest.mark.parametrize("attempts", [1, 2])
def test_who_wants_few_attempts_gets_few(attempts: int) -> None:
    """One attempt is one, whatever the breaker does; it still keeps the others waiting."""
    server = down(KINDS[1], since=0, until=10)
    ended = leap(all_of(Limited(server, Limits(concurrency=4, attempts=attempts)), 100))
    assert ended["Reply"] >= 85
    assert ended["Reply"] + ended["Transient"] == 100
    assert ended["Transient"] <= {1: 4 + OPENS_AFTER + 4, 2: 1}[attempts]


def test_a_refused_request_shows_that_the_endpoint_works() -> None:
    """Every second call fails, every other one is refused: no outage."""
    server = Server(
        lambda _: Transient("failed (500)") if len(server.starts) % 2 else RefusedRequest("400")
    )
    ended = leap(all_of(Limited(server, Limits(concurrency=1, attempts=2)), 50))
    assert ended["RefusedRequest"] + ended["Transient"] == 50


@pytest.mark.parametrize("jump", [3600.0, -3600.0, 1e9])
def test_a_clock_that_jumps_neither_ends_the_patience_nor_trips_the_breaker(jump: float) -> None:
    """The clock jumps all the time, and every third call fails."""

    async def main() -> tuple[Counter[str], Halt]:
        looked, halt = 0, Halt()

        def clock() -> float:
            nonlocal looked
            looked += 1
            return now() + jump * (looked % 2)

        limits = Limits(concurrency=8, tpm=1e6)
        endpoint = Endpoint(limits, clock=clock)
        server = Server(
            lambda _: Transient("failed (500)") if len(server.starts) % 3 == 0 else None
        )
        return await all_of(Limited(server, limits, halt, endpoint), 300), halt

    ended, halt = leap(main())
    assert (ended["Reply"] + ended["Transient"], halt.requested) == (300, False)
    assert ended["Transient"] <= 10


# -- a pause that one call is told of


def test_what_one_call_is_told_to_wait_all_wait() -> None:
    """The second call is told to wait 7 s; nobody starts a call in these, and then all go on."""
    server = Server(
        lambda _: Throttled("429", retry_after=7) if len(server.starts) == 2 else None, latency=0
    )

    async def main() -> float:
        limited = Limited(server, Limits(concurrency=1))
        assert await all_of(limited, 40) == {"Reply": 40}
        return now()

    ended = leap(main())
    assert [start for start in server.starts if 0 < start < 7] == []
    assert 7 <= ended <= 7.2
    assert server.order[2] == "2"


@pytest.mark.parametrize("asked", [3600.0, float("inf")])
def test_no_pause_is_longer_than_a_minute(asked: float) -> None:
    server = Server(
        lambda _: Throttled("429", retry_after=asked) if len(server.starts) == 1 else None
    )

    async def main() -> float:
        await all_of(Limited(server, Limits()), 40)
        return now()

    assert LONGEST_WAIT <= leap(main()) <= LONGEST_WAIT + 1


def test_a_shorter_pause_does_not_shorten_a_longer_one() -> None:
    """Eight calls in flight are told eight pauses; the longest holds."""
    server = Server(
        lambda _: (
            Throttled("429", retry_after=10.0 - len(server.starts))
            if 1 < len(server.starts) < 10
            else None
        )
    )

    async def main() -> None:
        limited = Limited(server, Limits(concurrency=8))
        await limited.reply(hello())
        await all_of(limited, 40)

    leap(main())
    assert [start for start in server.starts if 0.2 < start < 8] == []


def test_a_halt_ends_a_pause() -> None:
    async def main() -> tuple[Counter[str], float]:
        halt = Halt()
        server = Server(lambda _: Throttled("429", retry_after=60))
        asyncio.get_running_loop().call_later(5, halt.request)
        return await all_of(Limited(server, Limits(), halt), 500), now()

    assert leap(main()) == ({"Halted": 500}, 5.0)


# -- storms of 429: a server that bears only so much


@pytest.mark.parametrize("retry_after", [None, 0.5])
@pytest.mark.parametrize("bears", [3, 20])
def test_a_server_that_bears_little_is_asked_for_little(
    bears: int, retry_after: float | None
) -> None:
    """Of 64 calls at once it turns away all but a few; the calls settle near what it bears."""
    server = Server(
        lambda in_flight: Throttled("429", retry_after=retry_after) if in_flight > bears else None
    )

    async def main() -> tuple[Counter[str], float]:
        return await all_of(Limited(server, Limits(concurrency=64)), 2000), now()

    ended, seconds = leap(main())
    assert ended == {"Reply": 2000}
    assert server.failures <= 400
    if retry_after is None:
        assert seconds <= 2.5 * 2000 * 0.1 / bears


def test_after_a_storm_the_whole_width_is_used_again() -> None:
    server = Server(lambda in_flight: Throttled("429") if now() < 2 and in_flight > 4 else None)

    async def main() -> int:
        limited = Limited(server, Limits(concurrency=64))
        await all_of(limited, 500)
        server.peak = 0
        await all_of(limited, 2000)
        return server.peak

    assert leap(main()) == 64


def test_slow_answers_count_as_overload() -> None:
    """Calls that time out halve the width like a 429."""

    class Choking(Server):
        async def reply(self, request: Request) -> Reply:
            self.latency = 0.1 if self.in_flight < 8 else 3600
            return await super().reply(request)

    server = Choking()
    limits = Limits(concurrency=64, timeout=1, attempts=20)
    ended = leap(all_of(Limited(server, limits), 500))
    assert ended == {"Reply": 500}
    assert len(server.starts) <= 1500


# -- the patience of one call


@pytest.mark.parametrize(
    ("limits", "starts"),
    [
        (Limits(attempts=9, patience=20), 3),  # 10 s each: none, 10.5 and 21 s of retries
        (Limits(attempts=2, patience=300), 2),
    ],
)
def test_attempts_end_with_the_patience(limits: Limits, starts: int) -> None:
    """Time spent on retries counts, also that of slow failures; the first attempt is free."""

    class Slow(Server):
        async def reply(self, request: Request) -> Reply:
            await super().reply(request)
            raise Transient("failed (500)")

    server = Slow(latency=10)

    async def main() -> Counter[str]:
        endpoint = Endpoint(limits, clock=now)
        return await all_of(Limited(server, limits, None, endpoint), 1)

    assert leap(main()) == {"Transient": 1}
    assert len(server.starts) == starts


def test_a_wrong_key_in_mid_run_ends_it_at_once() -> None:
    """Those in flight see it too; of those in line none is sent."""
    server = Server(lambda _: Permanent("rejected the key (401)") if now() >= 1 else None)
    halt = Halt()
    ended = leap(all_of(Limited(server, Limits(concurrency=8), halt), 500))
    assert ended["Permanent"] == 1
    assert isinstance(halt.cause, Permanent)
    assert ended["Reply"] + ended["Halted"] == 499


def test_halted_is_not_a_failure() -> None:
    """It says nothing of the endpoint, and is counted nowhere."""
    traffic, halt = Traffic(), Halt()
    halt.request()
    limits = Limits()
    limited = Limited(Server(), limits, halt, Endpoint(limits, traffic=traffic))
    with pytest.raises(Halted):
        leap(limited.reply(hello()))
    assert traffic == Traffic()
