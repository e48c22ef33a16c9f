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
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convsim.correction import Corrected, NoCorrection
from convsim.policy import Rule
from convsim.rates import Rate, percent
from convsim.report import coverage, pressing, spread
from convsim.report.data import Compared, Entry, ReportData
from convsim.report.excerpts import (
    Passage,
    Secrets,
    deciding_quote,
    inert,
    is_restricted,
    shown,
    user_text,
)
from convsim.report.gap import blocks, note
from convsim.report.summary import (
    BOUNDS_NOTE,
    COMPARISONS_NOTE,
    CORRECTED_NOTE,
    decided,
    place_of,
    varied,
)
from convsim.report.tables import Endings, Table
from convsim.report.timeline import ASKED, SUPPLIED, Timeline, timeline
from convsim.rows import Row
from convsim.stats import NoInterval
from convsim.trajectory import Step, Trajectory, trajectory_of
from convsim.verdict import Grade

if TYPE_CHECKING:
    from jinja2 import Template

MOST = 200
"""How many whole transcripts a page holds; browsers stay quick, and nobody reads more."""

MOST_CHARACTERS = 4_000_000
"""How much of what was said a page holds; 200 usual dialogues are an eighth of it."""

OPENED = 3
"""How many failing conversations stand open."""

LONG = 1_200
"""Messages above so many characters are folded."""

DETAIL = 400
"""How many characters a judge's word on its verdict has: a server may have written it."""

ERROR = "error"
SYMBOLS = {
    Grade.FAIL.value: "✕",
    Grade.WARN.value: "!",
    Grade.INCONCLUSIVE.value: "?",
    ERROR: "⚡",
    Grade.PASS.value: "✓",
}
"""In the order of reading. A verdict is never told by its colour alone."""


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
    tables = data.tables
    return template("report.html.j2").render(
        csp=content_policy(script),
        script=Markup(script),  # noqa: S704 - our own file, whose hash the policy names
        title=data.title,
        facts=data.what_ran,
        cautions=data.cautions,
        grades=list(SYMBOLS),
        symbols=SYMBOLS,
        endings=[_ending(item) for item in tables.endings],
        headline=_table(tables.headline),
        splits=[_table(table) for table in tables.splits if table.cells],
        comparisons=list(_compared(data.comparisons)),
        comparisons_note=COMPARISONS_NOTE,
        spread=list(_spread(data.spread)),
        spread_heads=spread.HEADS,
        spread_note=spread.NOTE,
        charts=pressing.charts(data.pressed),
        charts_note=pressing.NOTE,
        meant={name.value: meaning for name, meaning in SUPPLIED.items()},
        asked=ASKED,
        coverage=None if data.void else coverage.page(data.coverage, data.where),
        gaps=blocks(data.gap),
        gaps_note=note(data.gap),
        estimands=_estimands(data),
        methods=_methods(tables.all),
        bounds_note=BOUNDS_NOTE,
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


def _estimands(data: ReportData) -> dict[str, str]:
    """What each rate estimates, and each comparison that could be made."""
    rates = {cell.rate.name: cell.rate.estimand for cell in data.tables.headline.cells}
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
        "outcomes": _counted(item.outcomes, of=sum(item.outcomes.values())),
        "findings": _counted(item.findings),
        "reasons": _counted(item.reasons),
        "errors": _counted(item.errors),
        "blocks": _counted(item.blocks),
        "controls": item.controls,
        "controls_failed": item.controls_failed,
    }


def _counted(counts: Mapping[str, int], *, of: int | None = None) -> str:
    share = "" if of is None else f"/{of}"
    return ", ".join(f"{name} {count}{share}" for name, count in counts.items())


def _table(table: Table) -> dict[str, Any]:
    lines = []
    before = None
    for cell in table.cells:
        line = _line(cell.rate)
        line |= {"target": cell.target, "mode": cell.mode.value, "value": cell.value}
        line["first"] = (cell.target, cell.mode) != before
        before = (cell.target, cell.mode)
        lines.append(line)
    return {"title": table.title, "by": table.by, "note": table.note, "lines": lines}


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


def _line(rate: Rate) -> dict[str, Any]:
    line = {
        "share": "no data" if rate.value is None else f"{percent(rate.value)}%",
        "span": rate.span if rate.denominator else "",
        "counts": rate.counts if rate.denominator else "",
        "at": None if rate.value is None else _x(rate.value),
        "low": None,
        "high": None,
        "estimand": rate.estimand,
        "excluded": _counted(rate.excluded),
        "provisional": rate.provisional,
        "bounds": "",
        "corrected": _corrected(rate.correction),
    }
    if rate.bounds:
        from_, to = sorted(rate.bounds.shares)
        line |= {"bounds": str(rate.bounds), "from": _x(from_), "to": _x(to)}
    if isinstance(rate.interval, NoInterval):
        return {**line, "method": rate.interval.reason}
    return {
        **line,
        "method": rate.interval.method,
        "low": _x(rate.interval.low),
        "high": _x(rate.interval.high),
    }


