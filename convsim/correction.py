"""Shares as they would be without the judge's errors. Pure arithmetic.

Theory. A judge that finds a share `Se` (sensitivity) of what really happened, and leaves alone a
share `Sp` (specificity) of the rest, prints p = Se * t + (1 - Sp) * (1 - t) where t is true. So
t = (p + Sp - 1) / (Se + Sp - 1) (Rogan and Gladen 1978, Am. J. Epidemiology 107). Se and Sp come
from a calibration against people, and their own uncertainty is most of what there is: with 50 + 50
labels the interval that takes them as known covers the truth in 46 of 100 studies instead of 95.
Here it is propagated, in the form of Lee et al. (2025, arXiv 2511.21140): counts smoothed by half
of z squared, and by one, the error of each share added up, and the middle moved by what the
smoothing of the calibration did to it.

Where the labelled dialogues were *drawn from the run itself*, with known probabilities, nothing has
to be carried over from elsewhere: each of the judge's answers holds some share of crossings, and
those two shares, weighted by how often the judge gave the answers, are the truth (double sampling,
Tenenbein 1970, JASA 65). That is the better estimate wherever the judge is good, and it is what an
audit makes possible.

Clusters and weights come in as the number of independent observations that a share is worth
(`stats.Estimated`), which is how the spread between scenarios reaches the corrected interval.

A correction is refused where it would be a guess (`NoCorrection`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from convsim.stats import (
    LEVEL,
    Estimated,
    Interval,
    NoInterval,
    Observation,
    Share,
    estimated,
    estimated_share,
    normal_quantile,
    t_quantile,
)

WEAKEST = 0.3
"""Se + Sp - 1 at least: below it a correction multiplies every error by more than three (field
notes 5.6). Double sampling does not, but nobody should go on with such a judge."""

ROUNDING = 1e-9
"""0.7 + 0.6 - 1 is a hair less than 0.3, and passes."""

FEWEST = 10
"""Of either answer people gave at least so many: with fewer, an interval for Se or Sp spans 50
points and more, and no normal approximation holds."""

ROGAN_GLADEN = "Rogan-Gladen, calibration error propagated"
DOUBLE_SAMPLING = "double sampling of this run"

Known = Estimated | NoInterval
"""A share as a sample tells it, or why it does not."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A share without the judge's errors, as far as they are known; ends are within [0, 1].

    `sensitivity` and `specificity` are the judge's, over `labels` dialogues that people labelled.
    Of these `own` are among those that the share is of: what the others show was carried over.
    """

    value: float
    interval: Interval
    sensitivity: Known
    specificity: Known
    labels: int
    own: int = 0

    @property
    def method(self) -> str:
        """How it was worked out."""
        return self.interval.method

    @property
    def judge(self) -> str:
        """The judge in short: `Se 0.85, Sp 0.92, 100 labels, 40 of these dialogues`."""
        shares = {"Se": self.sensitivity, "Sp": self.specificity}
        said = [
            f"{name} {share.share:.2f}"
            for name, share in shares.items()
            if isinstance(share, Estimated)
        ]
        own = "" if self.own == self.labels else f", {self.own or 'none'}"
        return ", ".join((*said, f"{self.labels} labels{own} of these dialogues"))

    def __str__(self) -> str:
        """`corrected 10.0% [4.1, 16.2], Se 0.85, Sp 0.92, 100 labels of these dialogues`."""
        low, high = (f"{100 * end:.1f}" for end in (self.interval.low, self.interval.high))
        return f"corrected {100 * self.value:.1f}% [{low}, {high}], {self.judge}"

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return {
            "value": self.value,
            "interval": asdict(self.interval),
            "sensitivity": as_dict(self.sensitivity),
            "specificity": as_dict(self.specificity),
            "labels": self.labels,
            "own": self.own,
        }


@dataclass(frozen=True, slots=True)
class NoCorrection:
    """Why a share stays as it is."""

    reason: str

    def __str__(self) -> str:
        return f"uncorrected: {self.reason}"

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return {"refused": self.reason}


NO_INTERVAL = NoCorrection("the rate itself has no interval")


def as_dict(share: Known) -> dict[str, Any]:
    """A share as JSON-able data, with its interval."""
    if isinstance(share, NoInterval):
        return {"value": None, "interval": asdict(share)}
    return {
        "value": share.share,
        "count": share.count,
        "clusters": share.clusters,
        "worth": share.size,
        "interval": asdict(share.interval()),
    }


def rogan_gladen(
    raw: Known, sensitivity: Known, specificity: Known, *, level: float = LEVEL
) -> Corrected | NoCorrection:
    """The true share behind what a judge with these errors printed.

    >>> known = [Estimated(share, 50, 50, 50) for share in (0.85, 0.92)]
    >>> round(rogan_gladen(Estimated(0.157, 1000, 1000, 1000), *known).value, 3)
    0.1
    """
    known = _known(raw, _Basis("sensitivity", sensitivity), _Basis("specificity", specificity))
    if isinstance(known, NoCorrection):
        return known
    printed, found, spared = known
    if weak := too_weak(found, spared):
        return weak
    value = _clipped((printed.share + spared.share - 1) / (found.share + spared.share - 1))
    low, high = _propagated(printed, found, spared, level)
    interval = Interval(min(low, value), max(high, value), ROGAN_GLADEN)
    return Corrected(value, interval, found, spared, found.count + spared.count)


def too_weak(sensitivity: Known, specificity: Known) -> NoCorrection | None:
    """Why a judge that is wrong so often is not corrected; None where labels do not show that."""
    if isinstance(sensitivity, NoInterval) or isinstance(specificity, NoInterval):
        return None
    strength = sensitivity.share + specificity.share - 1
    if strength >= WEAKEST - ROUNDING or min(sensitivity.count, specificity.count) < FEWEST:
        return None
    return NoCorrection(
        f"the judge is too weak: sensitivity + specificity - 1 is {strength:.2f}, "
        f"and a correction needs {WEAKEST}"
    )


def _propagated(
    printed: Estimated, found: Estimated, spared: Estimated, level: float
) -> tuple[float, float]:
    """The interval of Lee et al. 2025, with sizes that clusters and weights have made smaller."""
    z = normal_quantile(level)
    p, p_size = _smoothed(printed, z * z / 2)
    se, se_size = _smoothed(found, 1.0)
    sp, sp_size = _smoothed(spared, 1.0)
    strength = se + sp - 1
    if strength <= 0:  # smoothing can take so much of a few labels
        return 0.0, 1.0
    true = _clipped((p + sp - 1) / strength)
    of_spared = sp * (1 - sp) / sp_size
    of_found = se * (1 - se) / se_size
    moved = 2 * z * z * (true * of_found - (1 - true) * of_spared)
    variance = p * (1 - p) / p_size + (1 - true) ** 2 * of_spared + true**2 * of_found
    half = z * math.sqrt(variance) / strength
    return _clipped(true + moved - half), _clipped(true + moved + half)


class Read(NamedTuple):
    """One dialogue of a run that people read: its scenario, its weight, and the two answers."""

    cluster: str
    weight: float
    judged: bool
    true: bool


def double_sampling(
    run: Mapping[str, Share],
    read: Iterable[Read],
    sensitivity: Known,
    specificity: Known,
    *,
    level: float = LEVEL,
) -> Corrected | NoCorrection:
    """The true share of a run of which people read a part, drawn with known probabilities.

    `run` is what the judge said of all dialogues, by scenario. The interval takes whole scenarios
    as drawn: where crossings are frequent, the judge is also more often right to see one. It is
    never shorter than what the smoothed counts of labels allow. `sensitivity` and `specificity`
    are told with it; the figure does not rest on them.
    """
    read = list(read)
    by_answer = [[one for one in read if one.judged is answer] for answer in (True, False)]
    flagged = math.fsum(hits for hits, _ in run.values())
    total = math.fsum(trials for _, trials in run.values())
    known = _known(
        estimated_share(run.values()),
        _Basis("what the judge flagged", _true_share(by_answer[0], of=flagged), most=flagged),
        _Basis("the rest", _true_share(by_answer[1], of=total - flagged), most=total - flagged),
    )
    if isinstance(known, NoCorrection):
        return known
    printed, hits, others = known
    true = (others.share, hits.share)
    value = printed.share * true[True] + (1 - printed.share) * true[False]
    middle, smoothed = _smoothed_mixture(printed, hits, others, level)
    variance = max(smoothed, _variance_over(run, by_answer, true, value))
    half = t_quantile(printed.clusters - 1, level=level) * math.sqrt(variance)
    low, high = _clipped(middle - half), _clipped(middle + half)
    interval = Interval(min(low, value), max(high, value), DOUBLE_SAMPLING)
    return Corrected(value, interval, sensitivity, specificity, len(read), own=len(read))


def _smoothed_mixture(
    printed: Estimated, hits: Estimated, others: Estimated, level: float
) -> tuple[float, float]:
    """The true share and its variance from smoothed counts, as if the three were independent."""
    p, p_size = _smoothed(printed, normal_quantile(level) ** 2 / 2)
    right, right_size = _smoothed(hits, 1.0)
    missed, missed_size = _smoothed(others, 1.0)
    variance = (
        (right - missed) ** 2 * p * (1 - p) / p_size
        + p**2 * right * (1 - right) / right_size
        + (1 - p) ** 2 * missed * (1 - missed) / missed_size
    )
    return p * right + (1 - p) * missed, variance


def _variance_over(
    run: Mapping[str, Share],
    by_answer: Sequence[Sequence[Read]],
    true: tuple[float, float],
    value: float,
) -> float:
    """The variance when whole scenarios are drawn, with all that was labelled in them.

    What a scenario adds is how far its own true share, as the judge's answers tell it, is from the
    mean, and how far its labels are from what the judge's answers told.
    """
    added = {
        name: hits * true[True] + (trials - hits) * true[False] - trials * value
        for name, (hits, trials) in run.items()
    }
    total = math.fsum(trials for _, trials in run.values())
    flagged = math.fsum(hits for hits, _ in run.values())
    for labels, all_such in zip(by_answer, (flagged, total - flagged), strict=True):
        scale = all_such / math.fsum(one.weight for one in labels) if labels else 0.0
        for one in labels:
            off = one.true - true[one.judged]
            added[one.cluster] = added.get(one.cluster, 0.0) + one.weight * scale * off
    count = len(added)
    return count / (count - 1) * math.fsum(part**2 for part in added.values()) / total**2


class _Basis(NamedTuple):
    """A share that a correction rests on, and how many dialogues there are to know it from."""

    name: str
    share: Known
    most: float = math.inf


def _true_share(read: Sequence[Read], *, of: float) -> Known:
    """People's yes among dialogues that the judge answered alike; any, where there are none."""
    if not of:
        return Estimated(1.0, 1.0, 0, 0)
    return estimated(Observation(cluster, weight, true) for cluster, weight, _, true in read)


def _known(raw: Known, *bases: _Basis) -> tuple[Estimated, Estimated, Estimated] | NoCorrection:
    """The three shares, if each is known well enough."""
    if isinstance(raw, NoInterval):
        return NO_INTERVAL
    found = []
    for name, share, most in bases:
        if isinstance(share, NoInterval):
            return NoCorrection(f"too few labels: {name} cannot be told ({share.reason})")
        if share.count < min(FEWEST, most):
            return NoCorrection(
                f"too few labels: {name} rests on {share.count} of them, and needs {FEWEST}"
            )
        found.append(share)
    return raw, found[0], found[1]


def _smoothed(share: Estimated, by: float) -> tuple[float, float]:
    """A share and its size with `by` hits and as many misses more."""
    size = share.size + 2 * by
    return (share.share * share.size + by) / size, size


def _clipped(share: float) -> float:
    return min(1.0, max(0.0, share))
