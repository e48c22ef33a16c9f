"""Whether intervals that correct for a judge's errors hold what they promise, by simulation.

    python benchmarks/calibration.py            2,000 studies each, about a minute
    python benchmarks/calibration.py 200

In each study the truth is known, a judge errs at known rates, people label some dialogues, and an
interval of 95% is made as `convsim` makes it, and as it would be without its care. What is printed
is how many of 100 intervals held the truth, and how wide they were. The first table repeats field
notes 0.8; garak prints intervals of the kind `Se and Sp taken as known`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from studies.harness import SEED, STUDIES, Ends, Tally

from convsim.agreement import Agreement, Answers, Drawing, cohens_kappa, krippendorffs_alpha
from convsim.correction import Corrected, NoCorrection, Read, double_sampling, rogan_gladen
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

Flags = np.ndarray


@dataclass(frozen=True)
class Judge:
    """What share of crossings a judge sees, and of the rest leaves alone."""

    se: float
    sp: float


USUAL = Judge(0.85, 0.92)


def ends_of(found: Corrected | NoCorrection) -> Ends:
    """The interval of a correction, if there is one."""
    return (found.interval.low, found.interval.high) if isinstance(found, Corrected) else None


def independent(share: float, size: int) -> Estimated:
    """A share of independent observations."""
    return Estimated(share, float(size), size, size)


def taken_as_known(p: float, n: int, se: float, sp: float) -> Ends:
    """The raw interval moved by Rogan-Gladen, as if Se and Sp were facts."""
    strength = se + sp - 1
    if strength <= 0:
        return None
    low, high = wilson(p, n)
    return (low + sp - 1) / strength, (high + sp - 1) / strength


# --- studies: each yields the interval of every way


def plain_study(
    rng: np.random.Generator, *, truth: float, labels: int, judge: Judge = USUAL, n: int = 1000
) -> Mapping[str, Ends]:
    """Independent dialogues, and as many labels of either answer from elsewhere."""
    p = rng.binomial(n, truth * judge.se + (1 - truth) * (1 - judge.sp)) / n
    se, sp = rng.binomial(labels, judge.se) / labels, rng.binomial(labels, judge.sp) / labels
    known = independent(se, labels), independent(sp, labels)
    return {
        "raw share": wilson(p, n),
        "Se and Sp taken as known": taken_as_known(p, n, se, sp),
        "convsim: errors propagated": ends_of(rogan_gladen(independent(p, n), *known)),
    }


def clustered(
    rng: np.random.Generator, *, truth: float, judge: Judge, icc: float, scenarios: int = 50
) -> tuple[Flags, Flags]:
    """Twenty dialogues of each scenario: what is true of them, and what the judge says."""
    spread = 1 / icc - 1
    own = rng.beta(truth * spread, (1 - truth) * spread, scenarios)
    true = rng.random((scenarios, 20)) < own[:, None]
    drawn = rng.random(true.shape)
    return true, np.where(true, drawn < judge.se, drawn >= judge.sp)


def by_scenario(judged: Flags) -> dict[str, Share]:
    """What the judge said of each scenario."""
    return {str(n): Share(int(row.sum()), len(row)) for n, row in enumerate(judged)}


def clustered_study(
    rng: np.random.Generator, *, truth: float, labels: int, icc: float = 0.3, judge: Judge = USUAL
) -> Mapping[str, Ends]:
    """Dialogues of one scenario are alike; labels are from elsewhere."""
    _, judged = clustered(rng, truth=truth, judge=judge, icc=icc)
    known = [independent(rng.binomial(labels, x) / labels, labels) for x in (judge.se, judge.sp)]
    alone = independent(float(judged.mean()), judged.size)
    together = estimated_share(by_scenario(judged).values())
    return {
        "as if dialogues were independent": ends_of(rogan_gladen(alone, *known)),
        "convsim: clustered by scenario": ends_of(rogan_gladen(together, *known)),
    }


def audited(rng: np.random.Generator, true: Flags, judged: Flags, n: int) -> Iterator[Read]:
    """Half of the labels from what the judge flagged, half from the rest."""
    scenario = np.repeat(np.arange(len(true)), true.shape[1])
    flags, truth = judged.ravel(), true.ravel()
    for answer in (True, False):
        (such,) = np.nonzero(flags == answer)
        taken = rng.permutation(such)[: n // 2]
        weight = len(such) / max(1, len(taken))
        yield from (Read(str(scenario[i]), weight, answer, bool(truth[i])) for i in taken)


def audit_study(
    rng: np.random.Generator, *, truth: float, labels: int, icc: float = 0.3, judge: Judge = USUAL
) -> Mapping[str, Ends]:
    """Labels of the run's own dialogues, stratified by what the judge said."""
    true, judged = clustered(rng, truth=truth, judge=judge, icc=icc)
    run, read = by_scenario(judged), list(audited(rng, true, judged, labels))
    naive = [_share(read, yes, weighted=False) for yes in (True, False)]
    known = [_share(read, yes, weighted=True) for yes in (True, False)]
    raw = estimated_share(run.values())
    return {
        "Rogan-Gladen, weights ignored": ends_of(rogan_gladen(raw, *naive)),
        "convsim: Rogan-Gladen, weighted": ends_of(rogan_gladen(raw, *known)),
        "convsim: double sampling": ends_of(double_sampling(run, read, *known)),
    }


