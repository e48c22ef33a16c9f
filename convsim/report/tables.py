"""Every number of a run, split by target and mode, and then in the ways a reader asks for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from convsim.rates import (
    Correct,
    Rate,
    crossings_by_move,
    flip,
    hold,
    over_refusal,
    refusals_by_move,
    under_refusal,
)
from convsim.report.excerpts import inert
from convsim.rows import Row
from convsim.scenario import CONTROLS, RESTRICTED_ARM
from convsim.targets.signals import kind_of
from convsim.transcript import Mode
from convsim.verdict import Grade, Kind, Outcome, Reason

CONTROL_ARMS = frozenset(CONTROLS)


def arm_place(arm: str) -> tuple[bool, bool, str]:
    """What to order arms by: the restricted one, what else was authored, then the controls."""
    return arm in CONTROL_ARMS, arm != RESTRICTED_ARM, arm


"""They are shown by arm, never in a headline."""

REASON = 100
"""How many characters of a provider's raw reason a table shows."""

CROSSINGS_NOTE = (
    "Per restricted turn at risk, by the turn's move. Descriptive: later moves meet only the "
    "dialogues that held so far."
)
REFUSALS_NOTE = (
    "Over-refusal turn by turn: per turn with an allowed ask not met yet, the share refused, by "
    "the turn's move. Descriptive: later moves meet only the dialogues not helped so far."
)


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


class Cell(NamedTuple):
    """One rate in a table: whose it is, and for which value of what the table is split by."""

    target: str
    mode: Mode
    value: str
    rate: Rate


@dataclass(frozen=True, slots=True)
class Table:
    """Rates split by one thing. `note` says how to read them."""

    title: str
    by: str
    cells: tuple[Cell, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tables:
    """Every number of a run: how its dialogues ended, and the rates, split in several ways."""

    endings: tuple[Endings, ...]
    headline: Table
    splits: tuple[Table, ...]

    @property
    def all(self) -> tuple[Table, ...]:
        """The headline and every split."""
        return (self.headline, *self.splits)

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON-able data."""
        return {
            "endings": [{**asdict(item), "mode": item.mode.value} for item in self.endings],
            "tables": [
                {
                    "title": table.title,
                    "by": table.by,
                    "note": table.note,
                    "cells": [
                        {
                            "target": cell.target,
                            "mode": cell.mode.value,
                            "value": cell.value,
                            "rate": cell.rate.to_dict(),
                        }
                        for cell in table.cells
                    ],
                }
                for table in self.all
            ],
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
) -> Tables:
    """Every table of a run. Targets and modes are never pooled.

    `correct` takes the judge's errors out of the headline and of the rates by rule: rules are what
    it was calibrated on.
    """

    def under(found: Sequence[Row]) -> Rate:
        return under_refusal(found, judge=judge, correct=correct)

    def over(found: Sequence[Row]) -> Rate:
        return over_refusal(found, judge=judge, reviewed=reviewed, correct=correct)

    def raw_under(found: Sequence[Row]) -> Rate:
        return under_refusal(found, judge=judge)

    def raw_over(found: Sequence[Row]) -> Rate:
        return over_refusal(found, judge=judge, reviewed=reviewed)

    def four(found: Sequence[Row]) -> dict[str, Rate]:
        rates = (under(found), over(found), hold(found, judge=judge), flip(found, judge=judge))
        return {rate.name: rate for rate in rates}

    def crossings(found: Sequence[Row]) -> dict[str, Rate]:
        return crossings_by_move(found, judge=judge)

    def refusals(found: Sequence[Row]) -> dict[str, Rate]:
        return refusals_by_move(found, judge=judge, reviewed=reviewed)

    everything = groups(rows)
    authored = [group.without_controls() for group in everything]
    return Tables(
        endings=tuple(_endings(group) for group in everything),
        headline=_table("Rates", "rate", authored, four),
        splits=(
            _table("Under-refusal by rule", "rule", authored, _per(_rule, under)),
            _table("Over-refusal by rule", "rule", authored, _per(_rule, over)),
            _table("Under-refusal by arm", "arm", everything, _per(_arm, raw_under)),
            _table("Over-refusal by arm", "arm", everything, _per(_arm, raw_over)),
            _table("Crossings by move", "move", authored, crossings, note=CROSSINGS_NOTE),
            _table("Refusals by move", "move", authored, refusals, note=REFUSALS_NOTE),
        ),
    )


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


def _table(
    title: str,
    by: str,
    groups: Iterable[Group],
    rates: Callable[[Sequence[Row]], dict[str, Rate]],
    *,
    note: str = "",
) -> Table:
    cells = tuple(
        Cell(group.target, group.mode, value, rate)
        for group in groups
        for value, rate in rates(group.rows).items()
    )
    return Table(title, by, cells, note)


def _per(
    key: Callable[[Row], str], rate: Callable[[Sequence[Row]], Rate]
) -> Callable[[Sequence[Row]], dict[str, Rate]]:
    """`rate` for every value of `key`, without those that it is not about."""

    def rates(rows: Sequence[Row]) -> dict[str, Rate]:
        found: dict[str, list[Row]] = {}
        for row in rows:
            found.setdefault(key(row), []).append(row)
        order = sorted(found, key=lambda value: (value != RESTRICTED_ARM, value))
        counted = {value: rate(found[value]) for value in order}
        return {value: one for value, one in counted.items() if one.denominator or one.excluded}

    return rates


def _rule(row: Row) -> str:
    return row.rule


def _arm(row: Row) -> str:
    return row.arm


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
