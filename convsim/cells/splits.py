"""The tables of a report: which rates are split, by what, and which cells can be corrected.

A judge is calibrated rule by rule, so a cell that is made of whole rules can be corrected as the
headline is. Of an arm or a language nobody knows whether the judge errs there as elsewhere: such a
cell is corrected only by labels of its own dialogues. And labels are of dialogues, never of turns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from convsim.cells.differing import Shares
from convsim.cells.moves import CROSSED, REFUSED, WHOLE_DIALOGUES, OverTurns
from convsim.cells.slices import By, ByTurn, Fix, Slices, of_dialogues, of_turns
from convsim.cells.standing import Standing, standings
from convsim.correction import Corrected, NoCorrection
from convsim.estimates import UNLABELLED
from convsim.multiplicity import BENJAMINI_HOCHBERG, HOLM
from convsim.rates import MEASURES, Correct, Counted, Rate, over_refusal, under_refusal
from convsim.rows import Row, authored
from convsim.scenario import CONTROLS, RESTRICTED_ARM
from convsim.stats import Share

UNNAMED = "none named"
"""The value of a row whose rule names no hazard, or whose scenario no language."""

_CONTROLS = frozenset(CONTROLS)


@dataclass(frozen=True, slots=True)
class Split:
    """A table: what it is called and split by, how to read it, and how its tests are adjusted.

    `brief` says that it belongs in a short summary, `pressed` that its rates grow with every turn
    that the user presses, or only asks again.
    """

    title: str
    by: str
    note: str = ""
    brief: bool = True
    pressed: bool = False
    adjust: str = HOLM


class Part(NamedTuple):
    """One cell: for which value, its rate, and how it stands among the others of the table.

    A control has no standing: it answers another question than what was authored.
    """

    value: str
    rate: Rate
    standing: Standing | None


Parts = Mapping[Split, Sequence[Part]]


def splits(
    rows: Iterable[Row],
    *,
    judge: str,
    reviewed: Collection[str] = (),
    correct: Correct | None = None,
) -> Parts:
    """Every table of one target in one mode; a table without data has no cells.

    Controls are in the tables by arm, and in no other.
    """
    rows = list(rows)
    without_controls = authored(rows)
    under, over = under_refusal((), judge=judge), over_refusal((), judge=judge)
    found = {
        **_by_dialogue(rows, under, None, correct),
        **_by_dialogue(rows, over, reviewed, correct),
        **_by_move(without_controls, CROSSED, None, judge, correct),
        **_by_move(without_controls, REFUSED, reviewed, judge, correct),
    }
    order = [*_BY, *_BY_TURN]
    return {split: found[split] for split in sorted(found, key=lambda it: order.index(it.by))}


# --- dialogues


def _authored(values: By) -> By:
    """The values of authored dialogues alone."""
    return lambda row: () if row.arm in _CONTROLS else values(row)


_BY: Mapping[str, By] = {
    "rule": _authored(lambda row: (row.rule,)),
    "hazard": _authored(lambda row: row.hazards or (UNNAMED,)),
    "arm": lambda row: (row.arm,),
    "language": _authored(lambda row: (row.language or UNNAMED,)),
}


def _by_dialogue(
    rows: Sequence[Row], like: Rate, reviewed: Collection[str] | None, correct: Correct | None
) -> Parts:
    """The tables of a rate over dialogues. All tests in one are adjusted by Holm's correction."""
    counted = of_dialogues(rows, MEASURES[like.name], _BY)
    whole = _sum(counted["rule"])
    found: dict[Split, Sequence[Part]] = {}
    for by, slices in counted.items():
        split = Split(
            title=f"{like.name.capitalize()} by {by}",
            by=by,
            brief=by in ("rule", "arm"),
            pressed=like.name == "under-refusal",
        )
        compared = {value: it for value, it in slices.items() if value not in _CONTROLS}
        if slices.keys() == {UNNAMED}:
            found[split] = []
            continue
        placed = standings({value: it.shares for value, it in compared.items()}, whole)
        fix = _fix(by, correct)
        found[split] = [
            Part(value, slices[value].rate(like, reviewed=reviewed, fix=fix), placed.get(value))
            for value in _ordered(slices)
        ]
    return found


def _fix(by: str, correct: Correct | None) -> Fix | None:
    """How a cell is corrected, in a table that is split by this."""
    if correct is None:
        return None
    whole_rules = by in ("rule", "hazard")

    def fix(counted: Counted) -> Corrected | NoCorrection:
        found = correct(counted) or UNLABELLED
        if isinstance(found, Corrected) and not whole_rules and found.own < found.labels:
            return NoCorrection(
                f"the judge was calibrated by rule, and too few dialogues of this {by} were "
                "labelled to tell whether it errs alike"
            )
        return found

    return fix


# --- turns

_BY_TURN: Mapping[str, ByTurn] = {
    "group": lambda exposure: exposure.group,
    "move": lambda exposure: exposure.named,
}


def _by_move(
    rows: Sequence[Row],
    over: OverTurns,
    reviewed: Collection[str] | None,
    judge: str,
    correct: Correct | None,
) -> Parts:
    """The tables of a rate over turns. They explore: of alarms, the share of false ones is held."""
    found: dict[Split, Sequence[Part]] = {}
    for by, slices in of_turns(rows, over.turns, _BY_TURN).items():
        named = "move group" if by == "group" else by
        split = Split(
            title=f"{over.noun} by {named}",
            by=by,
            note=over.note,
            brief=by == "group",
            pressed=over is CROSSED,
            adjust=BENJAMINI_HOCHBERG,
        )
        shares = {value: it.shares for value, it in slices.items()}
        placed = standings(shares, _sum(slices), adjust=split.adjust)
        found[split] = [
            Part(
                value,
                slices[value].rate(
                    over.like(by, value, judge=judge),
                    reviewed=reviewed,
                    fix=(lambda _: WHOLE_DIALOGUES) if correct else None,
                ),
                placed[value],
            )
            for value in _ordered(slices)
        ]
    return found


def _ordered(values: Iterable[str]) -> list[str]:
    """By name, but the restricted arm first and controls last."""
    return sorted(values, key=lambda it: (it in _CONTROLS, it != RESTRICTED_ARM, it))


def _sum(slices: Slices) -> Shares:
    """All parts of a table whose parts do not overlap, by scenario."""
    hits: Counter[str] = Counter()
    trials: Counter[str] = Counter()
    for part in slices.values():
        hits.update(part.hits)
        trials.update(part.trials)
    return {name: Share(hits[name], trials[name]) for name in sorted(trials)}
