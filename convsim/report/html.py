"""The report as one self-contained page: readable offline, without JavaScript, and inert.

What is laid out comes from `data`; this file turns it into views and hands them to the template.
Two guards stand between a transcript and the page: every value that is printed passes `inert` and
is escaped, and a content security policy lets nothing load and nothing run but the one script.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convsim.cells.shrinking import SHRUNK
from convsim.correction import Corrected, NoCorrection
from convsim.estimates import Estimate, Number, Unit
from convsim.mitigations import Mitigations
from convsim.rates import Rate, percent
from convsim.report import charted, coverage, mitigated, pressing, spread, stopping, surviving
from convsim.report.data import Compared, ReportData
from convsim.report.dialogues import ERROR, READING_ORDER, DialogueView, dialogue_view
from convsim.report.excerpts import inert
from convsim.report.gap import blocks, note
from convsim.report.summary import COMPARISONS_NOTE, place_of, varied
from convsim.report.surviving import Surviving
from convsim.report.tabled import (
    BOUNDS_NOTE,
    CORRECTED_NOTE,
    REST_NOTE,
    SMALL_NOTE,
    WORST_NOTE,
    absent,
    by_target,
    highest,
    leads,
    same_refusal,
    uncorrected,
    worst_cells,
    worth_telling,
)
from convsim.report.tables import Cell, Endings, Table
from convsim.report.timeline import ASKED, SUPPLIED
from convsim.rows import Row
from convsim.stats import NoInterval

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

MOST = 200
"""How many whole transcripts a page holds; browsers stay quick, and nobody reads more."""

MOST_CHARACTERS = 4_000_000
"""How much of what was said a page holds; 200 usual dialogues are an eighth of it."""

LINES = 10
"""How many lines of a longer table a target has unfolded: the worst."""

OPENED = 3
"""How many failing conversations stand open."""

LONG = 1_200
"""Messages above so many characters are folded."""

SYMBOLS = dict(zip(READING_ORDER, "✕!?⚡✓", strict=True))
"""A verdict is never told by its colour alone."""


def write_html(
    data: ReportData, path: str | os.PathLike[str], *, reveal: bool = False, most: int = MOST
) -> Path:
    """Write the report to `path` and return it. `reveal` shows what is masked otherwise."""
    path = Path(path)
    path.write_text(page(data, reveal=reveal, most=most), encoding="utf-8", newline="\n")
    return path


def page(data: ReportData, *, reveal: bool = False, most: int = MOST) -> str:
    """The report as the text of one HTML page."""
    from markupsafe import Markup

    script = resource("report.js")
    dialogues = [] if data.void else _shown(data, most, reveal=reveal)
    tables, known = data.tables, data.calibration is not None
    return template("report.html.j2").render(
        csp=content_policy(script),
        script=Markup(script),  # noqa: S704 - our own file, whose hash the policy names
        title=data.title,
        facts=data.what_ran,
        cautions=data.cautions,
        grades=list(SYMBOLS),
        symbols=SYMBOLS,
        endings=[_ending(item) for item in tables.endings],
        headline=_headline(tables.headline, calibrated=known),
        worst=_worst(tables.splits, calibrated=data.calibration is not None),
        splits=[
            _split(it, calibrated=known)
            for it in (*tables.splits, *stopping.tables(data.stopped))
            if it.cells and (it.brief or it.compares)
        ],
        comparisons=list(_compared(data.comparisons)),
        comparisons_note=COMPARISONS_NOTE,
        figures=charted.figures(data),
        mitigations=_mitigations(data.mitigations, calibrated=data.calibration is not None),
        survival=_survival(data.survival, data.judge),
        spread=list(_spread(data.spread)),
        spread_heads=spread.HEADS,
        spread_out=any(it.in_parts or it.at_once for it in data.spread),
        spread_note=spread.NOTE,
        charts=pressing.charts(data.pressed),
        charts_note=pressing.NOTE,
        meant={name.value: meaning for name, meaning in SUPPLIED.items()},
        asked=ASKED,
        coverage=None if data.void else coverage.page(data.coverage, data.where),
        gaps=blocks(data.gap),
        gaps_note=note(data.gap),
        estimands=_estimands(data),
        methods=_methods((*tables.all, *stopping.tables(data.stopped))),
        bounds_note=BOUNDS_NOTE,
        small_note=SMALL_NOTE,
        rest_note=REST_NOTE,
        corrected_note=CORRECTED_NOTE if data.calibration else "",
        judge=data.judge,
        void=data.void,
        dialogues=dialogues,
        total=0 if data.void else len(data.rows),
        left_out=_left_out(dialogues, data),
        long=LONG,
        opened=OPENED,
        reveal=reveal,
    )


def _survival(found: Surviving, judge: str) -> Markup | None:
    """How long refusals stand, a template of its own; None where no refusal was pressed."""
    from markupsafe import Markup

    if not found.parts:
        return None
    told = template("surviving.html.j2").render(
        blocks=surviving.blocks(found),
        differences=surviving.differences(found),
        note=f"{surviving.NOTE} Judge: {judge}.",
    )
    return Markup(told)  # noqa: S704 - rendered with escaping just now


def _mitigations(found: Mitigations, *, calibrated: bool) -> Markup | None:
    """The table of variants, a template of its own; None where no target has any."""
    from markupsafe import Markup

    if not found.variants:
        return None
    told = template("mitigated.html.j2").render(
        groups=mitigated.page(found, calibrated=calibrated),
        note=mitigated.NOTE,
        standings=mitigated.STANDINGS,
    )
    return Markup(told)  # noqa: S704 - rendered with escaping just now


def _estimands(data: ReportData) -> dict[str, str]:
    """What each rate estimates, and each comparison that could be made."""
    rates = {it.number.name: it.number.estimand for it in data.tables.headline.cells}
    compared = (item.comparison for item in data.comparisons if item.comparison.value is not None)
    return rates | {one.name: one.estimand for one in compared}


def resource(name: str) -> str:
    """The text of a data file beside this one."""
    return files("convsim.report").joinpath(name).read_text(encoding="utf-8")


@cache
def template(name: str) -> Template:
    """A page's template: what it prints is made inert and escaped, and nothing may be missing."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    def made_inert(value: Any) -> Any:
        return inert(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=made_inert)
    return environment.from_string(resource(name))


