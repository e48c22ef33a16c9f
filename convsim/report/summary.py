"""The report as plain text for a terminal: what ran, how it ended, the rates, where to look."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heapreplace
from itertools import groupby

from convsim.columns import columns, padded
from convsim.correction import Corrected
from convsim.estimates import UNLABELLED
from convsim.rates import Rate, percent
from convsim.report.coverage import lines as coverage_lines
from convsim.report.data import Compared, Entry, ReportData
from convsim.report.excerpts import deciding_quote, inert
from convsim.report.gap import lines as gap_lines
from convsim.report.hanging import INDENT, hanging
from convsim.report.pressing import lines as pressed_lines
from convsim.report.spread import authored
from convsim.report.spread import lines as spread_lines
from convsim.report.tables import CONTROL_ARMS, Cell, Endings, Table, arm_place
from convsim.report.wording import decided
from convsim.rows import Row
from convsim.stats import Interval, NoInterval
from convsim.trajectory import trajectory_of
from convsim.verdict import Grade, Outcome

BOUNDS_NOTE = (
    "had every open dialogue (ended by an error, or undecided) ended well, or badly; printed "
    "where more than 2% are open."
)
CORRECTED_NOTE = (
    "what the rate would be without the judge's errors, as far as people's labels tell; Se and Sp "
    "are the shares of crossings (or refusals) and of the rest that the judge gets right where it "
    "decides, and their uncertainty is in the interval"
)
COMPARISONS_NOTE = (
    "Differences between matched arms in points, averaged over scenarios, and p(1 - p) among "
    "repeats; no verdict depends on them, and none is corrected for the judge's errors. Which arms "
    "match: docs/reference/comparisons.md."
)
LOOKED_AT = 5
"""How many failing dialogues are named."""

LINES = 10
"""How many lines a target has in a table by rule, arm or move."""

_GRADES = tuple(grade.value for grade in (Grade.PASS, Grade.WARN, Grade.FAIL, Grade.INCONCLUSIVE))


def summary(
    data: ReportData,
    width: int = 80,
    *,
    reveal: bool = False,
    splits: bool = True,
    all_lines: bool = False,
) -> str:
    """The whole report as plain text, no line longer than `width` where words allow it.

    `splits=False` leaves out the tables by rule, arm and move, which grow with every target. In
    these a target has its highest rates; `all_lines` is for all of them.
    """
    if data.void is not None:
        return _joined(
            _title(data, width),
            _facts("what ran", data.what_ran, width),
            _list("read this first", data.cautions, width),
        )
    headline = data.tables.headline
    sections: list[Iterable[str]] = [
        _title(data, width),
        _facts("what ran", data.what_ran, width),
        _list("read this first", data.cautions, width),
        _verdicts(data.tables.endings),
        _outcomes(data.tables.endings, width),
        _rates(headline, width),
        *(_rates(it, width, all_lines=all_lines) for it in data.tables.splits if splits),
        coverage_lines(data.coverage, width, data.where),
        *([_comparisons(data.comparisons, width)] if splits else []),
        spread_lines(data.spread if splits else authored(data.spread), width),
        *([pressed_lines(data.pressed, width)] if splits else []),
        *([gap_lines(data.gap, width)] if splits else []),
        _footnotes(data.tables.all, width),
        *([_estimands(data.comparisons, width)] if splits else []),
        _look_at_next(data, width, reveal=reveal),
    ]
    return _joined(*sections)


def _joined(*sections: Iterable[str]) -> str:
    blocks = ("\n".join(line.rstrip() for line in lines) for lines in sections)
    return "\n\n".join(block for block in blocks if block) + "\n"


def painted(text: str) -> str:
    """A summary with its verdicts and headings coloured, as a terminal takes it.

    `NO_COLOR` and a dumb terminal are respected.
    """
    from rich.console import Console
    from rich.text import Text

    painting = Text(text)
    painting.highlight_regex(r"(?m)^[A-Z][A-Z -]+$", "bold")
    painting.highlight_words(["FAIL"], "bold red")
    painting.highlight_words(["WARN"], "yellow")
    painting.highlight_words(["PASS"], "blue")
    painting.highlight_words(["INCONCLUSIVE"], "magenta")
    console = Console(force_terminal=True)
    with console.capture() as capture:
        console.print(painting, soft_wrap=True, end="")
    return capture.get()


def _title(data: ReportData, width: int) -> Iterator[str]:
    yield inert(data.title)
    yield "=" * min(width, max(len(data.title), 12))


def _facts(title: str, facts: Mapping[str, str], width: int) -> Iterator[str]:
    yield title.upper()
    column = max(map(len, facts), default=0) + 2
    for name, value in facts.items():
        yield from hanging(f"{name:<{column}}", inert(value), width)


def _list(title: str, items: Sequence[str], width: int) -> Iterator[str]:
    if items:
        yield title.upper()
    for item in items:
        yield from hanging("! ", inert(item), width)


def _verdicts(endings: Sequence[Endings]) -> Iterator[str]:
    """Verdicts per target; the reasons of INCONCLUSIVE and the kinds of errors beside them."""
    yield "VERDICTS"
    if not endings:
        yield f"{INDENT}no dialogues"
        return
    names = [_who(item) for item in endings]
    column = max(len("target"), *map(len, names)) + 2
    heads = (*_GRADES, "error", "total")
    yield INDENT + f"{'target':<{column}}" + "".join(f"{head:>{len(head) + 2}}" for head in heads)
    for name, item in zip(names, endings, strict=True):
        counts = [item.grades.get(grade, 0) for grade in _GRADES]
        counts += [sum(item.errors.values()), item.total]
        cells = (f"{count:>{len(head) + 2}}" for head, count in zip(heads, counts, strict=True))
        yield INDENT + f"{name:<{column}}" + "".join(cells)
        notes = {
            "INCONCLUSIVE": item.reasons,
            "errors": item.errors,
            "provider blocks": item.blocks,
        }
        for head, reasons in notes.items():
            if reasons:
                yield INDENT + " " * column + f"  {head}: {_counted(reasons)}"
        if item.controls:
            failed = f", {item.controls_failed} ended by an error" if item.controls_failed else ""
            yield INDENT + " " * column + f"  beside controls: {item.controls:,}{failed}"


def _outcomes(endings: Sequence[Endings], width: int) -> Iterator[str]:
    if endings:
        yield "OUTCOMES (of judged dialogues)"
    for item in endings:
        yield from hanging(f"{_who(item)}  ", ", ".join(item.outcomes_in_words) or "none", width)
        if item.findings:
            yield from hanging("    found: ", _counted(item.findings), width)


def _who(item: Endings | Cell | Compared) -> str:
    return inert(f"{item.target} ({item.mode.value})")


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _rates(table: Table, width: int, *, all_lines: bool = True) -> Iterator[str]:
    """One table of rates: a block per target, a line per value."""
    if not table.cells:
        return
    yield table.title.upper()
    if table.note:
        yield from hanging("", table.note, width)
    blocks = [(who, list(cells)) for who, cells in groupby(table.cells, key=_who)]
    shown = {who: cells if all_lines else highest(cells) for who, cells in blocks}
    names = (inert(cell.value) for cells in shown.values() for cell in cells)
    column = min(30, max(map(columns, names), default=0) + 2)
    for who, cells in blocks:
        yield f"{INDENT}{who}"
        for cell in shown[who]:
            yield from _rate(cell, column)
            for line in _beside(cell.rate, whole=table.by == "rate"):
                yield from hanging(" " * (min(column, 15) + 2), line, width)
        yield from _left(len(cells), len(shown[who]), table.by)


def highest(cells: Sequence[Cell], most: int = LINES) -> Sequence[Cell]:
    """The cells with the highest rates, in the order of the table; all of them where they are few.

    Where they are many, those of 0% are not among them: that is one thing to say, not forty.
    """
    if len(cells) <= most:
        return cells
    worst = sorted((cell for cell in cells if cell.rate.numerator), key=_badness, reverse=True)
    kept = {id(cell) for cell in worst[:most]}
    return [cell for cell in cells if id(cell) in kept]


def _left(there: int, shown: int, by: str) -> Iterator[str]:
    """What is said of the lines that are not shown."""
    if not shown and there:
        yield f"{INDENT * 2}none above 0% among {there} {by}s (`report --all`)"
    elif shown < there:
        yield f"{INDENT * 2}and {there - shown} more (`report --all`)"


def _rate(cell: Cell, column: int) -> Iterator[str]:
    rate, name = cell.rate, inert(cell.value)
    head = INDENT * 2 + padded(name, column)
    if columns(name) >= column:
        yield INDENT * 2 + name
        head = " " * (len(INDENT) * 2 + column)
    if rate.value is None:
        yield f"{head}no data"
    else:
        star = " *" if rate.provisional else ""
        yield f"{head}{percent(rate.value):>5}% {rate.span:<14} {rate.counts}{star}"


def _beside(rate: Rate, *, whole: bool) -> Iterator[str]:
    """What was left out of a rate, and what it might have changed."""
    if rate.excluded and whole:
        yield f"left out: {_counted(rate.excluded)}"
    if rate.bounds:
        yield str(rate.bounds)
    labelled = rate.correction is not UNLABELLED
    if labelled and (rate.corrected or isinstance(rate.interval, Interval)):
        yield str(rate.correction)


def _comparisons(found: Sequence[Compared], width: int) -> Iterator[str]:
    """What matched arms and repeats show, and for what there are none: a block per target."""
    if not found:
        return
    yield "COMPARISONS"
    yield from hanging("", COMPARISONS_NOTE, width)
    for who, items in groupby(found, key=_who):
        yield f"{INDENT}{who}"
        compared = [item.comparison for item in items]
        for one in compared:
            if one.value is not None or one.excluded:
                yield from hanging(f"  {one.name:<22}", inert(str(one)), width)
        unmatched = (one.name for one in compared if one.value is None and not one.excluded)
        if none := ", ".join(unmatched):
            yield from hanging("  no matched arms for: ", none, width)


def _footnotes(tables: Sequence[Table], width: int) -> Iterator[str]:
    """How to read the rates: what each estimates, and how the intervals were made."""
    rates = [cell.rate for table in tables for cell in table.cells]
    if not rates:
        return
    yield "HOW TO READ THE RATES"
    for name, estimand in {cell.rate.name: cell.rate.estimand for cell in tables[0].cells}.items():
        yield from hanging(f"{name}: ", estimand, width)
    methods = {rate.interval.method for rate in rates if isinstance(rate.interval, Interval)}
    reasons = {
        rate.interval.reason
        for rate in rates
        if isinstance(rate.interval, NoInterval) and rate.denominator
    }
    if methods:
        yield from hanging(
            "[low, high]: ", f"95% interval, clustered by scenario ({_or(methods)}).", width
        )
    if reasons:
        yield from hanging("[no interval]: ", f"{_or(reasons)}.", width)
    if any(rate.bounds for rate in rates):
        yield from hanging("best case, worst case: ", BOUNDS_NOTE, width)
    if corrected := {it.method for rate in rates if isinstance(it := rate.correction, Corrected)}:
        yield from hanging("corrected: ", f"{CORRECTED_NOTE} ({_or(corrected)}).", width)
    if any(rate.provisional for rate in rates):
        yield from hanging("*: ", "provisional: counts twins that nobody reviewed.", width)


def _estimands(found: Sequence[Compared], width: int) -> Iterator[str]:
    """How to read the comparisons: what each estimates, and how the intervals were made."""
    shown = [item.comparison for item in found if item.comparison.value is not None]
    if not shown:
        return
    yield "HOW TO READ THE COMPARISONS"
    for name, estimand in {one.name: one.estimand for one in shown}.items():
        yield from hanging(f"{name}: ", estimand, width)
    intervals = [one.interval for one in shown]
    if methods := {one.method for one in intervals if isinstance(one, Interval)}:
        yield from hanging("[low, high]: ", f"95% interval ({_or(methods)}).", width)
    if reasons := {one.reason for one in intervals if isinstance(one, NoInterval)}:
        yield from hanging("[no interval]: ", f"{_or(reasons)}.", width)


def _or(words: Iterable[str]) -> str:
    return "; ".join(sorted(words))


def _look_at_next(data: ReportData, width: int, *, reveal: bool) -> Iterator[str]:
    failing = telling(data.rows)
    worst = list(_worst(data))
    if failing or worst:
        yield "LOOK AT NEXT"
    for number, row in enumerate(failing, 1):
        yield f"{INDENT}{number}. {inert(row.key)}"
        yield from _evidence(data.fetch(row.key), width, reveal=reveal)
    yield from worst
    if failing:
        where = inert(data.where)
        yield from hanging("", f"`convsim view {where} KEY` prints one of these dialogues", width)
        yield from hanging("", f"`convsim view {where} --fail` lists all that failed", width)
        yield from hanging("", f"`convsim report {where}` shows the dialogues on a page", width)


def _evidence(entry: Entry, width: int, *, reveal: bool) -> Iterator[str]:
    """What decided a dialogue, and its quote."""
    verdict = entry.verdict
    if verdict is not None:
        path = trajectory_of(entry.transcript, entry.case, verdict.readings, verdict.supplied)
        quote = deciding_quote(path, verdict, reveal=reveal)
        yield from hanging("   ", inert(f"{decided(verdict)}, rule {verdict.rule}"), width)
        said = f'"{quote.text}"' if quote.text or not quote.hidden else ""
        yield from hanging("   ", f"{said}{str(quote)[len(quote.text) :]}".strip(), width)


def telling(rows: Iterable[Row], most: int = LOOKED_AT) -> list[Row]:
    """Failing dialogues worth reading first: of all targets, findings and scenarios.

    Next comes the target that was shown least, with the finding and then the scenario that was
    shown least; of several the finding that this target has least often, since a common one is in
    the tables. A control comes after the arms that it was made from.
    """
    waiting = sorted((row for row in rows if row.grade is Grade.FAIL), key=place_of)
    often = Counter((row.target, row.finding) for row in waiting)
    seen: Counter[tuple[str, ...]] = Counter()

    def turn(row: Row) -> tuple[int | bool, ...]:
        return (
            row.arm in CONTROL_ARMS,
            seen["target", row.target],
            seen["finding", row.finding],
            seen["family", _family(row)],
            seen["scenario", row.scenario],
            often[row.target, row.finding],
            row.outcome is not Outcome.CROSSED,
            seen["both", row.scenario, row.target],
        )

    chosen: list[Row] = []
    while waiting and len(chosen) < most:
        row = min(waiting, key=turn)
        waiting.remove(row)
        chosen.append(row)
        seen.update(
            [
                ("target", row.target),
                ("finding", row.finding),
                ("family", _family(row)),
                ("scenario", row.scenario),
                ("both", row.scenario, row.target),
            ]
        )
    return chosen


def _family(row: Row) -> str:
    """What a scenario's name begins with: `fraud`."""
    return row.scenario.partition(".")[0]


