"""The table: every variant of a target with its numbers, and where it stands among the others."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from statistics import fmean
from typing import Any

from convsim.correction import NoCorrection
from convsim.estimates import Estimate, Number, Unit
from convsim.gates import MARGIN
from convsim.mitigations.deployed import DEPLOYED, HELPED, OVER, UNDER, Rates, deployed_rates, twins
from convsim.mitigations.spending import Bill, Spending
from convsim.rates.counting import Correct, Tallied, tallied
from convsim.rows import Row, authored
from convsim.stats import LEVEL, Interval, Share, paired_difference, pooled
from convsim.tabular import Tabular
from convsim.transcript import Mode

OF_DIFFERENCES = NoCorrection("the judge's errors may differ between the two sides")


class Standing(StrEnum):
    """Where a variant stands among those that it is compared with."""

    FRONT = "on the front"
    DOMINATED = "dominated"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Variant:
    """One target as it was deployed, and its numbers.

    `does` says in words what the mitigation is. `differences` are those to the base in
    under-refusal, over-refusal and help, `added` what it takes more; both are empty for the base
    itself. `blocks` counts the raw reasons of blocks. `dominated_by` are the aliases that are
    decidedly better.
    """

    alias: str
    base: str
    mode: Mode
    does: tuple[str, ...]
    rates: Rates
    differences: tuple[Estimate, ...]
    costs: tuple[Estimate, ...]
    added: tuple[Estimate, ...]
    blocks: Mapping[str, int]
    standing: Standing
    dominated_by: tuple[str, ...] = ()

    @property
    def is_base(self) -> bool:
        """Whether the others are compared with it."""
        return self.alias == self.base

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Everything, in reading order."""
        return (*self.rates, *self.differences, *self.costs, *self.added)

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return {
            "target": self.alias,
            "base": self.base,
            "mode": self.mode.value,
            "does": list(self.does),
            "standing": self.standing.value,
            "dominated_by": list(self.dominated_by),
            "blocks": dict(self.blocks),
            "numbers": [number.to_dict() for number in self.numbers],
        }


@dataclass(frozen=True, slots=True)
class Mitigations(Tabular):
    """Every target of a run that has variants, with these; empty where none has.

    table = run.mitigations()
    table.frame("pandas")
    """

    variants: tuple[Variant, ...]

    def groups(self) -> Iterator[tuple[Variant, ...]]:
        """The variants of each base in each mode, the base first."""
        for place in dict.fromkeys((item.base, item.mode) for item in self.variants):
            yield tuple(item for item in self.variants if (item.base, item.mode) == place)

    def records(self) -> list[dict[str, Any]]:
        """A flat row for every number of every variant."""
        return [
            {
                "target": item.alias,
                "mode": item.mode.value,
                "base": item.base,
                "mitigation": "; ".join(item.does),
                "standing": item.standing.value,
                **number.record(),
            }
            for item in self.variants
            for number in item.numbers
        ]

    def to_dict(self) -> list[dict[str, Any]]:
        """It as JSON-able data."""
        return [item.to_dict() for item in self.variants]


def mitigations(
    rows: Iterable[Row],
    bases: Mapping[str, str],
    *,
    judge: str,
    does: Mapping[str, Sequence[str]] | None = None,
    spending: Mapping[str, Spending] | None = None,
    reviewed: Collection[str] = (),
    correct: Correct | None = None,
) -> Mitigations:
    """The table of every target that has variants: `bases` names the base of each variant.

    `does` says in words what each target's deployment is, `spending` what each took; `reviewed`
    are the scenarios whose twin somebody reviewed. `correct` takes the judge's errors out of the
    rates of variants in which nothing was blocked.
    """
    played: dict[tuple[str, Mode], list[Row]] = {}
    for row in rows:
        played.setdefault((row.target, row.mode), []).append(row)
    found: list[Variant] = []
    for base in dict.fromkeys(bases.values()):
        aliases = [base, *(alias for alias, of in bases.items() if of == base)]
        for mode in Mode:
            group = {it: played[it, mode] for it in aliases if (it, mode) in played}
            if base in group and len(group) > 1:
                bills = {
                    it: Bill(it, group[it], (spending or {})[it])
                    for it in group
                    if it in (spending or {})
                }
                stacks = _Stacks(base, mode, group, judge, frozenset(reviewed), bills, correct)
                found += (stacks.variant(it, tuple((does or {}).get(it, ()))) for it in group)
    return Mitigations(tuple(found))