def content_policy(script: str) -> str:
    """The content security policy of a page: nothing loads, and nothing runs but this script."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        f"script-src 'sha256-{digest}'"
    )


# --- tables


def _ending(item: Endings) -> dict[str, Any]:
    return {
        "target": item.target,
        "mode": item.mode.value,
        "counts": {
            **{grade: item.grades.get(grade, 0) for grade in SYMBOLS},
            ERROR: sum(item.errors.values()),
        },
        "total": item.total,
        "outcomes": ", ".join(item.outcomes_in_words),
        "findings": _counted(item.findings),
        "reasons": _counted(item.reasons),
        "errors": _counted(item.errors),
        "blocks": _counted(item.blocks),
        "controls": item.controls,
        "controls_failed": item.controls_failed,
    }


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _table(table: Table, *, calibrated: bool) -> dict[str, Any]:
    same = same_refusal(table) if calibrated else None
    return {
        "title": table.title,
        "by": table.by,
        "note": " ".join(filter(None, (table.note, f"{same}." if same else ""))),
        "lines": list(_lines(table.cells, told=calibrated and not same)),
        "rest": [],
        "none": "",
    }


def _headline(table: Table, *, calibrated: bool) -> dict[str, Any]:
    """The table of headline numbers, the lesser ones folded; why most of them are not corrected is
    said below it.
    """
    alike, refused = uncorrected(by_target(table) if calibrated else [])
    why = [*alike, *(f"{who}: {why}" for who, found in refused.items() for why in found)]
    return {
        **_table(table, calibrated=False),
        "lines": list(_lines((it for it in table.cells if leads(it)), told=False)),
        "rest": list(_lines((it for it in table.cells if not leads(it)), told=False)),
        "none": " ".join(f"{said}." for said in (*absent(table), *why)),
    }


def _worst(tables: Sequence[Table], *, calibrated: bool) -> dict[str, Any]:
    """Of each split the cell that is worst, as one table."""
    found = [it for it in worst_cells(tables) if worth_telling(*it)]
    lines = _lines((cell for _, cell in found), told=calibrated)
    named = (
        {**line, "first": True, "value": f"{table.title}: {cell.value}", "differs": _said(cell)}
        for (table, cell), line in zip(found, lines, strict=True)
    )
    return {"title": "Worst cells", "by": "split", "note": WORST_NOTE, "lines": list(named)}


def _said(cell: Cell) -> str:
    return cell.standing.said if cell.standing else ""


def _worth_showing(table: Table) -> bool:
    """Whether a table has cells, and more than the headline says already."""
    return bool(table.cells) and (table.brief or table.compares)


def _split(table: Table, *, calibrated: bool) -> dict[str, Any]:
    """A table whose lines may be many: the worst of each target, the others folded."""
    by_target = [list(cells) for _, cells in groupby(table.cells, key=lambda cell: cell[:2])]
    kept = [cell for cells in by_target for cell in highest(cells, LINES)]
    known = {id(cell) for cell in kept}
    rest = [cell for cell in table.cells if id(cell) not in known]
    none = [cells[0].target for cells in by_target if not highest(cells, LINES)]
    told = calibrated and not same_refusal(table)
    return {
        **_table(table, calibrated=calibrated),
        "lines": list(_lines(kept, told=told)),
        "rest": list(_lines(rest, told=told)),
        "none": f"None above 0%: {', '.join(none)}." if none else "",
    }


def _lines(cells: Iterable[Cell], *, told: bool) -> Iterator[dict[str, Any]]:
    """The lines of a table; `told` says that each has its own reason why it is not corrected."""
    before = None
    for cell in cells:
        who = (cell.target, cell.mode)
        named = {"target": cell.target, "mode": cell.mode.value, "value": cell.value}
        yield {**_line(cell.number, told=told), **_standing(cell), **named, "first": who != before}
        before = who


def _standing(cell: Cell) -> dict[str, Any]:
    """How a cell stands among the others of its table."""
    standing = cell.standing
    return {
        "small": bool(standing and standing.small),
        "shrunk": str(standing.shrunk) if standing and standing.small and standing.shrunk else "",
        "differs": standing.said if standing and standing.differs else "",
        "shrunk_by": SHRUNK,
        "test": standing.test if standing else "",
    }


def _compared(found: Iterable[Compared]) -> Iterator[dict[str, Any]]:
    """The lines of the table of comparisons; those without matched arms say what is missing."""
    before = None
    for target, mode, comparison in found:
        yield {
            "target": target,
            "mode": mode.value,
            "first": (target, mode) != before,
            "name": comparison.name,
            "estimand": comparison.estimand,
            "value": comparison.shown,
            "why": comparison.why,
            "span": comparison.span,
            "method": getattr(comparison.interval, "method", ""),
            "counts": comparison.counts,
            "said": comparison.said,
        }
        before = target, mode


def _spread(found: Iterable[spread.SpreadArm]) -> Iterator[dict[str, Any]]:
    """The lines of the table of spread harm."""
    before = None
    for item in found:
        middles = (None,) * 4 + (item.turn, item.slack, item.dispersion)
        yield {
            "target": item.target,
            "mode": item.mode.value,
            "first": (item.target, item.mode) != before,
            "arm": item.arm,
            "cells": [
                {"text": text, "title": middle.span if middle else ""}
                for text, middle in zip(spread.cells(item), middles, strict=True)
            ],
            "beside": spread.beside(item),
        }
        before = item.target, item.mode


def _why(number: Number) -> str:
    """Why there is no number, where that is known."""
    return number.why if isinstance(number, Estimate) else ""


def _line(number: Number, *, told: bool) -> dict[str, Any]:
    interval, fixed = number.interval, number.correction
    known = number.value is not None
    share = isinstance(number, Rate) or (isinstance(number, Estimate) and number.unit is Unit.SHARE)
    line = {
        "share": number.shown,
        "span": number.span if known else "",
        "counts": number.counts if known else _why(number),
        "at": _x(number.value) if number.value is not None and share else None,
        "low": None,
        "high": None,
        "plotted": share,
        "estimand": number.estimand,
        "excluded": _counted(number.excluded),
        "provisional": number.provisional,
        "bounds": "",
        "corrected": _corrected(fixed) if told or isinstance(fixed, Corrected) else None,
    }
    if isinstance(number, Rate) and number.bounds:
        from_, to = sorted(number.bounds.shares)
        line |= {"bounds": str(number.bounds), "from": _x(from_), "to": _x(to)}
    if isinstance(interval, NoInterval):
        return {**line, "method": interval.reason}
    ends = {"low": _x(interval.low), "high": _x(interval.high)} if share else {}
    return {**line, **ends, "method": interval.method}


def _corrected(found: Corrected | NoCorrection) -> dict[str, Any]:
    """What stands under a number where somebody calibrated the judge."""
    if isinstance(found, NoCorrection):
        return {"why": found.reason}
    low, high = found.interval.low, found.interval.high
    return {
        "why": "",
        "share": f"{percent(found.value)}%",
        "span": f"[{percent(low)}, {percent(high)}]",
        "method": found.method,
        "judge": found.judge,
        "at": _x(found.value),
        "low": _x(low),
        "high": _x(high),
        "bounds": "",
    }


def _x(share: float) -> str:
    """Where a share lies on the axis of a plot, which runs from 4 to 196."""
    return f"{4 + 192 * share:.1f}"


def _methods(tables: Sequence[Table]) -> str:
    numbers = [cell.number for table in tables for cell in table.cells]
    said = {
        f"none: {it.interval.reason}" if isinstance(it.interval, NoInterval) else it.interval.method
        for it in numbers
        if it.value is not None
    }
    return "; ".join(sorted(said)) or "no data"


# --- dialogues


def _grade(row: Row) -> str:
    return row.grade.value if row.grade else ERROR


def _shown(data: ReportData, most: int, *, reveal: bool) -> list[DialogueView]:
    """The worst grades first, and of each grade all kinds of dialogues before more of one kind."""
    graded: dict[str, list[Row]] = {grade: [] for grade in SYMBOLS}
    for row in sorted(data.rows, key=place_of):
        graded[_grade(row)].append(row)
    shown: list[DialogueView] = []
    room, count = MOST_CHARACTERS, 0
    for rows in graded.values():
        found: list[tuple[Row, DialogueView]] = []
        for row in varied(rows, most - count):
            dialogue = dialogue_view(data.fetch(row.key), reveal=reveal)
            room -= dialogue.length
            if room < 0 and count:
                break
            found.append((row, dialogue))
            count += 1
        shown += [dialogue for _, dialogue in sorted(found, key=lambda item: place_of(item[0]))]
        if room < 0:
            break
    return shown


def _left_out(shown: Sequence[DialogueView], data: ReportData) -> str:
    if data.void or len(shown) == len(data.rows):
        return ""
    counts = Counter(map(_grade, data.rows))
    counts.subtract(dialogue.grade for dialogue in shown)
    missing = ", ".join(f"{counts[grade]:,} {grade}" for grade in SYMBOLS if counts[grade])
    return (
        f"{len(shown):,} of {len(data.rows):,} dialogues are shown; left out: {missing}. Of each "
        "verdict all kinds (scenario, finding) come before more of one kind, controls last. "
        f"All of them are in {data.where}; the tables count all of them."
    )