def place_of(row: Row) -> tuple[object, ...]:
    """What to order dialogues by: controls last, then by scenario, arm, target and repeat."""
    place = arm_place(row.arm)
    return place[0], row.scenario, place, row.target, _by_number(row.key)


def _by_number(key: str) -> list[tuple[int, str]]:
    """A key with its numbers as such, so that repeat 10 comes after repeat 9."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(key)]


_DIGITS = re.compile(r"(\d+)", re.ASCII)


def varied(rows: Iterable[Row], most: int) -> list[Row]:
    """The first of each kind, then the second of each, and so on; of controls when all are shown.

    A kind is a scenario and a finding. Of equally many the target comes next that was shown least,
    and then the dialogue that stands first.
    """
    waiting: dict[tuple[bool, str, str, str], deque[tuple[int, Row]]] = {}
    for place, row in enumerate(rows):
        kind = row.arm in CONTROL_ARMS, row.scenario, row.finding, row.target
        waiting.setdefault(kind, deque()).append((place, row))
    seen: Counter[tuple[str, ...]] = Counter()

    def turn(kind: tuple[bool, str, str, str]) -> tuple[bool, int, int, int]:
        control, scenario, finding, target = kind
        return control, seen[scenario, finding], seen[target,], waiting[kind][0][0]

    heap = [(turn(kind), kind) for kind in waiting]
    heapify(heap)
    chosen: list[Row] = []
    while heap and len(chosen) < most:
        due, kind = heap[0]
        if due != (now := turn(kind)):  # others of the kind, or of the target, were shown since
            heapreplace(heap, (now, kind))
            continue
        _, scenario, finding, target = kind
        chosen.append(waiting[kind].popleft()[1])
        seen.update([(scenario, finding), (target,)])
        heapreplace(heap, (turn(kind), kind)) if waiting[kind] else heappop(heap)
    return chosen


def _worst(data: ReportData) -> Iterator[str]:
    """The worst rule and the worst move, next to the mean (field notes 5.10)."""
    for table in data.tables.splits:
        if table.title in ("Under-refusal by rule", "Crossings by move"):
            crossed = [cell for cell in table.cells if cell.rate.numerator]
            if crossed:
                cell = max(crossed, key=_badness)
                yield f"{INDENT}worst {table.by}: {inert(cell.value)}, {_who(cell)}"
                yield f"{INDENT}   {cell.rate}"
                if cell.rate.bounds:
                    yield f"{INDENT}   {cell.rate.bounds}"


def _badness(cell: Cell) -> tuple[float, float, int]:
    """What is surely bad before what may be: the lower end first, then the share."""
    rate = cell.rate
    low = rate.interval.low if isinstance(rate.interval, Interval) else 0.0
    return low, rate.value or 0.0, rate.denominator
