"""Correction for the judge's errors: closed forms, refusals, and coverage by simulation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from convsim.correction import (
    DOUBLE_SAMPLING,
    ROGAN_GLADEN,
    Corrected,
    NoCorrection,
    Read,
    double_sampling,
    rogan_gladen,
)
from convsim.stats import (
    Estimated,
    Interval,
    NoInterval,
    Observation,
    Share,
    estimated,
    estimated_share,
    wilson,
)

NONE = NoInterval("no data")


def known(share: float, size: float) -> Estimated:
    """A share of so many independent observations."""
    return Estimated(share, size, int(size), int(size))


def covers(found: Corrected | NoCorrection, truth: float) -> bool:
    return isinstance(found, Corrected) and found.interval.low <= truth <= found.interval.high


@pytest.mark.parametrize(
    ("raw", "se", "sp", "true"),
    [
        (0.157, 0.85, 0.92, 0.10),
        (0.5, 1.0, 1.0, 0.5),
        (0.3, 0.9, 0.8, 1 / 7),
        (0.02, 0.85, 0.92, 0.0),  # fewer than the judge's false alarms alone would be
        (0.99, 0.85, 0.92, 1.0),
    ],
)
def test_the_point_is_rogan_gladens(raw: float, se: float, sp: float, true: float) -> None:
    """(p + Sp - 1) / (Se + Sp - 1), clipped to what a share can be."""
    found = rogan_gladen(known(raw, 1000), known(se, 100), known(sp, 100))
    assert isinstance(found, Corrected)
    assert found.value == pytest.approx(true)
    assert 0 <= found.interval.low <= found.value <= found.interval.high <= 1
    assert (found.method, found.labels) == (ROGAN_GLADEN, 200)


def test_a_perfect_judge_of_many_labels_changes_next_to_nothing() -> None:
    """With Se = Sp = 1 from many labels the interval is close to that of the raw share."""
    found = rogan_gladen(known(0.3, 400), known(1.0, 10**6), known(1.0, 10**6))
    assert isinstance(found, Corrected)
    assert (found.interval.low, found.interval.high) == pytest.approx(wilson(0.3, 400), abs=3e-3)


@pytest.mark.parametrize(
    ("raw", "se", "sp", "reason"),
    [
        (NONE, known(0.9, 50), known(0.9, 50), "the rate itself has no interval"),
        (known(0.2, 99), known(0.6, 50), known(0.65, 50), "the judge is too weak: sensitivity"),
        (known(0.2, 99), known(0.9, 9), known(0.9, 50), "too few labels: sensitivity rests on 9"),
        (known(0.2, 99), known(0.9, 50), known(0.9, 9), "too few labels: specificity rests on 9"),
        (known(0.2, 99), NONE, known(0.9, 50), "too few labels: sensitivity cannot be told"),
    ],
)
def test_a_guess_is_refused(
    raw: Estimated | NoInterval,
    se: Estimated | NoInterval,
    sp: Estimated | NoInterval,
    reason: str,
) -> None:
    """A weak judge, few labels, or a rate without an interval: it stays as it is, and says why."""
    found = rogan_gladen(raw, se, sp)
    assert isinstance(found, NoCorrection)
    assert found.reason.startswith(reason)
    assert str(found) == f"uncorrected: {found.reason}"


def test_the_bar_itself_passes() -> None:
    """Se + Sp - 1 of .3 and ten of either answer are enough."""
    found = rogan_gladen(known(0.4, 500), known(0.7, 10), known(0.6, 10))
    assert isinstance(found, Corrected)
    assert found.interval.high - found.interval.low > 0.8


def naive(p: float, n: int, se: float, sp: float) -> tuple[float, float]:
    """What garak prints: Se and Sp taken as known."""
    low, high = wilson(p, n)
    return (low + sp - 1) / (se + sp - 1), (high + sp - 1) / (se + sp - 1)


@pytest.mark.parametrize(("m", "naively"), [(50, 0.46), (200, 0.72)])
def test_the_calibrations_own_error_is_in_the_interval(m: int, naively: float) -> None:
    """True 10%, Se .85, Sp .92, n = 1000: at least 93.5%, against 46% and 72% (field notes 0.8)."""
    rng, rounds, truth, se, sp = np.random.default_rng(8), 600, 0.1, 0.85, 0.92
    covered = fixed = raw = 0
    for _ in range(rounds):
        p = rng.binomial(1000, truth * se + (1 - truth) * (1 - sp)) / 1000
        found, spared = rng.binomial(m, se) / m, rng.binomial(m, sp) / m
        covered += covers(rogan_gladen(known(p, 1000), known(found, m), known(spared, m)), truth)
        low, high = naive(p, 1000, found, spared)
        fixed += low <= truth <= high
        low, high = wilson(p, 1000)
        raw += low <= truth <= high
    assert covered / rounds >= 0.935
    assert fixed / rounds == pytest.approx(naively, abs=0.06)
    assert raw == 0


def clustered_run(
    rng: np.random.Generator, *, truth: float, se: float, sp: float, icc: float = 0.3
) -> tuple[np.ndarray, np.ndarray]:
    """Fifty scenarios of twenty dialogues: what is true of each, and what the judge says."""
    spread = 1 / icc - 1
    own = rng.beta(truth * spread, (1 - truth) * spread, 50)
    true = rng.random((50, 20)) < own[:, None]
    drawn = rng.random((50, 20))
    return true, np.where(true, drawn < se, drawn >= sp)


def by_scenario(judged: np.ndarray) -> dict[str, Share]:
    return {str(n): Share(int(row.sum()), len(row)) for n, row in enumerate(judged)}


def test_clustered_dialogues_widen_the_interval() -> None:
    """The spread between scenarios reaches the corrected rate; the binomial one fails."""
    rng, rounds, truth = np.random.default_rng(3), 300, 0.3
    covered = ignoring = 0
    for _ in range(rounds):
        _, judged = clustered_run(rng, truth=truth, se=0.9, sp=0.9)
        judge = [known(rng.binomial(100, 0.9) / 100, 100) for _ in range(2)]
        covered += covers(
            rogan_gladen(estimated_share(by_scenario(judged).values()), *judge), truth
        )
        alone = known(float(judged.mean()), judged.size)
        ignoring += covers(rogan_gladen(alone, *judge), truth)
    assert covered / rounds >= 0.935
    assert ignoring / rounds < 0.85


def audited(rng: np.random.Generator, true: np.ndarray, judged: np.ndarray, n: int) -> list[Read]:
    """Half of the labels from what the judge flagged, half from the rest."""
    scenario = np.repeat(np.arange(len(true)), true.shape[1])
    flags, truth = judged.ravel(), true.ravel()
    read = []
    for answer in (True, False):
        (such,) = np.nonzero(flags == answer)
        taken = rng.permutation(such)[: n // 2]
        weight = len(such) / max(1, len(taken))
        read += [Read(str(scenario[i]), weight, answer, bool(truth[i])) for i in taken]
    return read


def test_labels_of_the_run_itself_cover_and_tell_more() -> None:
    """An audit's labels, stratified by the judge's answer: both ways cover, one is half as wide."""
    rng, rounds, truth = np.random.default_rng(4), 150, 0.1
    covered, widths = np.zeros(2), np.zeros(2)
    for _ in range(rounds):
        true, judged = clustered_run(rng, truth=truth, se=0.85, sp=0.92)
        read = audited(rng, true, judged, 100)
        heaviest = max(one.weight for one in read)
        se, sp = (
            estimated(
                (Observation(c, w, j is yes) for c, w, j, t in read if t is yes), heaviest=heaviest
            )
            for yes in (True, False)
        )
        run = by_scenario(judged)
        both = (
            rogan_gladen(estimated_share(run.values()), se, sp),
            double_sampling(run, read, se, sp),
        )
        for n, found in enumerate(both):
            assert isinstance(found, Corrected)
            covered[n] += covers(found, truth)
            widths[n] += found.interval.high - found.interval.low
    assert (covered / rounds >= 0.935).all()
    assert widths[1] < 0.7 * widths[0]


def reads(flagged: str, rest: str, weights: Sequence[float] = (1.0, 1.0)) -> list[Read]:
    """Labels in scenarios of their own: `y` where people say yes."""
    return [
        Read(str(n), weight, judged, answer == "y")
        for judged, answers, weight in ((True, flagged, weights[0]), (False, rest, weights[1]))
        for n, answer in enumerate(answers)
    ]


def test_double_sampling_is_the_weighted_mean_of_the_labels() -> None:
    """40 of 200 flagged: 80% of the flagged and 5% of the rest are true, so .2 * .8 + .8 * .05."""
    run = {str(n): Share(2, 10) for n in range(20)}
    read = reads("y" * 16 + "n" * 4, "y" + "n" * 19, weights=(2.0, 8.0))
    found = double_sampling(run, read, known(0.8, 20), known(0.95, 20))
    assert isinstance(found, Corrected)
    assert found.value == pytest.approx(0.2 * 0.8 + 0.8 * 0.05)
    assert (found.method, found.labels) == (DOUBLE_SAMPLING, 40)
    everything = sum(one.weight * one.true for one in read) / sum(one.weight for one in read)
    assert found.value == pytest.approx(everything)


@pytest.mark.parametrize(
    ("flagged", "labels", "rest", "corrected"),
    [
        (40, "y" * 9, "n" * 20, False),
        (40, "y" * 10, "n" * 9, False),
        (4, "y" * 4, "n" * 20, True),  # all that there are
        (0, "", "n" * 20, True),
        (40, "", "n" * 20, False),
    ],
)
def test_ten_of_either_answer_or_all_there_are(
    flagged: int, labels: str, rest: str, corrected: bool
) -> None:
    """Labels have to tell something of what the judge flagged and of the rest."""
    run = {str(n): Share(flagged / 20, 10) for n in range(20)}
    found = double_sampling(run, reads(labels, rest), NONE, NONE)
    assert isinstance(found, Corrected) is corrected
    if isinstance(found, Corrected):
        assert found.interval.high - found.interval.low > 0.05


def test_a_corrected_share_reads_in_one_line() -> None:
    """The figure, its interval, and the judge that it rests on."""
    interval = Interval(0.041, 0.162, ROGAN_GLADEN)
    found = Corrected(0.1, interval, known(0.85, 50), known(0.92, 50), 100, own=100)
    line = "corrected 10.0% [4.1, 16.2], Se 0.85, Sp 0.92, 100 labels of these dialogues"
    assert str(found) == line
    data = found.to_dict()
    assert (data["value"], data["interval"]["method"]) == (0.1, ROGAN_GLADEN)
    assert (data["sensitivity"]["value"], data["sensitivity"]["count"]) == (0.85, 50)
    unknown = Corrected(0.1, interval, NONE, known(0.92, 50), 50)
    assert str(unknown).endswith("Sp 0.92, 50 labels, none of these dialogues")
    assert unknown.to_dict()["sensitivity"]["interval"] == {"reason": "no data"}
    assert NoCorrection("why").to_dict() == {"refused": "why"}
