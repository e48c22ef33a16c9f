"""Rows, the goals they are held against, and how they are printed: at most 100 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from statistics import median
from typing import Any

WIDTHS = (31, 18, 22, 8)
HEADINGS = ("", "decides", "beside it", "ratio", "goal")
WIDTH = 100


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound, and where there is one a second that would be better still."""

    bound: float
    better: float | None = None
    at_least: bool = False

    def met_by(self, value: float) -> str:
        """Yes, no, or stretch: better still."""
        if self.better is not None and self._holds(value, self.better):
            return "stretch"
        return "yes" if self._holds(value, self.bound) else "no"

    def _holds(self, value: float, bound: float) -> bool:
        return value >= bound if self.at_least else value <= bound

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        return f"{sign}{self.bound:,g}" + (f" ({self.better:,g})" if self.better else "")


@dataclass(frozen=True, slots=True)
class Row:
    """One line: the figure that decides, what stands beside it, its ratio, and the goal.

    `ratio` is to the row's baseline. `held` is what the goal is about: the ratio, or `value`.
    `value` is the figure in `unit`; None where nothing was measured, and `beside` then says why.
    """

    section: str
    label: str
    value: float | None
    unit: str = ""
    beside: str = ""
    ratio: float | None = None
    goal: Goal | None = None
    runs: tuple[float, ...] = ()

    @property
    def met(self) -> str:
        """Yes, stretch, no; empty without a goal, and unknown where nothing was measured."""
        if self.goal is None:
            return ""
        held = self.value if self.ratio is None else self.ratio
        return "unknown" if held is None else self.goal.met_by(held)

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        if self.value is None:
            return (self.label, self.beside)
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}x"
        goal = "" if self.goal is None else f"{self.goal} {self.met}"
        return (self.label, f"{_number(self.value)} {self.unit}", self.beside, ratio, goal)

    def plain(self) -> dict[str, Any]:
        """The row for machines."""
        return {**asdict(self), "met": self.met}


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def middle(values: Iterable[float]) -> float:
    """The median: one measurement that something else disturbed changes nothing."""
    return median(values)


def lines(rows: Iterable[Row]) -> Iterator[str]:
    """The table, a block for each section."""
    for section, block in groupby(rows, key=lambda row: row.section):
        yield ""
        yield _line((section, *HEADINGS[1:]))
        yield "-" * WIDTH
        yield from (_line(row.cells()) for row in block)


def _line(cells: tuple[str, ...]) -> str:
    if len(cells) == 2:
        return f"{cells[0]:<{WIDTHS[0]}} {cells[1]}"[:WIDTH].rstrip()
    label, value, beside, ratio, goal = cells
    first, second, third, fourth = WIDTHS
    left = f"{label:<{first}} {value:>{second}} {beside:>{third}}"
    return f"{left}{ratio:>{fourth}}  {goal}".rstrip()
