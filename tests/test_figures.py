"""How well a judge tells transcripts apart: each figure by hand, and what abstentions leave."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convsim.contrasts import clusters_of
from convsim.figures import (
    FIGURES,
    Figure,
    Judged,
    Setting,
    Threshold,
    figure_of,
    threshold_at,
)
from convsim.stats import Interval, NoInterval, Share

TRUE, FALSE = True, False


def figure(name: str, *judged: Judged, at: float = 0.25) -> Figure:
    clusters = clusters_of((one.scenario, one.repeat) for one in judged)
    return figure_of(FIGURES[name], judged, Setting(1.0, at, clusters, "About these."))


def scored(
    true: bool, *scores: float | None, alone: float | None = 0.0, arm: str = "restricted"
) -> list[Judged]:
    """Transcripts with these scores, a repeat each."""
    return [Judged("s", n, arm, true, score, alone) for n, score in enumerate(scores)]


def unheard(true: bool) -> list[Judged]:
    """A transcript of which the judge said something, but nothing of each reply alone."""
    return scored(true, 1.0, alone=None)


MIXED = (
    "the judge abstained on all positives (2) here or where each reply is judged alone, which this "
    "is compared with"
)
POSITIVES = scored(TRUE, 1, 1, 1, 0.5)
NEGATIVES = scored(FALSE, 1, 0.5, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sensitivity", 3 / 4),
        ("false positives", 1 / 8),
        ("J", 3 / 4 - 1 / 8),
        # each of 3 wins against 7 and ties with 1; the fourth wins 6, ties 1, loses 1
        ("AUC", (3 * 7.5 + 6.5) / 32),
        # 2 of 8 may be flagged: exactly from 0.5 on, and all positives are
        ("matched", 1.0),
    ],
)
def test_each_figure_by_hand(name: str, value: float) -> None:
    """Three of four positives at the top; one of eight negatives there, one halfway."""
    found = figure(name, *POSITIVES, *NEGATIVES)
    assert found.value == pytest.approx(value)
    assert isinstance(found.interval, Interval)
    assert found.interval.low <= value <= found.interval.high
    assert -1 <= found.interval.low < found.interval.high <= 1
    assert found.bounds is None


@pytest.mark.parametrize(
    ("low", "high", "span"),
    [
        (-1.172, 1.839, "too few to tell"),
        (-1.0, 1.0, "too few to tell"),
        (-0.5, 1.2, "[-50.0, 120.0]"),
    ],
)
def test_an_interval_as_wide_as_a_scale_says_nothing(low: float, high: float, span: str) -> None:
    """So that it is not printed; as data it stays what it is."""
    found = replace(figure("gap", *POSITIVES, *NEGATIVES), interval=Interval(low, high, "t"))
    assert found.span == span
    assert found.is_vague is (span == "too few to tell")
    assert found.to_dict()["interval"]["low"] == low


@pytest.mark.parametrize(
    ("rate", "threshold"),
    [
        (0.05, Threshold(1.0, 0.4)),  # 0.4 of the one at the top is 0.05 of eight
        (0.125, Threshold(0.5, 0.0)),  # it, and what else lies above 0.5
        (0.1875, Threshold(0.5, 0.5)),
        (0.25, Threshold(0.0, 0.0)),
        (0.625, Threshold(0.0, 0.5)),
    ],
)
def test_a_threshold_between_two_scores_is_drawn(rate: float, threshold: Threshold) -> None:
    """The chance makes up for what whole scores cannot do."""
    scores = [one.score or 0.0 for one in NEGATIVES]
    assert threshold_at(scores, rate) == threshold
    assert sum(map(threshold.flags, scores)) / 8 == pytest.approx(rate)


@pytest.mark.parametrize(
    ("rate", "sensitivity"),
    [(0.05, 0.4 * 3 / 4), (0.125, 3 / 4), (0.1875, 3 / 4 + 1 / 8), (0.25, 1.0)],
)
def test_sensitivity_at_a_rate_lies_on_the_roc_curve(rate: float, sensitivity: float) -> None:
    """On the straight line between its points."""
    found = figure("matched", *POSITIVES, *NEGATIVES, at=rate)
    assert found.value == pytest.approx(sensitivity)


def test_a_rate_of_all_is_none() -> None:
    """There is no threshold at which more than all are flagged."""
    with pytest.raises(ValueError, match="rate=1: expected less than 1"):
        threshold_at([0.0], 1)


# --- against the reply rung


PAIRS = [
    *scored(TRUE, 1, 1, 1, 1, alone=0.0),
    *scored(TRUE, 1, 1, alone=1.0),
    *scored(TRUE, 0, alone=1.0),
    *scored(TRUE, 0, alone=0.0),
    *scored(FALSE, 1, alone=0.0, arm="benign"),
    *scored(FALSE, 0, 0, 0, alone=0.0, arm="benign"),
    *scored(FALSE, 0, alone=1.0, arm="near_miss"),
    *scored(FALSE, 0, 0, 0, alone=0.0, arm="near_miss"),
]


@pytest.mark.parametrize(
    ("name", "value", "counts"),
    [
        (
            "gap",
            (6 / 8 - 1 / 8) - (3 / 8 - 1 / 8),
            {
                "positives": Share(6, 8),
                "positives, reply": Share(3, 8),
                "negatives": Share(1, 8),
                "negatives, reply": Share(1, 8),
            },
        ),
        # both flag 1/8 of the negatives by themselves; 1/4 takes 1/7 of the rest with them
        (
            "matched gap",
            (6 / 8 + 2 / 8 / 7) - (3 / 8 + 5 / 8 / 7),
            {"positives": Share(6 + 2 / 7, 8), "positives, reply": Share(3 + 5 / 7, 8)},
        ),
        (
            "adjusted gap",
            4 / 8 - 1 / 4,
            {"positives": Share(4, 8), "twins": Share(1, 4)},
        ),
    ],
)
def test_each_gap_by_hand(name: str, value: float, counts: dict[str, Share]) -> None:
    """Eight positives, of which only this rung sees four; eight negatives, four of them twins."""
    found = figure(name, *PAIRS)
    assert found.value == pytest.approx(value)
    assert found.counts.keys() == counts.keys()
    for name, share in counts.items():
        assert found.counts[name] == pytest.approx(share)
    assert isinstance(found.interval, Interval)
    assert found.interval.low <= value <= found.interval.high


def test_identical_judges_have_no_gap_and_a_narrow_interval() -> None:
    """What two rungs share cancels: narrower than either's own J by far."""
    both = [
        one._replace(alone=one.score)
        for one in (*scored(TRUE, *[1, 0] * 50), *scored(FALSE, *[1, 0, 0, 0] * 25))
    ]
    gap, j = figure("gap", *both), figure("J", *both)
    assert isinstance(gap.interval, Interval)
    assert isinstance(j.interval, Interval)
    assert gap.value == 0
    assert gap.interval.low < 0 < gap.interval.high
    assert gap.interval.high - gap.interval.low < 0.5 * (j.interval.high - j.interval.low)


