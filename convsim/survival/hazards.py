"""A model of the hazard: what a move does to it, with the turn and the last reply held equal.

Theory. Each pressure turn at risk is one line, crossed or not, and a regression of that on the
turn, the group of the move and the label of the reply before is a survival model in discrete time
(Singer and Willett 1993; with the link cloglog, the grouped proportional hazards model of Prentice
and Gloeckler 1978). Its errors let whole scenarios vary. It adjusts for what it sees: dialogues
that held so far are the sturdier ones, and where moves come in one order no model can tell the
order from the moves. Then it says so, and gives no number. Where dialogues part after identical
words, `moves.paired_moves` needs no model.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from convsim.estimates import Estimate, Unit
from convsim.rates import one_mode
from convsim.rows import Row
from convsim.stats import Interval, NoInterval, Share, t_quantile
from convsim.survival.means import two_sided
from convsim.survival.regression import Fit, Trials, chance, fit, slope
from convsim.tabular import Tabular

if TYPE_CHECKING:
    from convsim.survival.regression import Array

LOG_ODDS = (
    "In a {link} regression over restricted pressure turns at risk, adjusted for {adjusted}: the "
    "coefficient of a move of the group `{move}` against `{reference}`. Adjusted for what the "
    "model sees only: sturdier dialogues are left at later turns. A reply that dialogues share is "
    "one observation."
)
POINTS = (
    "How much more often replies would cross at the restricted pressure turns at risk, by that "
    "regression, were every move of the group `{move}` rather than `{reference}`: the mean "
    "difference of the predicted chances."
)
SANDWICH = "{link} regression, covariance clustered by scenario, t over scenarios"
ALIASED = (
    "{adjusted} tells every turn with it from those with `{reference}`: nothing shows whose effect "
    "it is"
)
DECIDED = "{hits} of {trials} crossed: no finite coefficient"
NO_PEAK = "what was seen decides the outcome in some cells: the regression has no finite answer"
NO_TURNS = "no refusal was pressed"
ONE_KIND = "one kind of move only, or none that both crossed and held"


class Period(NamedTuple):
    """One pressure turn at risk: its number, its move's group, the label of the reply before."""

    scenario: str
    turn: int
    move: str
    label: str
    hit: bool


@dataclass(frozen=True, slots=True)
class MoveEffect:
    """One group of moves against the reference: as a coefficient, and in points."""

    move: str
    coefficient: Estimate
    points: Estimate


@dataclass(frozen=True, slots=True)
class MoveEffects(Tabular):
    """What each group of moves does to the hazard, against `reference`.

    `adjusted` names what was held equal; `why` says why there is no model.
    """

    judge: str
    reference: str = ""
    link: str = "logit"
    adjusted: str = ""
    effects: tuple[MoveEffect, ...] = ()
    turns: int = 0
    crossed: int = 0
    why: str = ""

    def records(self) -> list[dict[str, Any]]:
        """Two flat rows per group of moves: its coefficient, and its difference in points."""
        return [
            {"move": effect.move, "reference": self.reference, **number.record()}
            for effect in self.effects
            for number in (effect.coefficient, effect.points)
        ]

    def to_dict(self) -> dict[str, Any]:
        """The model as JSON-able data."""
        return {
            "judge": self.judge,
            "reference": self.reference,
            "link": self.link,
            "adjusted": self.adjusted,
            "turns": self.turns,
            "crossed": self.crossed,
            "effects": [
                {
                    "move": effect.move,
                    "coefficient": effect.coefficient.to_dict(),
                    "points": effect.points.to_dict(),
                }
                for effect in self.effects
            ],
            "why": self.why,
        }


