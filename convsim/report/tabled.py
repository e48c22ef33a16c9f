"""Tables of numbers as text: the headline, the worst cells, every split, and how to read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from convsim.cells import SMALL, UNNAMED
from convsim.cells import badness as worst_of
from convsim.columns import columns, padded
from convsim.correction import Corrected, NoCorrection
from convsim.estimates import Estimate, Number
from convsim.rates import Rate
from convsim.report.excerpts import inert
from convsim.report.hanging import INDENT, hanging
from convsim.report.pressing import EFFECT
from convsim.report.tables import Cell, Table
from convsim.stats import Interval, NoInterval

BOUNDS_NOTE = (
    "had every open dialogue (ended by an error, or undecided) ended well, or badly; printed "
    "where more than 2% are open."
)
CORRECTED_NOTE = (
    "what the rate would be without the judge's errors, as far as people's labels tell; Se and Sp "
    "are the shares of crossings (or refusals) and of the rest that the judge gets right where it "
    "decides, and their uncertainty is in the interval"
)
CORE = ("under-refusal", "over-refusal", "hold", "flip")
"""The numbers whose estimands a short summary prints, too."""

FEW = 8
"""A target with so many lines in a table has them all."""

LINES = 3
"""How many lines a target has in a longer table: the worst."""

ALL_NOTE = (
    "`report --all`, the page and docs/reference/rates.md say what each of the others estimates."
)
SMALL_NOTE = (
    f"fewer than {SMALL} scenarios. Below it the share as the whole table has it: drawn towards "
    "the other cells, the more so the less the cell rests on."
)
REST_NOTE = (
    "all other cells of the same table and target; the p-value allows for how many cells were "
    "tested"
)


def headline(
    table: Table, width: int, *, all_lines: bool = True, calibrated: bool = False
) -> Iterator[str]:
    """The headline numbers: a block per target, and why those are not corrected that are not.

    `calibrated` says that people labelled what the judge judges. `all_lines` says of each number
    what it leaves out, and not just of the first ones.
    """
    if not table.cells:
        return
    yield table.title.upper()
    column = _column(cell for cell in table.cells if _tells(cell))
    for who, cells in _blocks(table):
        yield f"{INDENT}{who}"
        before: Mapping[str, int] = {}
        for cell in filter(_tells, cells):
            yield from _cell(cell, column, width)
            told = cell.number.excluded != before and (all_lines or cell.value in CORE)
            before = cell.number.excluded
            yield from _hung(_beside(cell, left_out=told), column, width)
        if none := [inert(cell.value) for cell in cells if not _tells(cell)]:
            yield from hanging("  no data: ", ", ".join(none), width)
        for reason, names in refusals(cells).items() if calibrated else ():
            yield from hanging("  ", f"{reason} ({', '.join(map(inert, names))})", width)


def _tells(cell: Cell) -> bool:
    """Whether a headline number has a line of its own: it is always asked for, or has data."""
    return cell.value in (*CORE, EFFECT) or cell.number.value is not None


def split(
    table: Table, width: int, *, all_lines: bool = True, calibrated: bool = False
) -> Iterator[str]:
    """One split: a block per target, a line per value, the worst ones alone where they are many.

    Where somebody `calibrated` the judge each cell has its corrected figure, or says why not; what
    is true of all of them is said once.
    """
    if not table.cells:
        return
    yield table.title.upper()
    same = same_refusal(table) if calibrated else None
    for note in filter(None, (table.note, f"{same}." if same else "")):
        yield from hanging("", note, width)
    blocks = _blocks(table)
    shown = {who: cells if all_lines else highest(cells) for who, cells in blocks}
    column = _column(cell for cells in shown.values() for cell in cells)
    for who, cells in blocks:
        yield f"{INDENT}{who}"
        for cell in shown[who]:
            yield from _cell(cell, column, width)
            refusal = calibrated and not same
            beside = _beside(cell, refusal=refusal, shrunk=all_lines or bool(cell.number.value))
            yield from _hung(beside, column, width)
        yield from _left(len(cells), len(shown[who]), table.by)


def _blocks(table: Table) -> list[tuple[str, list[Cell]]]:
    return [(who, list(cells)) for who, cells in groupby(table.cells, key=who_of)]


def _column(cells: Iterable[Cell]) -> int:
    """Where the numbers stand."""
    return min(30, max((columns(inert(cell.value)) for cell in cells), default=0) + 2)


def _hung(beside: Iterable[str], column: int, width: int) -> Iterator[str]:
    """What is said of a number, under it."""
    for line in beside:
        yield from hanging(" " * (min(column, 15) + 2), line, width)


def same_refusal(table: Table) -> NoCorrection | None:
    """Why no cell of a table is corrected, where that is one thing to say."""
    found = {cell.number.correction for cell in table.cells if cell.number.value is not None}
    (first,) = found if len(found) == 1 else (None,)
    return first if isinstance(first, NoCorrection) else None


def refusals(cells: Iterable[Cell]) -> dict[str, list[str]]:
    """Which numbers are not corrected, by reason."""
    found: dict[str, list[str]] = {}
    for cell in cells:
        if isinstance(cell.number.correction, NoCorrection) and cell.number.value is not None:
            found.setdefault(str(cell.number.correction), []).append(cell.value)
    return found


def highest(cells: Sequence[Cell], most: int = LINES, few: int = FEW) -> Sequence[Cell]:
    """The worst cells of a target, the worst first; all of them, as they stand, where few.

    Where they are many, those of 0% are not among them: that is one thing to say, not forty.
    """
    if len(cells) <= few:
        return cells
    worst = [cell for cell in cells if cell.number.value]
    return sorted(worst, key=badness, reverse=True)[:most]


def _left(there: int, shown: int, by: str) -> Iterator[str]:
    """What is said of the lines that are not shown."""
    if not shown and there:
        yield f"{INDENT * 2}none above 0% among {there} {by}s (`report --all`)"
    elif shown < there:
        yield f"{INDENT * 2}and {there - shown} more (`report --all`)"


def _cell(cell: Cell, column: int, width: int) -> Iterator[str]:
    """A number with its interval and its counts, which go on where they do not fit."""
    number, name = cell.number, inert(cell.value)
    head = padded(name, column)
    if columns(name) >= column:
        yield INDENT * 2 + name
        head = " " * column
    if number.value is None:
        why = number.why if isinstance(number, Estimate) and number.why else "no data"
        yield from hanging(INDENT + head, why, width)
        return
    small = " ~" if cell.standing and cell.standing.small else ""
    star = " *" if number.provisional else ""
    figure = f"{number.shown:>6} {number.span:<14} "
    yield from hanging(f"{INDENT}{head}{figure}", f"{number.counts}{small}{star}", width)


def _beside(
    cell: Cell, *, left_out: bool = False, refusal: bool = False, shrunk: bool = True
) -> Iterator[str]:
    """What was left out, what that might have changed, and how the cell stands in its table."""
    number, standing = cell.number, cell.standing
    if number.excluded and left_out:
        yield f"left out: {counted(number.excluded)}"
    if isinstance(number, Rate) and number.bounds:
        yield str(number.bounds)
    if _told(number, refusal=refusal):
        yield str(number.correction)
    if standing and standing.small and standing.shrunk and shrunk:
        yield f"~ {standing.shrunk}"
    if standing and standing.differs:
        yield standing.said


def _told(number: Number, *, refusal: bool) -> bool:
    """Whether a line says what it would be without the judge's errors, or why nobody can tell."""
    known = isinstance(number.interval, Interval)
    return isinstance(number.correction, Corrected) or (refusal and known)


