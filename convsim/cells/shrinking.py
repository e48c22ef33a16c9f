"""What a small cell's share would be with more data, as far as its table tells.

Theory. Of 35 rules with one or two scenarios each, the worst is mostly the unluckiest. Its share is
drawn towards that of the table, the more so the less it rests on and the more alike the cells are
(Stein's paradox; Efron and Morris 1975, JASA 70). The model is the beta-binomial one, twice: the
shares of the cells are drawn from a beta distribution around a mean, those of a cell's scenarios
from another around the cell's share, and the hits of a scenario are binomial. So dialogues of one
scenario count as what they are worth, and where cells have one scenario each, nobody pretends to
know whether the rule or the scenario is what differs.

What is not known of the two distributions (the mean, and how alike cells and scenarios are) is not
plugged in as if it were, which makes intervals far too short where cells are few (Morris 1983, JASA
78). All values are weighed by how likely they make the table, with a flat prior on each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from convsim.cells.differing import Shares
from convsim.stats import LEVEL, Interval, Share, in_points

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SHRUNK = "beta-binomial over the table's cells and their scenarios"

FEWEST = 3
"""Fewer cells say nothing about how cells differ."""

SHARES, MEANS, BETWEEN, WITHIN = 200, 30, 8, 8
"""How fine the grids are: a cell's share, the table's mean, how alike cells, and scenarios, are."""


class Shrunk(NamedTuple):
    """A cell's share as its whole table has it."""

    value: float
    interval: Interval

    def __str__(self) -> str:
        """`shrunk to 71.2% [40.1, 95.0]`."""
        return f"shrunk to {100 * self.value:.1f}% {in_points(self.interval)}"


def shrunk(cells: Mapping[str, Shares]) -> dict[str, Shrunk]:
    """The share of each cell that has data, drawn towards the others; none where they are few."""
    known = {
        name: [it for it in shares.values() if it.trials]
        for name, shares in cells.items()
        if any(it.trials for it in shares.values())
    }
    if len(known) < FEWEST:
        return {}
    return dict(zip(known, map(_told, _posterior(list(known.values()))), strict=True))


def _told(posterior: Floats) -> Shrunk:
    """The mean and the middle 95% of what a share may be."""
    import numpy as np

    shares, edges = _shares()
    below = np.concatenate(([0.0], np.cumsum(posterior)))
    low, high = np.interp(((1 - LEVEL) / 2, (1 + LEVEL) / 2), below, edges)
    return Shrunk(float(posterior @ shares), Interval(float(low), float(high), SHRUNK))


def _posterior(cells: Sequence[Sequence[Share]]) -> Floats:
    """How likely each cell's share is to be each one on the grid: a row for each cell.

    Cells with the same counts have the same row, and in most tables there are many of them.
    """
    import numpy as np

    priors, weights = _priors()
    kinds = Counter(tuple(sorted(cell)) for cell in cells)
    of_kind = np.array(list(kinds.values()))
    likely = [_likelihood(list(kinds), alike) for alike, _ in _grid(WITHIN)]
    # How likely each table is under each mean, each spread of cells and of scenarios.
    tables = [one.relative @ priors.T for one in likely]
    logs = np.stack(
        [
            of_kind @ (np.log(table) + one.scales) + np.log(weights * width)
            for one, table, (_, width) in zip(likely, tables, _grid(WITHIN), strict=True)
        ]
    )
    chances = np.exp(logs - logs.max())
    chances /= chances.sum()
    found = np.zeros_like(likely[0].relative)
    for one, table, chance in zip(likely, tables, chances, strict=True):
        if chance.sum() > UNLIKELY:
            found += one.relative * ((chance / table) @ priors)
    found /= found.sum(axis=1, keepdims=True)
    places = {kind: place for place, kind in enumerate(kinds)}
    made: Floats = found[[places[tuple(sorted(cell))] for cell in cells]]
    return made


UNLIKELY = 1e-9
"""What weighs less is left out."""

TINY = 1e-100
"""What is smaller is none; products of smaller numbers are slow."""


class _Likely(NamedTuple):
    """How likely each cell's counts are under each share, up to a factor of its own: its log."""

    relative: Floats
    scales: Floats


def _likelihood(cells: Sequence[Sequence[Share]], alike: float) -> _Likely:
    """Of the counts of each cell, given how alike a scenario's observations are."""
    import numpy as np
    from scipy.special import betaln

    shares, _ = _shares()
    strength = 1 / alike - 1
    one, other = shares * strength, (1 - shares) * strength
    kinds = {
        kind: place for place, kind in enumerate(sorted({it for cell in cells for it in cell}))
    }
    hits, trials = np.array(list(kinds)).T
    logs = betaln(one + hits[:, None], other + (trials - hits)[:, None]) - betaln(one, other)
    counts = np.zeros((len(cells), len(kinds)))
    for row, cell in enumerate(cells):
        for kind, count in Counter(cell).items():
            counts[row, kinds[kind]] = count
    log = counts @ logs
    most = log.max(axis=1, keepdims=True)
    relative = np.exp(log - most)
    return _Likely(np.where(relative < TINY, 0.0, relative), most)


# --- grids


@lru_cache(maxsize=1)
def _shares() -> tuple[Floats, Floats]:
    """The shares that a cell may have, and the edges between them; closest at 0 and 1."""
    import numpy as np

    edges = np.sin(np.pi / 2 * np.arange(SHARES + 1) / SHARES) ** 2
    middles = np.sin(np.pi / 2 * (np.arange(SHARES) + 0.5) / SHARES) ** 2
    return middles, edges


def _grid(count: int) -> Iterable[tuple[float, float]]:
    """Correlations from 0 to 1, closest where they are small, each with its width."""
    for place in range(count):
        yield ((place + 0.5) / count) ** 2, (2 * place + 1) / count**2


@lru_cache(maxsize=1)
def _priors() -> tuple[Floats, Floats]:
    """The distribution of cells' shares for each mean and each spread, and how much each weighs."""
    import numpy as np
    from scipy.special import betainc

    _, edges = _shares()
    places = np.pi / 2 * (np.arange(MEANS) + 0.5) / MEANS
    means, widths = np.sin(places) ** 2, np.sin(2 * places)
    rows, weights = [], []
    for alike, width in _grid(BETWEEN):
        one, other = (part[:, None] * (1 / alike - 1) for part in (means, 1 - means))
        rows.append(np.diff(betainc(one, other, edges), axis=1))
        weights.append(widths * width)
    # What one prior rules out the next may be sure of: nothing is exactly zero.
    return (np.concatenate(rows) + TINY).astype(np.float64), np.concatenate(weights)
