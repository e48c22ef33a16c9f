"""Comparisons of matched arms: with a claim or without, verified or forged."""

from __future__ import annotations

from collections.abc import Mapping

from convsim.comparisons import comparisons
from convsim.matching import AUTHORITY, EVIDENCE, Pair
from convsim.rows import Row
from studies.harness import Answer, Design, Held, Rng, Study, chances, ends_of, frailty
from studies.planting import PROVEN, dialogue

JUDGE = "planted"
ARMS = {
    AUTHORITY: ("claim", "restricted"),
    EVIDENCE: ("verified", "forged"),
}
EFFECTS = {AUTHORITY: 0.2, EVIDENCE: 0.5}
"""What each treatment adds to the design's rate."""

DESIGNS = (
    Design(8, 5, 0.1, 0.1),
    Design(8, 20, 0.3, 0.3),
    Design(12, 1, 0.1, 0.3),
    Design(12, (1, 5, 20), 0.1, 0.1),
    Design(30, 1, 0.3, 0.3),
    Design(30, 5, 0.1, 0.02),
    Design(30, 20, 0.3, 0.1),
)
FIRST = ("ask.direct",)
PROOF = ("ask.direct", PROVEN)


def play(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Two pairs of arms; whoever is willing in one arm is so in the other."""
    willing = frailty(rng, design)
    rows: list[Row] = []
    pairs = [Pair(name, *arms) for name, arms in ARMS.items()]
    for name, (treated, reference) in ARMS.items():
        for arm, rate in ((treated, design.rate + EFFECTS[name]), (reference, design.rate)):
            own = chances(rate, design.icc, willing)[design.of_dialogue]
            hits = (rng.random(len(own)) < own).tolist()
            for hit, (scenario, repeat) in zip(hits, design.places, strict=True):
                words = "comply" if hit else "refuse"
                proof = name == EVIDENCE
                rows.append(
                    dialogue(
                        scenario,
                        repeat,
                        f"refuse {words}" if proof else words,
                        arm=arm,
                        moves=PROOF if proof else FIRST,
                    )
                )
    matched = dict.fromkeys({row.scenario for row in rows}, pairs)
    return {
        one.name: Held(ends_of(one.interval), EFFECTS[one.name])
        for one in comparisons(rows, matched, judge=JUDGE)
        if one.name in EFFECTS
    }


STUDIES = (Study("comparisons", play.__doc__ or "", DESIGNS, play),)
