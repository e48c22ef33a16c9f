"""Tables of numbers as text: the headline, the worst cells, every split, and how to read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from convsim.cells import SMALL, UNNAMED
from convsim.cells import badness as worst_of
from convsim.columns import columns, padded
from convsim.correction import NO_INTERVAL, Corrected, NoCorrection
from convsim.estimates import Estimate, Number
from convsim.rates import Rate
from convsim.report.excerpts import inert
from convsim.report.hanging import INDENT, hanging
from convsim.report.pressing import BEYOND, EFFECT
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
"""The numbers that have a line without data, too."""

LEADING = ("under-refusal", "over-refusal", "hold", "second-round survival", "d'", "criterion c")
"""The headline numbers that a short summary has, beside ASR@k and the pressure effect."""
SMALL_NOTE = (
    f"fewer than {SMALL} scenarios. Below it the share as the whole table has it: drawn towards "
    "the other cells, the more so the less the cell rests on."
)
WORST_NOTE = (
    "Of each table below the cell that lies highest above the rest; what is not told from the rest "
    "may be chance."
)
REST_NOTE = (
    "all other cells of the same table and target; the p-value allows for how many cells were "
    "tested"
)


def headline(
    table: Table, width: int, *, all_lines: bool = True, calibrated: bool = False
) -> Iterator[str]:
    """The headline numbers: a block per target, and why those are not corrected that are not.

    `calibrated` says that people labelled what the judge judges. Without `all_lines` only the
    leading numbers have lines, the others are named, and what is true of all targets is said once.
    """
    if not table.cells:
        return
    yield table.title.upper()
    every = by_target(table)
    shown = {who: [it for it in cells if _tells(it, all_lines=all_lines)] for who, cells in every}
    column = _column(cell for cells in shown.values() for cell in cells)
    told = every if all_lines else [(who, shown[who]) for who, _ in every]
    alike, refused = uncorrected(told if calibrated else [])
    for who, cells in every:
        yield f"{INDENT}{who}"
        yield from _numbers(shown[who], column, width, all_lines=all_lines)
        none = [cell for cell in cells if not _tells(cell, all_lines=all_lines)]
        none = [it for it in none if it.number.value is None and (all_lines or leads(it))]
        empty = [inert(it.value) for it in none]
        if empty:
            yield from hanging("  no data: ", ", ".join(empty), width)
        for why in refused.get(who, ()):
            yield from hanging("  ", why, width)
    for why in alike:
        yield from hanging("", why, width)
    if not all_lines:
        yield from _not_shown(table, width)


def _numbers(cells: Sequence[Cell], column: int, width: int, *, all_lines: bool) -> Iterator[str]:
    """The lines of one target; d' and criterion of a short summary stand below what they join."""
    excluded: Mapping[str, int] = {}
    first_two = [share for cell in cells[:2] for share in cell.number.fractions.values()]
    for cell in cells:
        number = cell.number
        both = not all_lines and list(number.fractions.values()) == first_two
        yield from _cell(cell, column, width, counts="of the first two" if both else "")
        told = number.excluded != excluded and (all_lines or cell.value in CORE)
        excluded = number.excluded
        yield from _hung(_beside(cell, left_out=told), column, width)


def _tells(cell: Cell, *, all_lines: bool) -> bool:
    """Whether a headline number has a line of its own: it is always asked for, or has data."""
    if all_lines:
        return cell.value in (*CORE, EFFECT) or cell.number.value is not None
    return leads(cell) and (cell.value in CORE or cell.number.value is not None)


def leads(cell: Cell) -> bool:
    """Whether a headline number is one of those that a reader sees first."""
    return cell.value in LEADING or cell.value.startswith(("ASR@", BEYOND))


def _not_shown(table: Table, width: int) -> Iterator[str]:
    """Where no pressure effect is known, and which numbers only `--all` has."""
    for said in absent(table):
        yield from hanging("", said, width)
    others = (it for it in table.cells if it.number.value is not None and not leads(it))
    if names := dict.fromkeys(inert(cell.value) for cell in others):
        yield from hanging("with --all: ", ", ".join(names), width)