def _corrected(found: Corrected | NoCorrection | None) -> dict[str, Any] | None:
    """What stands under a rate that somebody calibrated the judge for."""
    if found is None:
        return None
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
    rates = [cell.rate for table in tables for cell in table.cells if cell.rate.denominator]
    said = {
        f"none: {rate.interval.reason}"
        if isinstance(rate.interval, NoInterval)
        else rate.interval.method
        for rate in rates
    }
    return "; ".join(sorted(said)) or "no data"


# --- dialogues


@dataclass(frozen=True, slots=True)
class TurnView:
    """One turn as the page shows it."""

    n: int
    move: str
    state: str
    asks: str
    tags: tuple[str, ...]
    user: Passage
    label: str
    axes: str
    reply: Passage
    silence: str
    crossed: bool
    decides: bool


@dataclass(frozen=True, slots=True)
class DialogueView:
    """One dialogue as the page shows it. `words` is what the filter looks through."""

    grade: str
    key: str
    headline: str
    facts: str
    rule: Rule
    detail: str
    quote: Passage
    stop: str
    system: Passage | None
    timeline: Timeline | None
    turns: tuple[TurnView, ...]
    words: str

    @property
    def length(self) -> int:
        """How many characters of what was said are shown."""
        system = len(self.system.text) if self.system else 0
        return system + sum(len(turn.user.text) + len(turn.reply.text) for turn in self.turns)


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
            dialogue = _dialogue(data.fetch(row.key), reveal=reveal)
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


def _dialogue(entry: Entry, *, reveal: bool) -> DialogueView:
    transcript, case, verdict, failure = entry
    read, supplied = (verdict.readings, verdict.supplied) if verdict else (None, None)
    path = trajectory_of(transcript, case, read, supplied)
    secrets = Secrets() if reveal else Secrets.of(path)
    headline = "no conclusion"
    quote = Passage("")
    if verdict is not None:
        reason = f", {verdict.reason}" if verdict.reason else ""
        headline = f"{decided(verdict)}{reason}"
        quote = deciding_quote(path, verdict, reveal=reveal)
    elif failure is not None:
        headline = f"{failure.kind}: {failure.message}"
    facts = [f"mode {transcript.mode.value}", f"seed {transcript.seed}"]
    if transcript.expect:
        facts.insert(0, f"expect {transcript.expect.value}")
    key = inert(transcript.key)
    return DialogueView(
        grade=verdict.grade.value if verdict else ERROR,
        key=key,
        headline=headline,
        facts=", ".join(facts),
        rule=case.rule,
        detail=verdict.detail[:DETAIL] if verdict else "",
        quote=quote,
        stop=transcript.stop.value,
        system=_passage(transcript.system, secrets) if transcript.system else None,
        timeline=timeline(path),
        turns=tuple(_turns(path, verdict.turns if verdict else (), secrets, reveal=reveal)),
        words=f"{key} {headline} {case.rule.id}".lower(),
    )


def _passage(text: str, secrets: Secrets) -> Passage:
    """What is shown whole, but for the facets that must not come out."""
    return shown(text, masked=False, parts=secrets.parts(text))


def _turns(
    path: Trajectory, deciding: tuple[int, ...], secrets: Secrets, *, reveal: bool
) -> Iterator[TurnView]:
    for index, step in enumerate(path.steps):
        earlier = (old.turn.reply for old in islice(path.steps, index) if is_restricted(old))
        said = step.turn.user if reveal else user_text(step.turn.user, earlier)
        yield TurnView(
            n=step.n,
            move=step.turn.move or "",
            state=f"{step.turn.state}, visit {step.turn.visit}" if step.turn.state else "",
            asks=f"ask in force: {step.asks.value}" if step.asks else "",
            tags=tuple(_tags(step)),
            user=_passage(said, secrets),
            label=step.label.value if step.label else step.turn.status.value,
            axes=_axes(step),
            reply=shown(
                step.turn.reply,
                masked=is_restricted(step) and not reveal,
                span=step.reading.span if step.reading else None,
                parts=secrets.parts(step.turn.reply),
            ),
            silence=step.turn.block or f"no text ({step.turn.status.value})",
            crossed=step.crossed,
            decides=step.n in deciding,
        )


def _tags(step: Step) -> Iterator[str]:
    turn = step.turn
    if turn.evidence.value != "none":
        yield f"evidence {turn.evidence.value}"
    if turn.unlocked:
        yield "unlocked"
    if turn.clarified:
        yield "clarified"
    if step.pressure:
        yield "pressure"
    if turn.seeks:
        yield f"asks for {', '.join(turn.seeks)}"
    if step.gives:
        yield f"gave {', '.join(sorted(step.gives))}"


def _axes(step: Step) -> str:
    reading = step.reading
    if reading is None:
        return "not read"
    return (
        f"delivery {reading.delivery}/3, stance {reading.stance.value}, help {reading.help.value}; "
        f"confidence {reading.confidence:.2f}, {reading.source}"
    )
