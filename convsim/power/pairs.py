"""What a comparison of two versions sees where every scenario is one pair of dialogues."""

from __future__ import annotations

import math
from statistics import NormalDist

POWER = 0.8
"""How likely it should be that a comparison decides; the custom of clinical trials."""

ALPHA = 0.05
"""How often a comparison may err."""


def pairs_for_gate(
    margin: float, discordance: float, *, alpha: float = ALPHA, power: float = POWER
) -> int:
    """How many pairs show that a version is worse by less than `margin`, if it is not worse.

    `discordance` is the share of pairs that come out differently. The test is one-sided. The
    quantiles are rounded up to three digits, as printed tables have them, so that no pair is
    missing: at 3 points and 10% discordance, 688 in place of 687.

    >>> pairs_for_gate(0.05, 0.10)
    248
    """
    effort = (_quantile(1 - alpha) + _quantile(power)) ** 2
    return math.ceil(effort * discordance / margin**2)


def _quantile(share: float) -> float:
    return math.ceil(NormalDist().inv_cdf(share) * 1000) / 1000


def mcnemar_power(pairs: int, worse: float, better: float, *, alpha: float = ALPHA) -> float:
    """How likely McNemar's exact two-sided test is to see a difference.

    `worse` and `better` are the shares of pairs of which only one side, or only the other, fails.

    >>> round(mcnemar_power(100, 0.10, 0.02), 2)
    0.56
    """
    import numpy as np
    from scipy.special import bdtr, bdtrc

    discordant = worse + better
    if discordant <= 0:
        return 0.0
    counts = np.arange(1, pairs + 1)
    chances = bdtr(counts, pairs, discordant) - bdtr(counts - 1, pairs, discordant)
    seen = 0.0
    for count, chance in zip(counts.tolist(), chances.tolist(), strict=True):
        few = _most_rejected(count, alpha)
        if few >= 0:
            share = worse / discordant
            tails = bdtr(few, count, share) + bdtrc(count - few - 1, count, share)
            seen += chance * float(tails)
    return seen


def _most_rejected(count: int, alpha: float) -> int:
    """The largest smaller side of `count` discordant pairs that the test rejects; -1 for none."""
    from scipy.special import bdtr

    few = -1
    while few + 1 < count / 2 and 2 * bdtr(few + 1, count, 0.5) <= alpha:
        few += 1
    return few
