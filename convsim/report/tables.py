"""Every number of a run, split by target and mode, and then in the ways a reader asks for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from convsim.cells import NOWHERE, Split, Standing, splits
from convsim.estimates import Number
from convsim.rates import Correct, panel
from convsim.report.excerpts import inert
from convsim.rows import Row
from convsim.scenario import CONTROLS, RESTRICTED_ARM
from convsim.tabular import Tabular
from convsim.targets.signals import kind_of
from convsim.transcript import Mode
from convsim.verdict import Grade, Kind, Outcome, Reason

CONTROL_ARMS = frozenset(CONTROLS)
"""They are shown by arm, never in a headline."""

HEADLINE = "Rates"
HEADLINE_BY = "rate"
"""What the table of headline numbers is called, and split by."""

REASON = 100
"""How many characters of a provider's raw reason a table shows."""


def arm_place(arm: str) -> tuple[bool, bool, str]:
    """What to order arms by: the restricted one, what else was authored, then the controls."""
    return arm in CONTROL_ARMS, arm != RESTRICTED_ARM, arm


@dataclass(frozen=True, slots=True)
class Endings:
    """How the dialogues of one target in one mode ended, counted; those of controls apart.

    Of the `controls`, `controls_failed` ended by an error. `findings` counts what decided the
    dialogues that did not simply pass (FAIL and WARN), `blocks` the raw reasons of provider blocks
    with their kind, which are no refusals of the model. Where something allowed is asked beside
    the restricted thing, holding the boundary and meeting the rest is `helped` (design, section 6):
    `helped_and_held` of these met a restricted ask, too.
    """

    target: str
    mode: Mode
    grades: Mapping[str, int]
    reasons: Mapping[str, int]
    outcomes: Mapping[str, int]
    findings: Mapping[str, int]
    errors: Mapping[str, int]
    blocks: Mapping[str, int]
    total: int
    controls: int = 0
    controls_failed: int = 0
    helped_and_held: int = 0

    @property
    def outcomes_in_words(self) -> tuple[str, ...]:
        """`helped 73/120 (of these 26 also held a boundary)`, `held 47/120`."""
        judged = sum(self.outcomes.values())
        beside = {Outcome.HELPED: f" (of these {self.helped_and_held} also held a boundary)"}
        if not self.helped_and_held:
            beside = {}
        return tuple(
            f"{name} {count}/{judged}{beside.get(Outcome(name), '')}"
            for name, count in self.outcomes.items()
        )


Place = tuple[str, Mode]
"""A target in a mode: what may be pooled at most."""


class Cell(NamedTuple):
    """One number in a table: whose it is, and for which value of what the table is split by.

    `standing` is how it stands among the others of its table; the headline has none.
    """

    target: str
    mode: Mode
    value: str
    number: Number
    standing: Standing | None = None

    def record(self) -> dict[str, Any]:
        """It as one flat row, without what its table is about."""
        place = {"target": self.target, "mode": self.mode.value, "value": self.value}
        beside = self.standing.record() if self.standing else NOWHERE
        return {**place, **self.number.record(), **beside}

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return {
            "target": self.target,
            "mode": self.mode.value,
            "value": self.value,
            "number": self.number.to_dict(),
            "standing": self.standing.to_dict() if self.standing else None,
        }


@dataclass(frozen=True, slots=True)
class Table(Tabular):
    """Numbers split by one thing. `note` says how to read them.

    `brief` says that the table is for the short summary, too.
    """

    title: str
    by: str
    cells: tuple[Cell, ...]
    note: str = ""
    brief: bool = True

    @property
    def compares(self) -> bool:
        """Whether a target has several cells, so that it says more than the headline."""
        return any(count > 1 for count in Counter(cell[:2] for cell in self.cells).values())

    def records(self) -> list[dict[str, Any]]:
        """A flat row for each cell."""
        return [{"table": self.title, "by": self.by, **cell.record()} for cell in self.cells]

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return {
            "title": self.title,
            "by": self.by,
            "note": self.note,
            "cells": [cell.to_dict() for cell in self.cells],
        }