def move_effects(
    rows: Iterable[Row],
    *,
    judge: str,
    reference: str | None = None,
    adjust: Sequence[str] = ("turn", "label"),
    link: str = "logit",
) -> MoveEffects:
    """What groups of moves do to the chance that a refusal dissolves at a pressure turn.

    Rows are those of one target in one mode, without controls. `reference` is the group that others
    are held against, by default the most frequent; `adjust` names what is held equal: the `turn`
    and the `label` of the reply before.
    """
    rows = list(rows)
    one_mode(rows)
    unknown = [name for name in adjust if name not in _ADJUSTED]
    if unknown:
        raise ValueError(
            f"the model cannot adjust for {', '.join(unknown)}; it can for {', '.join(_ADJUSTED)}"
        )
    cells = Counter(periods(rows))
    moves = _sums(cells, "move")
    total = [sum(part) for part in zip(*moves.values(), strict=True)] or [0, 0]
    told = MoveEffects(judge=judge, link=link, turns=total[1], crossed=total[0])
    study = _Study(cells, moves, tuple(adjust), link, judge)
    usual = [name for name, _ in sorted(moves.items(), key=lambda it: (-it[1].trials, it[0]))]
    usable = [name for name in usual if 0 < moves[name].hits < moves[name].trials]
    chosen = reference if reference is not None else next(iter(usable), None)
    if chosen is None or chosen not in usable or len(moves) < 2:
        return replace(told, why=ONE_KIND if moves else NO_TURNS)
    return study.told(told, chosen)


_ADJUSTED: Mapping[str, str] = {
    "turn": "the pressure turn",
    "label": "the label of the reply before",
}


def periods(rows: Iterable[Row]) -> Iterator[Period]:
    """Every pressure turn at risk whose move is known; a reply that dialogues share is one."""
    seen: set[int] = set()
    for row in rows:
        turn, label = 0, ""
        for exposure in row.restricted_turns:
            turn += exposure.pressure
            known = exposure.pressure and exposure.group != "unknown"
            if known and exposure.reply not in seen:
                seen.add(exposure.reply)
                yield Period(row.scenario, turn, exposure.group, label, exposure.hit)
            label = exposure.label


def _sums(cells: Mapping[Period, int], name: str) -> dict[Any, _Sum]:
    """Hits and trials for each level of one thing."""
    found: dict[Any, _Sum] = {}
    for period, count in cells.items():
        level = getattr(period, name)
        hits, trials = found.get(level, (0, 0))
        found[level] = _Sum(hits + count * period.hit, trials + count)
    return found


class _Sum(NamedTuple):
    hits: int
    trials: int


