"""The cells of a table: whether any is told from the rest, and what a small one is drawn towards.

Cells of whole scenarios are rules, cells that every scenario has a part in are arms or moves.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from convsim.cells import Shares, standings
from convsim.stats import Share
from studies.harness import Alarm, Answer, Design, Floats, Held, Rng, Study, chances, frailty

ALIKE = (
    Design(12, 5, 0.1, 0.1, note="of 4"),
    Design(12, (1, 5, 20), 0.1, 0.3, note="of 4"),
    Design(30, 1, 0.1, 0.1, note="of 10"),
    Design(30, 5, 0.3, 0.1, note="of 10"),
)
DRAWN = (
    Design(24, 5, 0.1, 0.2, note="of 8"),
    Design(40, 5, 0.0, 0.1, note="of 10"),
    Design(40, (1, 5, 20), 0.1, 0.3, note="of 10"),
)
APART = 0.1
"""The intra-class correlation of cells: how far rules differ."""

ARMS = 4


def cells_of(design: Design) -> int:
    """How many cells a design has."""
    return int(design.note.rpartition(" ")[2])


def counted(rng: Rng, design: Design, own: Floats) -> list[Share]:
    """What each scenario came to."""
    hits = rng.binomial(design.sizes, own).tolist()
    return [Share(hit, n) for hit, n in zip(hits, design.sizes, strict=True)]


def dealt(design: Design, shares: list[Share]) -> dict[str, Shares]:
    """Scenarios dealt out to cells, each whole."""
    count = cells_of(design)
    per = design.scenarios // count
    return {
        f"c{n}": {f"s{i}": shares[i] for i in range(n * per, (n + 1) * per)} for n in range(count)
    }


def rules(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Rules that are all alike, in scenarios that differ: none is told from the rest."""
    own = chances(design.rate, design.icc, frailty(rng, design))
    cells = dealt(design, counted(rng, design, own))
    whole = {name: share for cell in cells.values() for name, share in cell.items()}
    found = standings(cells, whole)
    return {"any rule told from the rest": Alarm(any(one.differs for one in found.values()))}


def arms(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Arms that are all alike, each played in every scenario: none is told from the rest."""
    own = chances(design.rate, design.icc, frailty(rng, design))
    parts = [counted(rng, design, own) for _ in range(ARMS)]
    cells = {
        f"a{n}": {f"s{i}": share for i, share in enumerate(part)} for n, part in enumerate(parts)
    }
    whole = {
        f"s{i}": Share(sum(part[i].hits for part in parts), sum(part[i].trials for part in parts))
        for i in range(design.scenarios)
    }
    found = standings(cells, whole)
    return {"any arm told from the rest": Alarm(any(one.differs for one in found.values()))}


def small(rng: Rng, design: Design) -> Mapping[str, Answer]:
    """Rules that differ: the drawn share of any of them, and of the one that looks worst."""
    true = chances(design.rate, APART, rng.random(cells_of(design)))
    per = design.scenarios // cells_of(design)
    own = np.concatenate([chances(float(rate), design.icc, rng.random(per)) for rate in true])
    cells = dealt(design, counted(rng, design, own))
    whole = {name: share for cell in cells.values() for name, share in cell.items()}
    found = standings(cells, whole)
    worst = max(range(len(true)), key=lambda n: _share(cells[f"c{n}"]))
    return {
        name: Held((drawn.interval.low, drawn.interval.high) if drawn else None, float(true[n]))
        for name, n in (("drawn share of a rule", 0), ("drawn share of the worst", worst))
        for drawn in (found[f"c{n}"].shrunk,)
    }


def _share(cell: Shares) -> float:
    return sum(it.hits for it in cell.values()) / sum(it.trials for it in cell.values())


STUDIES = (
    Study("rules alike", rules.__doc__ or "", ALIKE, rules),
    Study("arms alike", arms.__doc__ or "", ALIKE, arms),
    Study("small cells", small.__doc__ or "", DRAWN, small),
)