def _share(read: Sequence[Read], yes: bool, *, weighted: bool) -> Estimated | NoInterval:
    """Sensitivity (or specificity) from labels of a run."""
    own = [one if weighted else one._replace(weight=1.0) for one in read]
    heaviest = max(one.weight for one in own)
    right = (Observation(c, w, judged is yes) for c, w, judged, true in own if true is yes)
    return estimated(right, heaviest=heaviest)


def agreement_study(
    rng: np.random.Generator, *, kappa: float, share: float, dialogues: int
) -> Mapping[str, Ends]:
    """Two raters with a known kappa: they copy the truth with chance sqrt(kappa), else guess."""
    truth = rng.random(dialogues) < share
    copies = rng.random((2, dialogues)) < np.sqrt(kappa)
    said = np.where(copies, truth, rng.random((2, dialogues)) < share)
    units: list[Answers] = [(bool(a), bool(b)) for a, b in said.T]
    drawing = Drawing(rounds=500, seed=int(rng.integers(1 << 31)))
    return {
        "Cohen's kappa": _ends(cohens_kappa(units, drawing)),
        "Krippendorff's alpha": _ends(krippendorffs_alpha(units, drawing)),
    }


def _ends(found: Agreement) -> Ends:
    interval = found.interval
    return (interval.low, interval.high) if isinstance(interval, Interval) else None


# --- tables


def table(title: str, truth: float, study: Callable[[], Mapping[str, Ends]], studies: int) -> None:
    """Play a study many times, and print how often each way held the truth."""
    tallies: dict[str, Tally] = {}
    for _ in range(studies):
        for way, ends in study().items():
            tallies.setdefault(way, Tally()).add(ends, truth)
    print(f"\n{title}")
    print(f"  {'':<34} {'covered':>8} {'width (pts)':>12} {'refused':>8}")
    for way, tally in tallies.items():
        print(f"  {way:<34} {tally}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="calibration.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("studies", nargs="?", type=int, default=STUDIES)
    studies = parser.parse_args(arguments).studies
    rng = np.random.default_rng(SEED)
    for m in (50, 200):
        table(
            f"true 10%, Se .85, Sp .92, 1,000 dialogues, {m} + {m} labels",
            0.1,
            partial(plain_study, rng, truth=0.1, labels=m),
            studies,
        )
    table(
        "true 30%, 50 scenarios of 20 dialogues, ICC .3, 200 + 200 labels from elsewhere",
        0.3,
        partial(clustered_study, rng, truth=0.3, labels=200),
        studies,
    )
    for truth, n in ((0.1, 100), (0.1, 200), (0.3, 200)):
        table(
            f"true {truth:.0%}, the same run, an audit of {n} of its dialogues by judge's answer",
            truth,
            partial(audit_study, rng, truth=truth, labels=n),
            studies,
        )
    for kappa, share in ((0.6, 0.5), (0.6, 0.1), (0.8, 0.3)):
        table(
            f"two raters of 100 dialogues, true kappa {kappa}, {share:.0%} yes",
            kappa,
            partial(agreement_study, rng, kappa=kappa, share=share, dialogues=100),
            max(1, studies // 4),
        )


if __name__ == "__main__":
    main()