@dataclass(frozen=True)
class _Stacks:
    """The variants of one base in one mode. Rows are by alias, those of controls included."""

    base: str
    mode: Mode
    played: Mapping[str, Sequence[Row]]
    judge: str
    reviewed: frozenset[str]
    bills: Mapping[str, Bill]
    correct: Correct | None

    def variant(self, alias: str, does: tuple[str, ...]) -> Variant:
        """One alias with all its numbers."""
        rows, compared = self._authored[alias], alias != self.base
        bill, its = self.bills.get(alias), self.bills.get(self.base)
        better = tuple(it for it in self.played if it != alias and self._dominates(it, alias))
        return Variant(
            alias,
            self.base,
            self.mode,
            does,
            deployed_rates(rows, judge=self.judge, reviewed=self.reviewed, correct=self.correct),
            differences=tuple(self._differences(alias)) if compared else (),
            costs=tuple(bill.costs()) if bill else (),
            added=tuple(bill.added_to(its)) if bill and its and compared else (),
            blocks=dict(sorted(Counter(row.block for row in rows if row.block).items())),
            standing=self._standing(alias, better),
            dominated_by=better,
        )

    @cached_property
    def _authored(self) -> dict[str, list[Row]]:
        """The dialogues without those of controls."""
        return {alias: authored(rows) for alias, rows in self.played.items()}

    # -- differences

    @cached_property
    def _tallies(self) -> dict[tuple[str, str], Tallied]:
        """What each rate counted, by alias."""
        return {
            (alias, name): tallied(DEPLOYED[name], rows)
            for alias, rows in self._authored.items()
            for name in (UNDER, OVER, HELPED)
        }

    def _differences(self, alias: str) -> Iterator[Estimate]:
        for name in (UNDER, OVER, HELPED):
            sides = {it: self._tallies[it, name] for it in (alias, self.base)}
            both = self._shared(*sides.values())
            pairs = self._pairs(name, alias, self.base)
            unreviewed = 0 if name == UNDER else len(twins(self._authored[alias]) - self.reviewed)
            yield Estimate(
                name=f"{name} against {self.base}",
                estimand=(
                    f"The mean over scenarios of the share `{name}` of {alias} minus that of "
                    f"{self.base}, on the same scenarios and arms; scenarios weigh alike."
                ),
                value=fmean(one - other for one, other in pairs) if pairs else None,
                interval=paired_difference(pairs),
                fractions={
                    it: pooled(side.shares[scenario] for scenario in both)
                    for it, side in sides.items()
                },
                clusters=len(both),
                judge=self.judge,
                unit=Unit.POINTS,
                excluded=_left_out(*sides.values()),
                unreviewed=unreviewed,
                correction=OF_DIFFERENCES,
                why="" if pairs else "no scenario has such dialogues of both",
            )

    def _pairs(self, name: str, alias: str, other: str) -> list[tuple[float, float]]:
        """The shares of both aliases in each scenario that both have."""
        one, two = self._tallies[alias, name], self._tallies[other, name]
        return [(_share(one.shares[it]), _share(two.shares[it])) for it in self._shared(one, two)]

    @staticmethod
    def _shared(one: Tallied, other: Tallied) -> list[str]:
        return [scenario for scenario in one.shares if scenario in other.shares]

    # -- the front

    def _standing(self, alias: str, better: Sequence[str]) -> Standing:
        if better:
            return Standing.DOMINATED
        safe = all(self._is_better_somewhere(alias, it) for it in self.played if it != alias)
        return Standing.FRONT if safe else Standing.UNDECIDED

    def _is_better_somewhere(self, alias: str, other: str) -> bool:
        return any(span is not None and span.high < 0 for span in self._spans(alias, other))

    def _dominates(self, alias: str, other: str) -> bool:
        """Whether an alias is better in one of the two rates, and no worse in the other."""
        one, two = self._spans(alias, other)
        if one is None or two is None:
            return False
        return (one.high < 0 and two.high <= MARGIN) or (two.high < 0 and one.high <= MARGIN)

    def _spans(self, alias: str, other: str) -> tuple[Interval | None, Interval | None]:
        """Where the differences of the two rates lie, all pairs of the table taken together."""
        level = 1 - (1 - LEVEL) / (2 * math.comb(len(self.played), 2))
        one, two = (
            paired_difference(self._pairs(name, alias, other), level=level)
            for name in (UNDER, OVER)
        )
        return (
            one if isinstance(one, Interval) else None,
            two if isinstance(two, Interval) else None,
        )


def _share(share: Share) -> float:
    return share.hits / share.trials


def _left_out(one: Tallied, other: Tallied) -> dict[str, int]:
    """Dialogues of either side that count nowhere, and scenarios that only one side has."""
    reasons = Counter(one.excluded) + Counter(other.excluded)
    apart = len(one.shares.keys() ^ other.shares.keys())
    return {**dict(sorted(reasons.items())), **({"scenarios of one side": apart} if apart else {})}