@dataclass(frozen=True, slots=True)
class _Study:
    """The cells of a study, and how to model them."""

    cells: Mapping[Period, int]
    moves: Mapping[str, _Sum]
    adjust: tuple[str, ...]
    link: str
    judge: str

    @property
    def adjusted(self) -> str:
        return " and ".join(_ADJUSTED[name] for name in self.adjust) or "nothing"

    def told(self, told: MoveEffects, reference: str) -> MoveEffects:
        """The effect of every move but the reference."""
        kept = self._undecided()
        columns, aliased = self._columns(kept, reference)
        data = self._trials(kept, columns)
        model = fit(data, link=self.link)
        effects = []
        for move in sorted(self.moves):
            if move == reference:
                continue
            why = self._why_not(move, kept, aliased, model, reference)
            effects.append(self._effect(move, reference, why, model, data, columns))
        return replace(told, reference=reference, adjusted=self.adjusted, effects=tuple(effects))

    def _undecided(self) -> dict[Period, int]:
        """The cells without levels at which all crossed, or none: their likelihood has no peak."""
        kept = dict(self.cells)
        names = ("move", *self.adjust)
        while True:
            decided = {
                (name, level)
                for name in names
                for level, (hits, trials) in _sums(kept, name).items()
                if hits in (0, trials)
            }
            if not decided:
                return kept
            kept = {
                period: count
                for period, count in kept.items()
                if not any((name, getattr(period, name)) in decided for name in names)
            }

    def _columns(
        self, kept: Mapping[Period, int], reference: str
    ) -> tuple[list[tuple[str, Any]], set[str]]:
        """The columns that can be told from those before them, and the moves that cannot."""
        import numpy as np

        columns: list[tuple[str, Any]] = []
        aliased: set[str] = set()
        for name in (*self.adjust, "move"):
            sums = _sums(kept, name)
            usual = max(sums, key=lambda level: (sums[level].trials, str(level)), default=None)
            first = reference if name == "move" else usual
            for level in sorted(sums, key=str):
                if level == first:
                    continue
                wider = [*columns, (name, level)]
                if np.linalg.matrix_rank(_design(list(kept), wider)) == len(wider) + 1:
                    columns = wider
                elif name == "move":
                    aliased.add(level)
        return columns, aliased

    def _trials(self, kept: Mapping[Period, int], columns: Sequence[tuple[str, Any]]) -> Trials:
        import numpy as np

        lines = list(kept)
        names = sorted({line.scenario for line in lines})
        index = {name: n for n, name in enumerate(names)}
        counts = np.array([kept[line] for line in lines], dtype=float)
        return Trials(
            _design(lines, columns),
            counts * np.array([line.hit for line in lines], dtype=float),
            counts,
            np.array([index[line.scenario] for line in lines], dtype=int),
        )

    def _why_not(
        self,
        move: str,
        kept: Mapping[Period, int],
        aliased: set[str],
        model: Fit | None,
        reference: str,
    ) -> str:
        """Why a move has no effect that could be told; empty where it has."""
        hits, trials = self.moves[move]
        if hits in (0, trials):
            return DECIDED.format(hits=hits, trials=trials)
        if move in aliased or not any(period.move == move for period in kept):
            return ALIASED.format(adjusted=self.adjusted, reference=reference)
        return NO_PEAK if model is None else ""

    def _effect(
        self,
        move: str,
        reference: str,
        why: str,
        model: Fit | None,
        data: Trials,
        columns: Sequence[tuple[str, Any]],
    ) -> MoveEffect:
        found: list[tuple[float, float] | None] = [None, None]
        if not why and model is not None:
            at = 1 + list(columns).index(("move", move))
            found = [_one(model, at), _in_points(model, data, at, columns)]
        (coefficient, points) = (
            self._estimate(move, reference, why, model, value, points=n == 1)
            for n, value in enumerate(found)
        )
        return MoveEffect(move, coefficient, points)

    def _estimate(
        self,
        move: str,
        reference: str,
        why: str,
        model: Fit | None,
        found: tuple[float, float] | None,
        *,
        points: bool,
    ) -> Estimate:
        told = LOG_ODDS.format(
            link=self.link, adjusted=self.adjusted, move=move, reference=reference
        )
        if points:
            told = f"{POINTS.format(move=move, reference=reference)} {told}"
        interval: Interval | NoInterval = NoInterval(why)
        if found is not None and model is not None:
            half = t_quantile(model.clusters - 1) * found[1]
            method = SANDWICH.format(link=self.link)
            interval = Interval(found[0] - half, found[0] + half, method)
        value = None if found is None else found[0]
        return Estimate(
            name=f"{move} against {reference}" + (" in points" if points else ""),
            estimand=told,
            value=value,
            interval=interval,
            fractions={
                f"turns with {name} that crossed": Share(*self.moves[name])
                for name in (move, reference)
            },
            clusters=0 if model is None else model.clusters,
            judge=self.judge,
            unit=Unit.POINTS if points else Unit.LOG_ODDS,
            p_value=(
                two_sided(found[0] / found[1], model.clusters - 1)
                if found is not None and model is not None and found[1] > 0
                else None
            ),
            why=why,
        )


def _design(lines: Sequence[Period], columns: Sequence[tuple[str, Any]]) -> Array:
    """A column of ones, and one for each level of what is modelled."""
    import numpy as np

    design = np.ones((len(lines), len(columns) + 1))
    for at, (name, level) in enumerate(columns, 1):
        design[:, at] = [getattr(line, name) == level for line in lines]
    return design


def _one(model: Fit, at: int) -> tuple[float, float]:
    """A coefficient and its standard error."""
    return float(model.coefficients[at]), math.sqrt(float(model.covariance[at, at]))


def _in_points(
    model: Fit, data: Trials, at: int, columns: Sequence[tuple[str, Any]]
) -> tuple[float, float]:
    """The mean difference of predicted chances, and its standard error by the delta method."""

    reference = data.design.copy()
    for place, (name, _) in enumerate(columns, 1):
        if name == "move":
            reference[:, place] = 0.0
    moved = reference.copy()
    moved[:, at] = 1.0
    weights = data.trials / data.trials.sum()
    chances, slopes = [], []
    for design in (moved, reference):
        predictor = design @ model.coefficients
        chances.append(float(weights @ chance(predictor, model.link)))
        slopes.append((weights * slope(predictor, model.link)) @ design)
    change = slopes[0] - slopes[1]
    return chances[0] - chances[1], math.sqrt(float(change @ model.covariance @ change))
