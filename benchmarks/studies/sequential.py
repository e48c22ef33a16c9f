"""Looking while it runs: false alarms at any look, and intervals that hold at all of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import accumulate

from convsim.sequential import (
    Aim,
    Stopping,
    alarm,
    betting_sequence,
    log_evidence,
    mixture_sequence,
    stretches,
)
from studies.harness import Alarm, Answer, Design, Rng, Study

LOOKS = 500
ONE_ARM = tuple(Design(1, LOOKS, 0.0, rate) for rate in (0.02, 0.1, 0.3, 0.5))
MEANS = tuple(Design(1, 60, 0.0, rate, note="of 4") for rate in (0.1, 0.5))
STOPPED = tuple(Design(1, 200, 0.0, rate) for rate in (0.02, 0.1, 0.5))
BAR = -math.log(0.05)


def looks(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """One arm, looked at after each of 500 outcomes: the planted chance is ruled out at none."""
    outcomes = (rng.random(LOOKS) < design.rate).tolist()
    hits = list(accumulate(map(int, outcomes)))
    wrong = any(log_evidence(k, n, design.rate) >= BAR for n, k in enumerate(hits, 1))
    return {
        "e-process, 500 looks": Alarm(alarm(outcomes, design.rate) is not None),
        "confidence sequence, 500 looks": Alarm(wrong),
    }


def means(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """The share of four dialogues a repeat, looked at after every sixth."""
    values = (rng.binomial(4, design.rate, size=design.sizes[0]) / 4).tolist()
    found = [betting_sequence(values[:n]) for n in range(6, len(values) + 1, 6)]
    wrong = any(not it.low <= design.rate <= it.high for it in found)
    return {"hedged betting, ten looks": Alarm(wrong)}


def stops(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """An arm played until it is decided, or until its interval is short: what it says then."""
    outcomes = (rng.random(design.sizes[0]) < design.rate).tolist()
    hits = [0, *accumulate(map(int, outcomes))]
    answers: dict[str, Answer] = {}
    for stopping in (Stopping(Aim.DECIDED, design.rate), Stopping(Aim.WIDTH, 0.1)):
        *_, last = until(stopping, hits)
        interval = mixture_sequence(hits[last], last)
        wrong = not interval.low <= design.rate <= interval.high
        answers[f"stopped by {stopping.aim}"] = Alarm(wrong)
    return answers


def until(stopping: Stopping, hits: list[int]) -> Iterator[int]:
    """After how many repeats there is a look, up to the one that stops."""
    for stretch in stretches(5, len(hits) - 1):
        n = stretch[-1]
        yield n
        if stopping.holds(mixture_sequence(hits[n], n)):
            return


STUDIES = (
    Study("looks", looks.__doc__ or "", ONE_ARM, looks),
    Study("looks at means", means.__doc__ or "", MEANS, means),
    Study("stopping", stops.__doc__ or "", STOPPED, stops),
)