def worst(tables: Sequence[Table], width: int) -> Iterator[str]:
    """Of each split the cell that is worst, next to the mean (field notes 5.10)."""
    found = [
        (table, max(bad, key=badness))
        for table in tables
        if table.by != "arm" and (bad := [cell for cell in table.cells if _stands_out(cell)])
    ]
    if found:
        yield "WORST CELLS"
    for table, cell in found:
        yield from hanging("", f"{table.title}: {inert(cell.value)}, {who_of(cell)}", width)
        yield from _cell(cell._replace(value=""), 2, width)
        beside = list(_beside(cell))
        if cell.standing and not cell.standing.differs:
            beside.append(cell.standing.said)
        yield from hanging(INDENT * 2, "; ".join(beside), width)


def _stands_out(cell: Cell) -> bool:
    """Whether a cell lies above the rest of its table, told from it or not."""
    return cell.value != UNNAMED and cell.standing is not None and cell.standing.more


def footnotes(tables: Sequence[Table], width: int, *, all_lines: bool) -> Iterator[str]:
    """How to read the numbers: what each estimates, and how the intervals were made."""
    cells = [cell for table in tables for cell in table.cells]
    numbers = [cell.number for cell in cells]
    if not numbers:
        return
    yield "HOW TO READ THE RATES"
    for name, estimand in {it.number.name: it.number.estimand for it in tables[0].cells}.items():
        if all_lines or name in CORE:
            yield from hanging(f"{name}: ", estimand, width)
    if not all_lines:
        yield from hanging("", ALL_NOTE, width)
    methods = {it.interval.method for it in numbers if isinstance(it.interval, Interval)}
    reasons = {
        it.interval.reason
        for it in numbers
        if isinstance(it.interval, NoInterval) and it.value is not None
    }
    if methods:
        yield from hanging(
            "[low, high]: ", f"95% interval, clustered by scenario ({listed(methods)}).", width
        )
    if reasons:
        yield from hanging("[no interval]: ", f"{listed(reasons)}.", width)
    if any(isinstance(it, Rate) and it.bounds for it in numbers):
        yield from hanging("best case, worst case: ", BOUNDS_NOTE, width)
    if corrected := {it.method for n in numbers if isinstance(it := n.correction, Corrected)}:
        yield from hanging("corrected: ", f"{CORRECTED_NOTE} ({listed(corrected)}).", width)
    standings = [cell.standing for cell in cells if cell.standing]
    if any(it.small for it in standings):
        yield from hanging("~: ", SMALL_NOTE, width)
    if tests := {it.test for it in standings if it.differs}:
        yield from hanging("the rest: ", f"{REST_NOTE} ({listed(tests)}).", width)
    if any(it.provisional for it in numbers):
        yield from hanging("*: ", "provisional: counts twins that nobody reviewed.", width)


def who_of(cell: Cell) -> str:
    """Whose number it is: `t1 (closed)`."""
    return inert(f"{cell.target} ({cell.mode.value})")


def counted(counts: Mapping[str, int]) -> str:
    """`2 blocked, 1 error`."""
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def listed(words: Iterable[str]) -> str:
    """`cluster-t; Clopper-Pearson over clusters`."""
    return "; ".join(sorted(words))


def badness(cell: Cell) -> tuple[float, float, int]:
    """What to order cells by, the worst last."""
    return worst_of(cell.number, cell.standing)