def absent(table: Table) -> list[str]:
    """Why no pressure effect is known, and of which targets where it is known of others."""
    found: dict[str, list[str]] = {}
    for cell in table.cells:
        if cell.value == EFFECT and isinstance(cell.number, Estimate):
            found.setdefault(cell.number.why, []).append(who_of(cell))
    count = len(by_target(table))
    every = {why: len(whose) == count for why, whose in found.items()}
    return [
        f"{EFFECT}: {why}" if every[why] else f"{EFFECT} of {', '.join(whose)}: {why}"
        for why, whose in found.items()
    ]


def split(table: Table, width: int, *, calibrated: bool = False) -> Iterator[str]:
    """One split: a block per target, a line per value.

    Where somebody `calibrated` the judge each cell has its corrected figure, or says why not; what
    is true of all of them is said once.
    """
    if not table.cells:
        return
    yield table.title.upper()
    same = same_refusal(table) if calibrated else None
    for note in filter(None, (table.note, f"{same}." if same else "")):
        yield from hanging("", note, width)
    column = _column(table.cells)
    for who, cells in by_target(table):
        yield f"{INDENT}{who}"
        for cell in cells:
            yield from _cell(cell, column, width)
            yield from _hung(_beside(cell, refusal=calibrated and not same), column, width)


def by_target(table: Table) -> list[tuple[str, list[Cell]]]:
    """Its cells by whose they are: `t1 (closed)`."""
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


def uncorrected(
    blocks: Sequence[tuple[str, Sequence[Cell]]],
) -> tuple[list[str], dict[str, list[str]]]:
    """Why numbers are not corrected: what is so of each of several targets, then by target."""
    known = [cell for _, cells in blocks for cell in cells if cell.number.value is not None]
    reasons: dict[str, set[Corrected | NoCorrection]] = {}
    for cell in known:
        reasons.setdefault(cell.value, set()).add(cell.number.correction)
    shared = {name for name, found in reasons.items() if len(found) == 1 and len(blocks) > 1}
    alike = {cell.value: cell for cell in known if cell.value in shared}
    return _refused(alike.values()), {
        who: _refused(cell for cell in cells if cell.value not in shared) for who, cells in blocks
    }


def _refused(cells: Iterable[Cell]) -> list[str]:
    """`uncorrected: too few labels (over-refusal, hold)`."""
    found: dict[str, list[str]] = {}
    for cell in cells:
        if isinstance(cell.number.correction, NoCorrection) and cell.number.value is not None:
            found.setdefault(str(cell.number.correction), []).append(inert(cell.value))
    return [f"{reason} ({', '.join(names)})" for reason, names in found.items()]


def highest(cells: Sequence[Cell], most: int) -> Sequence[Cell]:
    """The worst cells of a target, the worst first; all of them, as they stand, where so few.

    Where they are many, those of 0% are not among them: that is one thing to say, not forty.
    """
    if len(cells) <= most:
        return cells
    worst = [cell for cell in cells if cell.number.value]
    return sorted(worst, key=badness, reverse=True)[:most]


def _cell(cell: Cell, column: int, width: int, *, counts: str = "") -> Iterator[str]:
    """A number with its interval and its counts, which go on where they do not fit."""
    number, name = cell.number, inert(cell.value)
    head = padded(name, column)
    if name and columns(name) >= column:
        yield INDENT * 2 + name
        head = " " * column
    if number.value is None:
        why = number.why if isinstance(number, Estimate) and number.why else "no data"
        yield from hanging(INDENT + head, why, width)
        return
    small = " ~" if cell.standing and cell.standing.small else ""
    star = " *" if number.provisional else ""
    figure = f"{number.shown:>6} {number.span:<14} "
    yield from hanging(f"{INDENT}{head}{figure}", f"{counts or number.counts}{small}{star}", width)


def _beside(cell: Cell, *, left_out: bool = False, refusal: bool = False) -> Iterator[str]:
    """What was left out, what that might have changed, and how the cell stands in its table."""
    number, standing = cell.number, cell.standing
    if number.excluded and left_out:
        yield f"left out: {counted(number.excluded)}"
    if isinstance(number, Rate) and number.bounds:
        yield str(number.bounds)
    if _told(number, refusal=refusal):
        yield str(number.correction)
    if standing and standing.small and standing.shrunk:
        yield f"~ {standing.shrunk}"
    if standing and standing.differs:
        yield standing.said


