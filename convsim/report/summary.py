"""The report as plain text for a terminal: what ran, how it ended, the rates, where to look."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heapreplace
from itertools import groupby

from convsim.comparisons import Comparison
from convsim.matching import EVIDENCE
from convsim.report import tabled
from convsim.report.coverage import lines as coverage_lines
from convsim.report.data import Compared, Entry, ReportData
from convsim.report.excerpts import deciding_quote, inert
from convsim.report.gap import lines as gap_lines
from convsim.report.hanging import INDENT, hanging
from convsim.report.mitigated import lines as mitigated_lines
from convsim.report.pressing import lines as pressed_lines
from convsim.report.spread import lines as spread_lines
from convsim.report.stopping import lines as stopped_lines
from convsim.report.surviving import lines as surviving_lines
from convsim.report.tabled import counted, listed
from convsim.report.tables import CONTROL_ARMS, Endings, arm_place
from convsim.report.wording import decided
from convsim.rows import Row
from convsim.stats import Interval, NoInterval
from convsim.trajectory import trajectory_of
from convsim.transcript import Mode
from convsim.verdict import Grade, Outcome

COMPARISONS_NOTE = (
    "Differences between matched arms in points, averaged over scenarios, and p(1 - p) among "
    "repeats; no verdict depends on them, and none is corrected for the judge's errors. Which arms "
    "match: docs/reference/comparisons.md."
)
BRIEF_NOTE = (
    "Differences between matched arms in points, averaged over scenarios; not corrected for the "
    "judge's errors."
)
NO_MATCH = "no matched arms"
MORE = "by rule, hazard, arm, language and move; curves; what each number estimates"
FEW_TARGETS = 3
"""Up to so many targets have a line for each comparison that was decided."""

LOOKED_AT = 5
"""How many failing dialogues are named."""

_GRADES = tuple(grade.value for grade in (Grade.PASS, Grade.WARN, Grade.FAIL, Grade.INCONCLUSIVE))


def summary(
    data: ReportData,
    width: int = 80,
    *,
    reveal: bool = False,
    all_lines: bool = False,
) -> str:
    """The report as plain text, no line longer than `width` where words allow it.

    A screen or two: what ran, how it ended, the leading numbers with their counts and intervals,
    what stands out, where to look. `all_lines` is for every number, split in every way, the curves
    and what each number estimates.
    """
    if data.void is not None:
        return _joined(
            _title(data, width),
            _facts("what ran", data.what_ran, width),
            _list("read this first", data.cautions, width),
        )
    known = data.calibration is not None
    headline, splits_of = data.tables.headline, data.tables.splits
    compared = _comparisons if all_lines else _comparisons_in_brief
    sections: list[Iterable[str]] = [
        _title(data, width),
        _facts("what ran", data.what_ran, width),
        _list("read this first", data.cautions, width),
        _verdicts(data.tables.endings),
        _outcomes(data.tables.endings, width),
        tabled.headline(headline, width, all_lines=all_lines, calibrated=known),
        mitigated_lines(data.mitigations, width, calibrated=known),
        tabled.worst(splits_of, width, all_lines=all_lines, calibrated=known),
        *(tabled.split(it, width, calibrated=known) for it in splits_of if all_lines),
        stopped_lines(data.stopped, width, all_lines=all_lines),
        compared(data.comparisons, width),
        surviving_lines(data.survival, width, all_lines=all_lines),
        pressed_lines(data.pressed, width, all_lines=all_lines),
        spread_lines(data.spread, width, all_lines=all_lines),
        gap_lines(data.gap, width, all_lines=all_lines),
        coverage_lines(data.coverage, width, data.where, all_lines=all_lines),
        tabled.footnotes(data.tables.all, width, all_lines=all_lines),
        *([_estimands(data.comparisons, width)] if all_lines else []),
        _look_at_next(data, width, reveal=reveal),
        *([] if all_lines or not data.rows else [_more(data.where, width)]),
    ]
    return _joined(*sections)


def _more(where: str, width: int) -> Iterator[str]:
    yield from hanging("", f"`convsim report {inert(where)} --all` and its page: {MORE}", width)


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
                yield INDENT + " " * column + f"  {head}: {counted(reasons)}"
        if item.controls:
            failed = f", {item.controls_failed} ended by an error" if item.controls_failed else ""
            yield INDENT + " " * column + f"  beside controls: {item.controls:,}{failed}"


def _outcomes(endings: Sequence[Endings], width: int) -> Iterator[str]:
    if endings:
        yield "OUTCOMES (of judged dialogues)"
    modes = {item.mode for item in endings}
    for item in endings:
        found = f"; found: {counted(item.findings)}" if item.findings else ""
        told = (", ".join(item.outcomes_in_words) or "none") + found
        yield from hanging(f"{_who(item, modes)}  ", told, width)


def _who(item: Endings | Compared, modes: Collection[Mode] = ()) -> str:
    """Whose it is; its mode goes without saying where these `modes` are one."""
    return inert(item.target if len(modes) == 1 else f"{item.target} ({item.mode.value})")


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
            yield from hanging(f"  {NO_MATCH}: ", none, width)


def _comparisons_in_brief(found: Sequence[Compared], width: int) -> Iterator[str]:
    """A line for the leading one and for each that was decided; the others by what is said."""
    if not found:
        return
    yield "COMPARISONS"
    yield from hanging("", BRIEF_NOTE, width)
    by_name: dict[str, list[Compared]] = {}
    for item in found:
        by_name.setdefault(item.comparison.name, []).append(item)
    modes = {item.mode for item in found}
    silent: dict[str, list[str]] = {}
    for name, items in by_name.items():
        lines = [item for item in items if _says_something(item.comparison, len(items))]
        if lines:
            yield f"{INDENT}{name}"
        for item in lines:
            yield from hanging(f"  {_who(item, modes)}  ", inert(str(item.comparison)), width)
        others = [item for item in items if item not in lines]
        for why, whose in _grouped(others).items():
            named = ", ".join(_who(item, modes) for item in whose)
            few = named if len(whose) <= FEW_TARGETS else f"{len(whose)} of {len(items)} targets"
            of = "" if len(whose) == len(items) else f" ({few})"
            silent.setdefault(why, []).append(name + of)
    for why, names in silent.items():
        yield from hanging(f"{why}: ", ", ".join(names), width)


def _says_something(one: Comparison, targets: int) -> bool:
    """Whether it has a line of its own; of many targets only the leading one has."""
    if one.name == EVIDENCE or targets <= FEW_TARGETS:
        if one.value is None:
            return bool(one.excluded)
        return one.name == EVIDENCE or one.decided in ("more", "less")
    return False


def _grouped(items: Iterable[Compared]) -> dict[str, list[Compared]]:
    """By why they have no line of their own."""
    found: dict[str, list[Compared]] = {}
    for item in items:
        one = item.comparison
        none = "nothing left to compare" if one.excluded else NO_MATCH
        found.setdefault(none if one.value is None else one.decided, []).append(item)
    return found


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
        yield from hanging("[low, high]: ", f"95% interval ({listed(methods)}).", width)
    if reasons := {one.reason for one in intervals if isinstance(one, NoInterval)}:
        yield from hanging("[no interval]: ", f"{listed(reasons)}.", width)


def _look_at_next(data: ReportData, width: int, *, reveal: bool) -> Iterator[str]:
    failing = telling(data.rows)
    if failing:
        yield "LOOK AT NEXT"
    for number, row in enumerate(failing, 1):
        yield f"{INDENT}{number}. {inert(row.key)}"
        yield from _evidence(data.fetch(row.key), width, reveal=reveal)
    if failing:
        where = inert(data.where)
        yield from hanging("", f"`convsim view {where} KEY` prints one of these dialogues", width)
        yield from hanging("", f"`convsim view {where} --fail` lists all that failed", width)


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
