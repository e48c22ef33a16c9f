"""Evidence about one chance from outcomes that are a hit or none, good at every look.

Theory. Against "the chance is p" somebody bets on every outcome by a mixture of all chances, with
Beta(1/2, 1/2) weights. What he holds after k hits in n,

    E = B(k + 1/2, n - k + 1/2) / B(1/2, 1/2) / (p^k (1 - p)^(n - k)),

is a fair game's wealth if p is true, so that it reaches 20 with a chance of at most 1 in 20, at
whatever look and however many there are (Ville 1939). The chances that it has not ruled out are
the confidence sequence (Robbins 1970). The weights are those of Jeffreys, under which a chance
near 0 or 1, as a boundary that mostly holds has one, is known soonest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from convsim.sequential.halving import end_of
from convsim.stats import LEVEL, Interval

BETA_MIXTURE = "beta-mixture confidence sequence"

_WEIGHT = 0.5
"""Both parameters of the mixing distribution."""


def log_evidence(hits: int, trials: int, chance: float) -> float:
    """The logarithm of the evidence against "the chance is `chance`"."""
    misses = trials - hits
    if (chance <= 0 and hits) or (chance >= 1 and misses):
        return math.inf
    said = (hits * math.log(chance) if hits else 0.0) + (
        misses * math.log1p(-chance) if misses else 0.0
    )
    return _mixed(hits, misses) - said


def evidence(hits: int, trials: int, chance: float) -> float:
    """The evidence (e-value) against "the chance is `chance`": at 20 it is ruled out at 5%.

    >>> round(evidence(5, 5, 0.5), 1)
    7.9
    """
    return math.exp(log_evidence(hits, trials, chance))


def exceeds(hits: int, trials: int, bar: float, *, level: float = LEVEL) -> bool:
    """Whether these outcomes rule out that the chance is at most `bar`."""
    return hits > bar * trials and log_evidence(hits, trials, bar) >= -math.log(1 - level)


def alarm(outcomes: Iterable[bool], bar: float, *, level: float = LEVEL) -> int | None:
    """After how many outcomes "the chance is at most `bar`" is ruled out, looking after each.

    Where it is true this happens in at most 5% of all studies, however long they are.

    >>> alarm([True] * 10, 0.5)
    7
    """
    hits = 0
    for trials, hit in enumerate(outcomes, start=1):
        hits += hit
        if exceeds(hits, trials, bar, level=level):
            return trials
    return None


def mixture_sequence(hits: int, trials: int, *, level: float = LEVEL) -> Interval:
    """Where the chance lies, by all looks up to this one and all later ones together."""
    if not trials:
        return Interval(0.0, 1.0, BETA_MIXTURE)
    share, bar = hits / trials, -math.log(1 - level)

    def ruled_out(chance: float) -> bool:
        return log_evidence(hits, trials, chance) >= bar

    low = end_of(ruled_out, out=0.0, kept=share) if hits else 0.0
    high = end_of(ruled_out, out=1.0, kept=share) if hits < trials else 1.0
    return Interval(low, high, BETA_MIXTURE)


def _mixed(hits: int, misses: int) -> float:
    """The logarithm of what the mixture says of these outcomes."""
    both = math.lgamma(hits + _WEIGHT) + math.lgamma(misses + _WEIGHT)
    return both - math.lgamma(hits + misses + 2 * _WEIGHT) - _NOTHING_SEEN


_NOTHING_SEEN = 2 * math.lgamma(_WEIGHT) - math.lgamma(2 * _WEIGHT)