def _told(number: Number, *, refusal: bool) -> bool:
    """Whether a line says what it would be without the judge's errors, or why nobody can tell."""
    known = isinstance(number.interval, Interval)
    return isinstance(number.correction, Corrected) or (refusal and known)


def worst(
    tables: Sequence[Table], width: int, *, all_lines: bool = True, calibrated: bool = False
) -> Iterator[str]:
    """Of each split the cell that is worst, next to the mean (field notes 5.10).

    In a short summary it is the worst rule, and what else is told from the rest of its table.
    """
    found = worst_cells(tables)
    if found:
        yield "WORST CELLS"
    silent = []
    for table, cell in found:
        if not all_lines and not worth_telling(table, cell):
            silent.append(table.title)
            continue
        yield from hanging("", f"{table.title}: {inert(cell.value)}, {who_of(cell)}", width)
        yield from _cell(cell._replace(value=""), 0, width)
        beside = list(_beside(cell, refusal=calibrated))
        if cell.standing and not cell.standing.differs:
            beside.append(cell.standing.said)
        yield from hanging(INDENT, "; ".join(beside), width)
    if silent:
        said = "nothing told from the rest of its table (--all): "
        yield from hanging("", said + "; ".join(silent), width)


def worst_cells(tables: Sequence[Table]) -> list[tuple[Table, Cell]]:
    """Of each split the cell that is worst: of those told from the rest, if there are any."""
    return [
        (table, max(bad, key=_standing_out))
        for table in tables
        if table.by != "arm" and (bad := [cell for cell in table.cells if _stands_out(cell)])
    ]


def worth_telling(table: Table, cell: Cell) -> bool:
    """Whether a worst cell is a rule's, or told from the rest of its table."""
    return table.by == "rule" or _differs(cell)


def _standing_out(cell: Cell) -> tuple[bool, tuple[float, float, int]]:
    """What to order cells by: those that are told from the rest come last, then by badness."""
    return _differs(cell), badness(cell)


def _differs(cell: Cell) -> bool:
    return bool(cell.standing and cell.standing.differs)


def _stands_out(cell: Cell) -> bool:
    """Whether a cell lies above the rest of its table, told from it or not."""
    return cell.value != UNNAMED and cell.standing is not None and cell.standing.more


def footnotes(tables: Sequence[Table], width: int, *, all_lines: bool) -> Iterator[str]:
    """How to read the numbers: how the intervals were made, and what the marks mean; with
    `all_lines` also what each number estimates.
    """
    if all_lines:
        cells = [cell for table in tables for cell in table.cells]
        estimands = {it.number.name: it.number.estimand for it in tables[0].cells}
    else:
        cells = [
            *(cell for cell in tables[0].cells if leads(cell)),
            *(cell for table, cell in worst_cells(tables) if worth_telling(table, cell)),
        ]
        estimands = {}
    told = [
        *(line for name, it in estimands.items() for line in hanging(f"{name}: ", it, width)),
        *_intervals([cell.number for cell in cells], width),
        *_marks(cells, width, all_lines=all_lines),
    ]
    if told:
        yield "HOW TO READ THE RATES"
        yield from told


def _intervals(numbers: Sequence[Number], width: int) -> Iterator[str]:
    """How the intervals, the bounds and the corrected figures were made."""
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
        raw = any(it.correction == NO_INTERVAL for it in numbers)
        but = " Without one a rate is not corrected." if raw else ""
        yield from hanging("[no interval]: ", f"{listed(reasons)}.{but}", width)
    if any(isinstance(it, Rate) and it.bounds for it in numbers):
        yield from hanging("best case, worst case: ", BOUNDS_NOTE, width)
    if corrected := {it.method for n in numbers if isinstance(it := n.correction, Corrected)}:
        yield from hanging("corrected: ", f"{CORRECTED_NOTE} ({listed(corrected)}).", width)


def _marks(cells: Sequence[Cell], width: int, *, all_lines: bool) -> Iterator[str]:
    """What `~`, `*` and *the rest* mean, where they stand."""
    standings = [cell.standing for cell in cells if cell.standing]
    if any(it.small for it in standings):
        yield from hanging("~: ", SMALL_NOTE, width)
    if tests := {it.test for it in standings if it.differs}:
        how = f" ({listed(tests)})" if all_lines else ""
        yield from hanging("the rest: ", f"{REST_NOTE}{how}.", width)
    if any(cell.number.provisional for cell in cells):
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