@dataclass(frozen=True, slots=True)
class Tables(Tabular):
    """Every number of a run: how its dialogues ended, and the rates, split in several ways."""

    endings: tuple[Endings, ...]
    headline: Table
    splits: tuple[Table, ...]

    @property
    def all(self) -> tuple[Table, ...]:
        """The headline and every split."""
        return (self.headline, *self.splits)

    def records(self) -> list[dict[str, Any]]:
        """A flat row for each cell of each table: `by` is `rate` in the headline."""
        return [record for table in self.all for record in table.records()]

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON-able data."""
        return {
            "endings": [{**asdict(item), "mode": item.mode.value} for item in self.endings],
            "tables": [table.to_dict() for table in self.all],
        }


class Group(NamedTuple):
    """The rows of one target in one mode: what may be pooled at most."""

    target: str
    mode: Mode
    rows: Sequence[Row]

    def without_controls(self) -> Group:
        """The same without the controls, which answer other questions than the authored arms."""
        return self._replace(rows=[row for row in self.rows if row.arm not in CONTROL_ARMS])


def tables(
    rows: Iterable[Row],
    *,
    judge: str,
    reviewed: Collection[str] = (),
    correct: Correct | None = None,
    beside: Mapping[Place, Sequence[Number]] | None = None,
) -> Tables:
    """Every table of a run. Targets and modes are never pooled.

    `beside` are numbers that close the headline of a target in a mode: the pressure effect.
    `correct` takes the judge's errors out of the headline and of the rates by rule and by hazard:
    rules are what it was calibrated on. Every other cell says why it stays as it is.
    """
    everything = groups(rows)
    headline: list[Cell] = []
    cells: dict[Split, list[Cell]] = {}
    for target, mode, found in everything:
        numbers = (
            *panel(found, judge=judge, reviewed=reviewed, correct=correct),
            *(beside or {}).get((target, mode), ()),
        )
        headline += (Cell(target, mode, number.name, number) for number in numbers)
        made = splits(found, judge=judge, reviewed=reviewed, correct=correct)
        for split, parts in made.items():
            cells.setdefault(split, []).extend(
                Cell(target, mode, value, rate, standing) for value, rate, standing in parts
            )
    return Tables(
        endings=tuple(_endings(group) for group in everything),
        headline=Table(HEADLINE, HEADLINE_BY, tuple(headline)),
        splits=tuple(
            Table(split.title, split.by, tuple(them), _note(split, beside), split.brief)
            for split, them in cells.items()
        ),
    )


def _note(split: Split, beside: Mapping[Place, Sequence[Number]] | None) -> str:
    """How to read a table; where its rates grow with every turn, what tells how much of it."""
    numbers = [number for them in (beside or {}).values() for number in them]
    known = any(number.value is not None for number in numbers)
    about = f"What pressing does beyond asking again: {'see Rates' if known else 'not known'}."
    return " ".join(filter(None, (split.note, about if split.pressed and numbers else "")))


def groups(rows: Iterable[Row]) -> list[Group]:
    """The rows by target and mode, in the order of the aliases (t2 before t10)."""
    found: dict[tuple[str, Mode], list[Row]] = {}
    for row in rows:
        found.setdefault((row.target, row.mode), []).append(row)
    order = sorted(found, key=lambda place: (_natural(place[0]), place[1]))
    return [Group(target, mode, found[target, mode]) for target, mode in order]


def _natural(name: str) -> list[tuple[str, int]]:
    """Sorts `t2` before `t10`."""
    return [(word, int(number or 0)) for word, number in re.findall(r"(\D*)(\d*)", name)]


def _endings(group: Group) -> Endings:
    rows = group.without_controls().rows
    controls = [row for row in group.rows if row.arm in CONTROL_ARMS]
    return Endings(
        target=group.target,
        mode=group.mode,
        grades=_counted(Grade, (row.grade for row in rows)),
        reasons=_counted(Reason, (row.reason for row in rows)),
        outcomes=_counted(Outcome, (row.outcome for row in rows)),
        findings=_counted(
            Kind, (row.finding for row in rows if row.grade in (Grade.FAIL, Grade.WARN))
        ),
        errors=dict(sorted(Counter(row.error for row in rows if row.error).items())),
        blocks=dict(sorted(Counter(_blocked_by(row.block) for row in rows if row.block).items())),
        total=len(rows),
        controls=len(controls),
        controls_failed=sum(row.error is not None for row in controls),
        helped_and_held=sum(map(_also_held, rows)),
    )


def _also_held(row: Row) -> bool:
    """Whether a dialogue that helped met a restricted ask, too, and gave nothing of it."""
    return row.outcome is Outcome.HELPED and row.exercised and not (row.crossed or row.unread)


def _blocked_by(block: str) -> str:
    """A raw reason, which a server wrote, with its kind."""
    return f"{inert(block[:REASON])} ({kind_of(block)})"


def _counted(order: Iterable[str], values: Iterable[str | None]) -> dict[str, int]:
    """How often each value of `order` occurs, without those that do not."""
    counts = Counter(values)
    return {str(name): counts[name] for name in order if counts[name]}
