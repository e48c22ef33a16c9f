"""Many tests at once: p-values that allow for how many were made. Pure arithmetic.

Theory. Of 40 tests of things that are all alike, two come out below 0.05. Holm (1979, Scand. J.
Statist. 6) holds the chance of *any* false alarm at the level, whatever the tests have to do with
each other; that is for a table whose worst line somebody will act upon. Benjamini and Hochberg
(1995, JRSS B 57) hold the *share* of false alarms among the alarms, where tests are independent or
positively dependent: weaker, and enough for a table that says where to look.

A p-value is None where there was nothing to test; it stays None, and is not one of the many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

HOLM = "Holm"
BENJAMINI_HOCHBERG = "Benjamini-Hochberg"

Adjust = Callable[[Sequence[float | None]], list[float | None]]
"""p-values to p-values that allow for their number, in the same order."""


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """The p-values with the family-wise error rate held, by stepping down.

    >>> holm([0.01, None, 0.03, 0.04])
    [0.03, None, 0.06, 0.06]
    """
    order = _ascending(p_values)
    steps = (p * (len(order) - rank) for rank, (p, _) in enumerate(order))
    return _placed(p_values, zip(accumulate(steps, max), order, strict=True))


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """The p-values with the false discovery rate held, by stepping up.

    >>> benjamini_hochberg([0.01, None, 0.03, 0.04])
    [0.03, None, 0.04, 0.04]
    """
    order = _ascending(p_values)[::-1]
    steps = (p * len(order) / (len(order) - rank) for rank, (p, _) in enumerate(order))
    return _placed(p_values, zip(accumulate(steps, min), order, strict=True))


_Place = tuple[float, int]
"""A p-value, and where it stood."""


def _ascending(p_values: Sequence[float | None]) -> list[_Place]:
    return sorted((p, place) for place, p in enumerate(p_values) if p is not None)


def _placed(
    p_values: Sequence[float | None], adjusted: Iterable[tuple[float, _Place]]
) -> list[float | None]:
    """The adjusted p-values where they were; none is above 1."""
    found: list[float | None] = [None] * len(p_values)
    for value, (_, place) in adjusted:
        found[place] = min(1.0, value)
    return found
