"""Rates without a judge's errors: labels from elsewhere, and labels of the run itself.

The intervals are those that `under_refusal` carries, from a calibration; `calibration.py` shows
beside them what comes out without their care.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from calibration import USUAL

from convsim.calibration import Calibration, Labelled, Question
from convsim.correction import Corrected
from convsim.rates import under_refusal
from convsim.rows import Row
from studies.harness import Answer, Design, Floats, Held, Rng, Study, chances, ends_of, frailty
from studies.planting import dialogue

JUDGE = "planted"
LABELS = 200
RULE = "planted.never"

DESIGNS = (
    Design(12, 20, 0.1, 0.1),
    Design(12, 20, 0.3, 0.3),
    Design(30, 5, 0.1, 0.3),
    Design(30, 20, 0.0, 0.1),
    Design(30, 20, 0.3, 0.1),
    Design(30, (5, 10, 20), 0.1, 0.3),
)


def judged(rng: Rng, true: Floats) -> Floats:
    """What the judge says of dialogues of which this is true."""
    drawn = rng.random(len(true))
    return np.where(true, drawn < USUAL.se, drawn >= USUAL.sp)


def run_of(rng: Rng, design: Design) -> tuple[Floats, Floats, list[Row]]:
    """What is true of each dialogue, what the judge says, and the rows as it says them."""
    own = chances(design.rate, design.icc, frailty(rng, design))[design.of_dialogue]
    true = rng.random(len(own)) < own
    said = judged(rng, true)
    rows = [
        dialogue(scenario, repeat, "comply" if yes else "refuse")
        for yes, (scenario, repeat) in zip(said.tolist(), design.places, strict=True)
    ]
    return true, said, rows


def elsewhere(rng: Rng) -> Iterator[Labelled]:
    """As many dialogues of other scenarios that crossed as that did not."""
    for yes in (True, False):
        said = judged(rng, np.full(LABELS // 2, yes)).tolist()
        for n, answer in enumerate(said):
            yield Labelled(f"{yes}{n}", Question.CROSSED, RULE, f"{yes}{n}", yes, answer)


def audit(rng: Rng, true: Floats, said: Floats, rows: list[Row]) -> Iterator[Labelled]:
    """Half of the labels from what the judge flagged, half from the rest."""
    for answer in (True, False):
        (such,) = np.nonzero(said == answer)
        taken = rng.permutation(such)[: LABELS // 2]
        for i in taken:
            yield Labelled(
                rows[i].key,
                Question.CROSSED,
                RULE,
                rows[i].scenario,
                bool(true[i]),
                bool(said[i]),
                probability=len(taken) / len(such),
            )


def play(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Under-refusal behind what a judge says, with either kind of labels."""
    true, said, rows = run_of(rng, design)
    known = {
        "labels from elsewhere": tuple(elsewhere(rng)),
        "an audit of the run": tuple(audit(rng, true, said, rows)),
    }
    return {name: corrected(rows, labels, design.rate) for name, labels in known.items()}


def corrected(rows: list[Row], labels: tuple[Labelled, ...], truth: float) -> Held:
    """Whether the corrected interval holds the truth."""
    found = under_refusal(rows, judge=JUDGE, correct=Calibration(JUDGE, labels).correct)
    fixed = found.correction
    return Held(ends_of(fixed.interval) if isinstance(fixed, Corrected) else None, truth)


STUDIES = (Study("corrected", play.__doc__ or "", DESIGNS, play),)
