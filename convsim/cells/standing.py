"""How each cell stands among the others of its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from convsim.cells.differing import Shares, Tested, differs
from convsim.cells.shrinking import Shrunk, shrunk
from convsim.estimates import Number
from convsim.multiplicity import BENJAMINI_HOCHBERG, HOLM, benjamini_hochberg, holm
from convsim.stats import LEVEL, Interval

SMALL = 5
"""A cell of fewer scenarios is small: its own interval is mostly the t distribution's width."""

ADJUST = {HOLM: holm, BENJAMINI_HOCHBERG: benjamini_hochberg}


@dataclass(frozen=True, slots=True)
class Standing:
    """How one cell stands among the others of its table.

    `p_value` is of "it is like the rest", after the correction for multiplicity that `adjusted`
    names with the number of cells; None where nothing could be tested. `test` is how, and `more`
    says that the cell lies above the rest. `shrunk` is its share as the whole table has it, None
    where the cells are too few to tell. `small` says that it rests on few scenarios.
    """

    small: bool
    p_value: float | None = None
    test: str = ""
    adjusted: str = ""
    more: bool = False
    shrunk: Shrunk | None = None

    @property
    def differs(self) -> bool:
        """Whether it is told from the rest."""
        return self.p_value is not None and self.p_value < 1 - LEVEL

    @property
    def said(self) -> str:
        """`more than the rest (p 0.012, Holm over 35)`, or `not told from the rest (p 1, ...)`."""
        if self.p_value is None:
            return ""
        side = "more than" if self.more else "less than"
        head = side if self.differs else "not told from"
        return f"{head} the rest (p {self.p_value:.2g}, {self.adjusted})"

    def record(self) -> dict[str, Any]:
        """It as columns of a flat row."""
        drawn = self.shrunk
        return {
            "small": self.small,
            "p_value": self.p_value,
            "test": self.test,
            "adjusted": self.adjusted,
            "shrunk": drawn.value if drawn else None,
            "shrunk_low": drawn.interval.low if drawn else None,
            "shrunk_high": drawn.interval.high if drawn else None,
            "shrunk_method": drawn.interval.method if drawn else "",
        }

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return {**self.record(), "differs": self.differs, "more": self.more}


NOWHERE: Mapping[str, Any] = {
    name: None for name in Standing(small=False).record() if name != "p_value"
}
"""The columns of a number that stands among no others; a p-value of its own stays what it is."""


def standings(
    cells: Mapping[str, Shares], whole: Shares, *, adjust: str = HOLM
) -> dict[str, Standing]:
    """How each cell stands; `whole` is what the table is a split of, by scenario.

    `adjust` is Holm's correction where somebody may act upon a cell, Benjamini and Hochberg's where
    the table explores.
    """
    drawn = shrunk(cells)
    tests = [differs(shares, whole) for shares in cells.values()]
    p_values = ADJUST[adjust]([it.p_value if it else None for it in tests])
    over = f"{adjust} over {sum(it is not None for it in tests)}"
    return {
        name: _standing(shares, test, p_value, over, drawn.get(name))
        for (name, shares), test, p_value in zip(cells.items(), tests, p_values, strict=True)
    }


def _standing(
    shares: Shares, test: Tested | None, p_value: float | None, over: str, drawn: Shrunk | None
) -> Standing:
    small = sum(bool(it.trials) for it in shares.values()) < SMALL
    if test is None:
        return Standing(small, shrunk=drawn)
    return Standing(small, p_value, test.test, over, test.more, drawn)


def badness(number: Number, standing: Standing | None) -> tuple[float, float, int]:
    """What to order cells by, the worst last: what is surely bad before what may be.

    That is the lower end of the shrunk share, or of the cell's own interval where there is none.
    """
    found = standing.shrunk.interval if standing and standing.shrunk else number.interval
    low = found.low if isinstance(found, Interval) else 0.0
    return low, number.value or 0.0, number.clusters
