"""What a small cell's share would be with more data, as far as its table tells.

Theory. Of 35 rules with one or two scenarios each, the worst is mostly the unluckiest. Its share is
drawn towards that of the table, the more so the less it rests on and the more alike the cells are
(Stein's paradox; Efron and Morris 1975, JASA 70). The model is the beta-binomial one: the shares of
the cells are drawn from a beta distribution, and of each cell so many independent observations are
known. Its mean and its spread are not plugged in as if they were known, which makes intervals far
too short where cells are few (Morris 1983, JASA 78): all that are likely are weighed, with a flat
prior on the mean and on the correlation within cells. The interval is that of the beta distribution
with the mean and the variance that result.

How many independent observations a cell is worth follows from how alike the dialogues of one
scenario are, estimated over all cells with several scenarios (Fleiss and Cuzick 1979). Where cells
have one scenario each nothing tells a rule from its scenario, and nothing is drawn anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from convsim.cells.differing import Shares
from convsim.stats import LEVEL, Interval, Share, in_points

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SHRUNK = "beta-binomial over the table's cells"

FEWEST = 3
"""Fewer cells say nothing about how cells differ."""

MEANS, SPREADS = 400, 24
"""How fine the grid over the prior's mean and correlation is."""


class Shrunk(NamedTuple):
    """A cell's share as its table has it, and how many independent observations were its own."""

    value: float
    interval: Interval
    own: float

    def __str__(self) -> str:
        """`shrunk to 71.2% [40.1, 95.0]`."""
        return f"shrunk to {100 * self.value:.1f}% {in_points(self.interval)}"


def shrunk(cells: Mapping[str, Shares]) -> dict[str, Shrunk]:
    """The share of each cell that has data, drawn towards the others; none where they are few."""
    known = {name: shares for name, shares in cells.items() if any(it.trials for it in _of(shares))}
    if len(known) < FEWEST:
        return {}
    alike = within_scenarios(known.values())
    if alike is None:
        return {}
    sizes = [worth(_of(shares), alike) for shares in known.values()]
    hits = [_share(shares) * size for shares, size in zip(known.values(), sizes, strict=True)]
    return dict(zip(known, _posterior(hits, sizes), strict=True))


def _of(shares: Shares) -> Iterable[Share]:
    return shares.values()


def _share(shares: Shares) -> float:
    hits = math.fsum(it.hits for it in _of(shares))
    return hits / math.fsum(it.trials for it in _of(shares))


def worth(shares: Iterable[Share], alike: float) -> float:
    """How many independent observations those of some scenarios are, when so alike within each.

    >>> worth([Share(1, 4), Share(3, 4)], 1.0), worth([Share(1, 4), Share(3, 4)], 0.0)
    (2.0, 8.0)
    """
    trials = [it.trials for it in shares]
    return math.fsum(trials) ** 2 / math.fsum(n * (1 + (n - 1) * alike) for n in trials)


def within_scenarios(cells: Iterable[Shares]) -> float | None:
    """How alike the observations of one scenario are, in the cells that have several scenarios.

    Between 0 (no more than those of different scenarios) and 1 (all the same, so that each scenario
    is one observation). None where too few cells tell it from how alike cells are: they have one
    scenario each, or all in them ended alike.
    """
    cells = list(cells)
    if all(it.hits in (0, it.trials) for shares in cells for it in _of(shares)):
        return 1.0
    telling = [seen for shares in cells if _tells(seen := [it for it in _of(shares) if it.trials])]
    if len(telling) < FEWEST:
        return None
    inside = math.fsum(
        it.hits * (it.trials - it.hits) / it.trials for seen in telling for it in seen
    )
    alike = 0.5
    # A share was taken from the same few scenarios, which lie around it too closely; how much too
    # closely depends on what is asked for.
    for _ in range(STEPS):
        between = math.fsum(_between(seen, alike) for seen in telling)
        alike = min(1.0, max(0.0, 1 - inside / between))
    return alike


STEPS = 30


def _tells(seen: Sequence[Share]) -> bool:
    hits, trials = math.fsum(it.hits for it in seen), math.fsum(it.trials for it in seen)
    return len(seen) > 1 and 0 < hits < trials and trials > len(seen)


def _between(seen: Sequence[Share], alike: float) -> float:
    """What `inside` would be, were the observations of a scenario no more alike than others."""
    trials = math.fsum(it.trials for it in seen)
    share = math.fsum(it.hits for it in seen) / trials
    return (trials - len(seen)) * share * (1 - share) / (1 - 1 / worth(seen, alike))


def _posterior(hits: list[float], sizes: list[float]) -> list[Shrunk]:
    """The mean and interval of each cell over all likely means and spreads of the cells."""
    import numpy as np
    from scipy.special import betaincinv, betaln

    means = (np.arange(MEANS) + 0.5) / MEANS
    # Fine where cells are nearly alike, which is where it matters how nearly.
    roots = (np.arange(SPREADS) + 0.5) / SPREADS
    correlation = roots**2
    strength = 1 / correlation - 1
    one, other = np.outer(strength, means).ravel(), np.outer(strength, 1 - means).ravel()
    log = np.repeat(np.log(roots), MEANS)  # the grid's own density, for a flat prior
    base = betaln(one, other)
    for found, size in zip(hits, sizes, strict=True):
        log += betaln(one + found, other + size - found) - base
    weight = np.exp(log - log.max())
    likely = weight > weight.max() * 1e-8
    weight, one, other = weight[likely], one[likely], other[likely]
    weight /= weight.sum()
    shown = []
    for found, size in zip(hits, sizes, strict=True):
        a, total = one + found, one + other + size
        mean = float(np.sum(weight * a / total))
        square = float(np.sum(weight * a * (a + 1) / (total * (total + 1))))
        both = mean * (1 - mean) / max(square - mean**2, 1e-12) - 1
        ends = betaincinv(mean * both, (1 - mean) * both, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
        shown.append(Shrunk(mean, Interval(float(ends[0]), float(ends[1]), SHRUNK), size))
    return shown
