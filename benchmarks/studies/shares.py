"""The interval of a clustered share alone, over the whole grid of designs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from convsim.stats import Share, cluster_interval
from studies.harness import Answer, Design, Held, Rng, Study, chances, ends_of, frailty

REPEATS: tuple[int | tuple[int, ...], ...] = (1, 5, 20, (1, 5, 20))
GRID = tuple(
    Design(scenarios, repeats, icc, rate)
    for scenarios, repeats in product((8, 12, 30), REPEATS)
    for icc, rate in product((0.0, 0.1, 0.3), (0.02, 0.1, 0.3, 0.5))
)


def play(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """One run of a single yes-or-no question."""
    own = chances(design.rate, design.icc, frailty(rng, design))
    sizes = design.sizes
    hits = rng.binomial(sizes, own).tolist()
    interval = cluster_interval(Share(hit, n) for hit, n in zip(hits, sizes, strict=True))
    return {"share": Held(ends_of(interval), design.rate)}


STUDIES = (Study("shares", __doc__, GRID, play),)
