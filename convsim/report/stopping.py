"""Where the repeats of a run stopped, as text: what is not known yet comes first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from convsim.columns import columns, padded
from convsim.report.excerpts import inert
from convsim.report.hanging import INDENT, hanging
from convsim.report.tables import Cell, Table
from convsim.sequential import Aim, End, Ended, Stopped
from convsim.stats import Interval

LINES = 10
"""How many arms a target has, the least known ones."""

_WIDEST = 38


def fact(stopped: Stopped) -> str:
    """What the facts of a run say of it."""
    return (
        f"{stopped.stopping}: every arm has {stopped.slice} repeats, which are what every rate "
        f"counts, and up to {stopped.repeats} until it is {stopped.question}; the "
        f"{stopped.later:,} dialogues after the first {stopped.slice} repeats count in the table "
        "of arms only"
    )


def tables(stopped: Stopped | None) -> tuple[Table, ...]:
    """The same as a table like those of the rates; none of a run that could not stop early."""
    if stopped is None or not stopped.arms:
        return ()
    cells = (
        Cell(
            arm.series.target,
            arm.mode,
            f"{_name(arm)} ({_end(arm, stopped)})",
            arm.number,
        )
        for arm in sorted(sorted(stopped.arms, key=_openness), key=_target)
    )
    title = f"Failures by scenario and arm, stopped when {stopped.stopping}"
    return (Table(title, "scenario and arm", tuple(cells), _note(stopped)),)


def _note(stopped: Stopped) -> str:
    return (
        f"An arm was repeated until it was {stopped.question}. The intervals hold at every look "
        "(anytime-valid, 95% for each arm); a rate over arms counts the first "
        f"{stopped.slice} repeats only. Not corrected for the judge's errors."
    )


def lines(stopped: Stopped | None, width: int, *, all_lines: bool = False) -> Iterator[str]:
    """The section of the summary; nothing of a run that could not stop early."""
    if stopped is None or not stopped.arms:
        return
    yield f"STOPPED WHEN {str(stopped.stopping).upper()}"
    yield from hanging("", _note(stopped), width)
    ordered = sorted(stopped.arms, key=_openness)
    for target, arms in groupby(sorted(ordered, key=_target), key=_target):
        shown = list(arms)
        yield from hanging(f"{inert(target)}  ", stopped.told(target), width)
        kept = shown if all_lines else shown[:LINES]
        column = min(_WIDEST, max(columns(inert(_name(arm))) for arm in kept) + 2)
        for arm in kept:
            yield from _line(arm, column, stopped)
        if len(kept) < len(shown):
            yield f"{INDENT * 2}and {len(shown) - len(kept)} more (`report --all`)"


def _line(arm: Ended, column: int, stopped: Stopped) -> Iterator[str]:
    name, number = inert(_name(arm)), arm.number
    if columns(name) >= column:
        yield INDENT * 2 + name
        name = ""
    head = INDENT * 2 + padded(name, column)
    share = number.fractions["dialogues"]
    if number.value is None:
        yield f"{head}{arm.end.value}"
    else:
        told = f"{number.shown:>6} {number.span:<14} {share.hits:g}/{share.trials:g}"
        yield f"{head}{told}  {_end(arm, stopped)}"


def _end(arm: Ended, stopped: Stopped) -> str:
    """In a word, how its repeats ended."""
    interval = arm.number.interval
    if arm.end is not End.KNOWN or stopped.stopping.aim is Aim.WIDTH:
        return arm.end.value
    low = isinstance(interval, Interval) and interval.high < stopped.stopping.bar
    return "fewer" if low else "more"


def _name(arm: Ended) -> str:
    return f"{arm.series.scenario} {arm.series.arm}"


_target = attrgetter("series.target")


def _openness(arm: Ended) -> tuple[bool, float, str]:
    """What is least known first; of what is known, what fails most."""
    interval = arm.number.interval
    wide = interval.high - interval.low if isinstance(interval, Interval) else 0.0
    known = arm.end is End.KNOWN
    return known, -(arm.number.value or 0.0) if known else -wide, _name(arm)
