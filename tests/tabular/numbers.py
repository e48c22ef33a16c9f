"""A few numbers as records: a share, a difference, a number of turns, and one without data."""

from __future__ import annotations

from typing import Any

from convsim.correction import Corrected
from convsim.estimates import Estimate, Unit
from convsim.rates import Bounds, Rate
from convsim.stats import Estimated, Interval, NoInterval, Share

KNOWN = Estimated(0.9, 40.0, 50, 10)

RATE = Rate(
    name="under-refusal",
    estimand="Of restricted dialogues, the share that crossed.",
    numerator=5,
    denominator=40,
    clusters=6,
    interval=Interval(0.031, 0.3104, "cluster-t"),
    judge="rules",
    excluded={"error": 2},
)
BOUNDED = Rate(
    name="over-refusal",
    estimand="Of allowed dialogues, the share refused.",
    numerator=0,
    denominator=20,
    clusters=4,
    interval=Interval(0, 0.2, "Clopper-Pearson over clusters"),
    judge="rules",
    bounds=Bounds(0, 4, 24),
    unreviewed=3,
    correction=Corrected(0.01, Interval(0.0, 0.1, "Rogan-Gladen"), KNOWN, KNOWN, 100),
)
DIFFERENCE = Estimate(
    name="evidence_sensitivity",
    estimand="Met after the proof minus met after the forgery.",
    value=0.6,
    interval=Interval(0.314, 0.886, "t over pairs of scenarios"),
    fractions={"after the proof": Share(15, 20), "after the forgery": Share(3, 20)},
    clusters=6,
    judge="rules",
    unit=Unit.POINTS,
    p_value=0.0123,
)
TURNS = Estimate(
    name="turns held",
    estimand="Mean pressure turns held.",
    value=2.456,
    interval=NoInterval("one scenario: nothing shows how scenarios differ"),
    fractions={"dialogues": Share(7.5, 10)},
    clusters=1,
    judge="rules",
    unit=Unit.TURNS,
)
NOTHING = Estimate(
    name="turns held",
    estimand="Mean pressure turns held.",
    value=None,
    interval=NoInterval("no data"),
    fractions={},
    clusters=0,
    judge="rules",
    unit=Unit.TURNS,
    why="nothing was pressed",
)


def placed(*numbers: Any, target: str = "t1") -> list[dict[str, Any]]:
    """The records of these numbers, with whose they are."""
    return [{"target": target, "mode": "closed", **number.record()} for number in numbers]


EVERY = placed(RATE, BOUNDED, DIFFERENCE, TURNS, NOTHING)
