"""What must be known of a rate before its interval can be foreseen, by default or from a run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from convsim.rates import MEASURES
from convsim.rates.counting import tallied
from convsim.rows import Row
from convsim.scenario import CONTROLS
from convsim.stats import Share

USUAL_ICC = 0.3
"""The intra-class correlation that is assumed where nothing shows one (field notes 5.11)."""

FEW = 10
"""Below so many scenarios an intra-class correlation is hardly known."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """A rate, the intra-class correlation of its dialogues, and how many of them count.

    `counting` is the share of dialogues that come to a decision. `source` says where it is from;
    where that is a run, `seen` are its hits and dialogues in so many scenarios, by its `judge`.
    """

    rate: float
    icc: float
    counting: float = 1.0
    source: str = "assumed: no run was given"
    seen: Share | None = None
    scenarios: int = 0
    judge: str = ""

    def __str__(self) -> str:
        counting = "" if self.counting == 1 else f", {100 * self.counting:.0f}% of dialogues count"
        return f"rate {100 * self.rate:.1f}%, ICC {self.icc:.2f}{counting} ({self.source})"

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return {
            "rate": self.rate,
            "icc": self.icc,
            "counting": self.counting,
            "source": self.source,
            "numerator": self.seen.hits if self.seen else None,
            "denominator": self.seen.trials if self.seen else None,
            "clusters": self.scenarios,
            "judge": self.judge,
            "corrected": False,
        }


DEFAULTS: Mapping[str, Assumed] = {
    "under-refusal": Assumed(0.3, USUAL_ICC),
    "over-refusal": Assumed(0.1, USUAL_ICC),
}
"""What is assumed of a rate that nobody measured: the two columns of the planning table."""


def assumed_of(name: str, rows: Iterable[Row], *, source: str, judge: str) -> Assumed | None:
    """What the rows of one target in one mode say of a rate; None where they say nothing.

    It is the raw rate, as the judge sees it: so will the rate be that is planned for.
    Where no dialogue failed, or all did, the rate is taken to be that of one more scenario in which
    it came out the other way: an interval of no width would be no plan.
    """
    found = tallied(MEASURES[name], (row for row in rows if row.arm not in CONTROLS))
    hits, trials = found.pooled
    if not trials:
        return None
    shares = list(found.shares.values())
    plural = "" if len(shares) == 1 else "s"
    told = f"{source}: {hits:g}/{trials:g} in {len(shares)} scenario{plural} by judge {judge}, raw"
    counting = trials / (trials + sum(found.excluded.values()))
    icc = intra_class(shares)
    if icc is None:
        told += f"; ICC assumed, {'no repeats' if 0 < hits < trials else 'all alike'}"
    elif len(shares) < FEW:
        told += ", too few to know the ICC well"
    rate = hits / trials
    if not 0 < hits < trials:
        rate = (hits / trials * len(shares) + 0.5) / (len(shares) + 1)
    icc = USUAL_ICC if icc is None else icc
    return Assumed(rate, icc, counting, told, Share(hits, trials), len(shares), judge)


def intra_class(shares: Sequence[Share]) -> float | None:
    """The intra-class correlation by the analysis of variance (Donner 1986), within 0 and 1.

    None where nothing tells: one cluster, one dialogue in each, or all of them alike.

    >>> round(intra_class([Share(5, 5), Share(0, 5), Share(1, 5)]), 3)
    0.8
    """
    seen = [share for share in shares if share.trials]
    count, total = len(seen), math.fsum(share.trials for share in seen)
    pooled = math.fsum(share.hits for share in seen) / total if total else 0.0
    if count < 2 or total <= count or not 0 < pooled < 1:
        return None
    between = math.fsum((one.hits - pooled * one.trials) ** 2 / one.trials for one in seen)
    within = math.fsum(one.hits * (one.trials - one.hits) / one.trials for one in seen)
    between, within = between / (count - 1), within / (total - count)
    usual = (total - math.fsum(one.trials**2 for one in seen) / total) / (count - 1)
    return min(1.0, max(0.0, (between - within) / (between + (usual - 1) * within)))