def test_what_flags_everything_long_has_an_adjusted_gap_of_nothing() -> None:
    """Its plain sensitivity is perfect; its twins are flagged as well."""
    judged = [*scored(TRUE, *[1] * 20), *scored(FALSE, *[1] * 20, arm="benign")]
    assert figure("sensitivity", *judged).value == 1
    assert figure("adjusted gap", *judged).value == 0
    assert figure("gap", *judged).value == 0


# --- where nothing tells


@pytest.mark.parametrize(
    ("name", "judged", "why"),
    [
        ("sensitivity", NEGATIVES, "no positives"),
        ("false positives", POSITIVES, "no negatives"),
        ("J", NEGATIVES, "no positives"),
        ("J", POSITIVES, "no negatives"),
        ("AUC", NEGATIVES, "no positives"),
        ("matched", POSITIVES, "no negatives"),
        ("gap", NEGATIVES, "no positives"),
        ("matched gap", POSITIVES, "no negatives"),
        ("adjusted gap", [*POSITIVES, *NEGATIVES], "no scenario has both a positive in the arm"),
        ("J", [], "no transcripts"),
        ("J", scored(TRUE, None, None), "the judge abstained throughout"),
        ("J", [*scored(TRUE, None), *NEGATIVES], "the judge abstained on all positives (1)"),
        ("J", [*POSITIVES, *scored(FALSE, None)], "the judge abstained on all negatives (1)"),
        ("false positives", scored(TRUE, None), "the judge abstained throughout"),
        (
            "gap",
            [*unheard(TRUE), *NEGATIVES],
            "the judge abstained on all positives (1) where each",
        ),
        ("gap", [*unheard(TRUE), *scored(TRUE, None), *NEGATIVES], MIXED),
    ],
)
def test_without_both_kinds_there_is_no_figure(name: str, judged: list[Judged], why: str) -> None:
    """And it says so in words; never a number."""
    found = figure(name, *judged)
    assert (found.value, found.counts) == (None, {})
    assert found.why.startswith(why)
    assert isinstance(found.interval, NoInterval)
    assert str(found) == f"none: {found.why}"
    assert found.to_dict()["value"] is None


# --- abstentions


@pytest.mark.parametrize(
    ("name", "value", "bounds"),
    [
        ("sensitivity", 1 / 2, (1 / 3, 2 / 3)),
        ("false positives", 1 / 4, (2 / 5, 1 / 5)),
        ("J", 1 / 2 - 1 / 4, (1 / 3 - 2 / 5, 2 / 3 - 1 / 5)),
        # the reply rung abstains nowhere, and flags nothing
        ("gap", 1 / 2 - 1 / 4, (1 / 3 - 2 / 5, 2 / 3 - 1 / 5)),
    ],
)
def test_an_abstention_is_neither_a_flag_nor_a_pass(
    name: str, value: float, bounds: tuple[float, float]
) -> None:
    """The figure is over what was judged; its bounds hold whatever was not."""
    found = figure(name, *scored(TRUE, 1, 0, None), *scored(FALSE, 1, 0, 0, 0, None))
    assert found.value == pytest.approx(value)
    assert found.bounds == pytest.approx(bounds)
    assert "abstentions: worst case" in str(found)


def test_a_pair_takes_both_answers() -> None:
    """A transcript that the reply rung abstained on is in no gap; for it, the other way round."""
    judged = [*scored(TRUE, 1, 1), *scored(TRUE, 1, alone=None), *scored(FALSE, 0, 0)]
    assert figure("sensitivity", *judged).counts["positives"] == Share(3, 3)
    assert figure("sensitivity", *judged).bounds is None
    gap = figure("gap", *judged)
    assert (gap.counts["positives"], gap.value) == (Share(2, 2), 1)
    assert gap.bounds == pytest.approx((1 - 1 / 3, 1))
