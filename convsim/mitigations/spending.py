"""What a deployment takes: calls, tokens, money and seconds, from what the ledger of a run has.

It is what the run paid for and waited for. Replies that dialogues share are paid once, so a
dialogue looks cheaper than it would alone, in a variant as in its base. Seconds are those of the
caller, with queues and retries in them: compare them between variants of one run.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from convsim.correction import NoCorrection
from convsim.estimates import Estimate, Unit
from convsim.rows import Row
from convsim.stats import NoInterval, Share, mean_interval

LEDGER = "the ledger"
"""What counted calls, tokens, dollars and seconds: no judge has a say in them."""

OF_CALLS = NoCorrection("counted by the run itself: no judge decides it")

UNPRICED = "the price of a model or of a guard is unknown: `price:` in a targets file says it"

OF_THESE = NoInterval("a figure of these calls, and not of others")


@dataclass(slots=True)
class Spent:
    """Some calls to one model; `dollars` is None where one of them has no known price.

    `waits` are the seconds that each took.
    """

    tokens: int = 0
    dollars: float | None = 0.0
    waits: list[float] = field(default_factory=list)

    def add(self, *, seconds: float, tokens: int, dollars: float | None) -> None:
        """One more call."""
        self.waits.append(seconds)
        self.tokens += tokens
        self.dollars = None if dollars is None or self.dollars is None else self.dollars + dollars


@dataclass(frozen=True, slots=True)
class Spending:
    """What a target took: calls to the `model`, and what its `guards` asked.

    By the group `scenario/repeat` whose dialogues may share replies.
    """

    model: dict[str, Spent] = field(default_factory=dict)
    guards: dict[str, Spent] = field(default_factory=dict)

    def of(self, group: str) -> list[Spent]:
        """Both in one group, as far as there was anything."""
        sides = (self.model.get(group), self.guards.get(group))
        return [spent for spent in sides if spent is not None]


class Amount(NamedTuple):
    """One thing that calls take."""

    name: str
    unit: Unit
    of: Callable[[Spent], float | None]


AMOUNTS = (
    Amount("calls", Unit.CALLS, lambda spent: len(spent.waits)),
    Amount("tokens", Unit.TOKENS, lambda spent: spent.tokens),
    Amount("US dollars", Unit.DOLLARS, lambda spent: spent.dollars),
    Amount("seconds", Unit.SECONDS, lambda spent: math.fsum(spent.waits)),
)


class Taken(NamedTuple):
    """What a dialogue took in each scenario, and all of them together."""

    each: dict[str, float]
    whole: Share


@dataclass(frozen=True)
class Bill:
    """What the dialogues of one target took, those of controls included."""

    alias: str
    rows: Sequence[Row]
    spending: Spending

    def taken(self, amount: Amount) -> Taken | None:
        """How much of it; None where that is unknown."""
        dialogues = Counter(row.scenario for row in self.rows)
        parts: dict[str, list[float]] = {scenario: [] for scenario in sorted(dialogues)}
        for scenario, group in self._groups:
            for spent in self.spending.of(group):
                part = amount.of(spent)
                if part is None:
                    return None
                parts[scenario].append(part)
        sums = {scenario: math.fsum(some) for scenario, some in parts.items()}
        each = {scenario: total / dialogues[scenario] for scenario, total in sums.items()}
        return Taken(each, Share(math.fsum(sums.values()), dialogues.total()))

    @cached_property
    def _groups(self) -> list[tuple[str, str]]:
        """The scenario and the group of every repeat of these rows."""
        return sorted({(row.scenario, f"{row.scenario}/{row.repeat}") for row in self.rows})

    def costs(self) -> Iterator[Estimate]:
        """What a dialogue takes, and how long single calls do."""
        for amount in AMOUNTS:
            taken = self.taken(amount)
            yield _estimate(
                f"{amount.name} a dialogue",
                f"The mean over scenarios of what a dialogue of {self.alias} took in {amount.name}:"
                " its model's and its guards' together, replies that dialogues share counted once.",
                list(taken.each.values()) if taken else [],
                {amount.name: taken.whole} if taken else {},
                amount.unit,
            )
        yield from self._waits()

    def added_to(self, base: Bill) -> Iterator[Estimate]:
        """What a dialogue takes more than one of another target, paired by scenario."""
        for amount in AMOUNTS:
            mine, its = self.taken(amount), base.taken(amount)
            both = [it for it in mine.each if it in its.each] if mine and its else []
            yield _estimate(
                f"{amount.name} added a dialogue",
                f"The mean over scenarios of what a dialogue of {self.alias} took in {amount.name} "
                f"more than one of {base.alias}; below 0 it took less: a block ends it early.",
                [mine.each[it] - its.each[it] for it in both] if mine and its else [],
                {self.alias: mine.whole, base.alias: its.whole} if mine and its else {},
                amount.unit,
            )

    def _waits(self) -> Iterator[Estimate]:
        """Median and 95th percentile of single calls: of the model, and of what guards ask."""
        for who, spent in (("model", self.spending.model), ("guard", self.spending.guards)):
            seen = [(it, spent[group].waits) for it, group in self._groups if group in spent]
            waits = sorted(wait for _, some in seen for wait in some)
            for percent in (50, 95) if waits else ():
                at = waits[max(0, math.ceil(percent / 100 * len(waits)) - 1)]
                yield Estimate(
                    name=f"{who} call p{percent}",
                    estimand=(
                        f"{percent} of 100 calls to the {who} of {self.alias} took at most so "
                        "long, queueing and retries included."
                    ),
                    value=at,
                    interval=OF_THESE,
                    fractions={"calls within it": Share(sum(it <= at for it in waits), len(waits))},
                    clusters=len({scenario for scenario, _ in seen}),
                    judge=LEDGER,
                    unit=Unit.SECONDS,
                    correction=OF_CALLS,
                )


def _estimate(
    name: str, estimand: str, values: Sequence[float], fractions: dict[str, Share], unit: Unit
) -> Estimate:
    """The mean of one value a scenario."""
    return Estimate(
        name=name,
        estimand=estimand,
        value=math.fsum(values) / len(values) if values else None,
        interval=mean_interval(values),
        fractions=fractions,
        clusters=len(values),
        judge=LEDGER,
        unit=unit,
        correction=OF_CALLS,
        why="" if values else UNPRICED,
    )
