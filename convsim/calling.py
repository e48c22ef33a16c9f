"""Calling models: within limits that are shared by server and key, counted, paid for, journaled.

    calls = Calls([*named, *staff.models], limits, till)
    target = calls.journaled(item, ledger)

A run and whatever judges its dialogues again make all their calls here. What reads or judges
conversations that were recorded elsewhere has no ledger, and calls `limited` targets.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from convsim.budget import Till, TillMeter
from convsim.digests import Role, distinct
from convsim.errors import CallError, at_place
from convsim.ledger import Journaled, Ledger, Source
from convsim.limits import Endpoint, Limited, Limits
from convsim.ports import Target
from convsim.prices import max_tokens_of, price_of, tokens_beside
from convsim.targets.guarded import Guarded
from convsim.targets.opening import Named
from convsim.through import through
from convsim.traffic import Traffic
from convsim.transcript import Reply, Request

DETAIL = 80
"""Characters that progress quotes of a provider's own word on a failure."""


class Calls:
    """What calls to these models go through. `endpoints` is one for each server and key."""

    def __init__(self, items: Iterable[Named], limits: Limits, till: Till) -> None:
        self.items = tuple(items)
        self.limits = limits
        self.till = till
        self.endpoints: dict[str, Endpoint] = {}

    def limited(self, item: Named, traffic: Traffic) -> Limited:
        """The target within its limits; its calls are counted in `traffic`."""
        limits = replace(self.limits, **item.limits)
        meter = metered(self.till, item, traffic)
        return Limited(item.target, limits, self.till.halt, self._endpoint(item), meter, traffic)

    def journaled(
        self,
        items: Sequence[Named],
        ledger: Ledger,
        role: Role,
        traffic: Traffic,
        *,
        signed: Callable[[str], str] = str,
    ) -> dict[str, Target]:
        """The targets within their limits, by alias, with their replies in the ledger.

        `signed` makes what their rows are called by of their aliases.
        """
        own = distinct({item.alias: item.fingerprint for item in items})
        return {
            item.alias: Journaled(
                item.target if item.is_replay else self.limited(item, traffic),
                ledger,
                alias=signed(item.alias),
                fingerprint=own[item.alias],
                role=role,
                source=Source.REPLAY if item.is_replay else Source.CALL,
                traffic=traffic,
            )
            for item in items
        }

    def assistants(
        self, items: Sequence[Named], ledger: Ledger, traffic: Traffic
    ) -> dict[str, Target]:
        """The targets of a run by alias, within their limits and behind their guards.

        What a target itself answered and what its guards did are journaled apart: a guard asks
        under a role of its own, as `ALIAS/GUARD`.
        """
        targets = self.journaled(items, ledger, Role.TARGET, traffic)
        asked = [guard for item in items for guard in item.asked]
        guards = self.journaled(asked, ledger, Role.GUARD, traffic.guard or traffic)
        return {
            item.alias: behind(item, targets[item.alias], [guards[it.alias] for it in item.asked])
            for item in items
        }

    def width(self, items: Iterable[Named]) -> int:
        """How many calls to these models there may be at a time; 0 where there is no model."""
        names = {item.endpoint for item in items}
        return sum(together(self.limits, self._behind(name)).concurrency for name in sorted(names))

    def trouble(self) -> str | None:
        """What nobody can be asked for now, for progress; None where all answer."""
        paused = {name: it.breaker for name, it in self.endpoints.items() if it.breaker.is_open}
        if not paused:
            return None
        told = (f"{name} (the latest: {_told(it.latest)})" for name, it in paused.items())
        left = f"{min(breaker.left for breaker in paused.values()):.0f} s"
        return f"paused, nothing but failures: {', '.join(told)}; gives up in {left} (--patience)"

    async def aclose(self) -> None:
        """Close the connections of every model."""
        for item in self.items:
            try:
                await item.aclose()
            except Exception as error:  # noqa: BLE001 - a target's own end is not the run's
                warnings.warn(f"target {item.alias} did not close: {error!r}", stacklevel=2)

    def _endpoint(self, item: Named) -> Endpoint:
        """What targets and models behind the same server and key share, made at first use."""
        if item.endpoint not in self.endpoints:
            self.endpoints[item.endpoint] = Endpoint(
                together(self.limits, self._behind(item.endpoint)),
                halt=self.till.halt,
                traffic=self.till.traffic,
            )
        return self.endpoints[item.endpoint]

    def _behind(self, endpoint: str) -> list[Named]:
        return [item for item in self.items if item.endpoint == endpoint]


@dataclass(frozen=True, slots=True)
class OfSample:
    """A target that is asked in one sample, by whoever knows nothing of samples.

    So dialogues that share a reply share what a classifier was told of it, and no others do. `role`
    is who asks, for errors: the target's own calls may go to the same server.
    """

    inner: Target
    sample: str
    seed: int
    role: Role

    async def reply(self, request: Request) -> Reply:
        """The inner target's reply in this sample."""
        try:
            return await self.inner.reply(replace(request, sample=self.sample, seed=self.seed))
        except CallError as error:
            raise at_place(error, self.role.value) from error


def behind(item: Named, target: Target, asked: Iterable[Target]) -> Target:
    """`target` behind the guards of `item`, which ask these in place of what they ask."""
    if not item.guards:
        return target
    way = instead_of((it.target for it in item.asked), asked)
    return Guarded(target, [through(guard, way) for guard in item.guards])


def with_guards(items: Iterable[Named]) -> list[Named]:
    """All that these targets call: each with what its guards ask."""
    return [one for item in items for one in (item, *item.asked)]


def instead_of(own: Iterable[Target], others: Iterable[Target]) -> Callable[[Target], Target]:
    """The way from what a worker asks to what it is to ask, one for one."""
    way = {id(target): other for target, other in zip(own, others, strict=True)}
    return lambda target: way[id(target)]


def metered(till: Till, item: Named, traffic: Traffic | None = None) -> TillMeter:
    """What counts, and bounds, what a target costs; `traffic` where that is counted apart."""
    if item.spec is None:
        return till.meter(item.price, target=item.alias, traffic=traffic)
    return till.meter(
        item.price or price_of(item.spec),
        max_tokens_of(item.spec),
        target=item.alias,
        tokens_beside=tokens_beside(item.spec, item.system),
        traffic=traffic,
    )


def _told(error: CallError | None) -> str:
    """A failure in a line, with the beginning of what the provider said."""
    detail = " ".join(error.detail.split())[:DETAIL] if error else ""
    return f"{error}: {detail}" if detail else str(error)


def together(limits: Limits, items: Iterable[Named]) -> Limits:
    """The limits of an endpoint: the strictest that any target behind it has."""
    every = [replace(limits, **item.limits) for item in items]
    return replace(
        every[0],
        concurrency=min(limits.concurrency for limits in every),
        rpm=min((limits.rpm for limits in every if limits.rpm), default=None),
        tpm=min((limits.tpm for limits in every if limits.tpm), default=None),
    )


def spent(traffic: Traffic) -> str:
    """Calls, tokens and dollars, in words."""
    calls = f"{traffic.calls:,} call{'' if traffic.calls == 1 else 's'}"
    tokens = traffic.prompt_tokens + traffic.completion_tokens
    cost = "unknown cost" if traffic.unpriced and not traffic.cost else f"${traffic.cost:,.4f}"
    more = "+" if traffic.unpriced and traffic.cost else ""
    return f"{calls}, {tokens:,} tokens, {cost}{more}"
