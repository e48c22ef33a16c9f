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

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from convsim.estimates import Estimate, Unit
from convsim.multiplicity import BENJAMINI_HOCHBERG, benjamini_hochberg
from convsim.rates import one_mode
from convsim.rows import Row
from convsim.stats import Interval, NoInterval, Share, t_quantile, two_sided
from convsim.survival.regression import Combination, Fit, Trials, chance, fit, slope
from convsim.survival.spells import UNCORRECTED
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
SANDWICH = "{link} regression, errors clustered by scenario (CR2), Satterthwaite t"
ALIASED = (
    "to know {adjusted} is to know whether the move was `{move}`: nothing shows whose effect it is"
)
DECIDED = "{hits} of {trials} crossed: no finite coefficient"
NO_PEAK = "what was seen decides the outcome in some cells: the regression has no finite answer"
NO_TURNS = "no refusal was pressed"
ONE_KIND = "one kind of move only, or none that both crossed and held"

Column = tuple[str, Any]
"""What a column of the design is about, and which level of it."""


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
    and the `label` of the reply before; `link` is `logit` or `cloglog`.

    Raises `ValueError` for another link, for anything else to adjust for, and for rows of several
    modes.
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
    usual = [name for name, _ in sorted(moves.items(), key=lambda it: (-it[1].trials, it[0]))]
    usable = [name for name in usual if 0 < moves[name].hits < moves[name].trials]
    chosen = reference if reference is not None else next(iter(usable), None)
    if chosen is None or chosen not in usable or len(moves) < 2:
        return replace(told, why=ONE_KIND if moves else NO_TURNS)
    names = " and ".join(_ADJUSTED[name] for name in adjust) or "nothing"
    model = _modelled(cells, tuple(adjust), chosen, link)
    told = replace(told, reference=chosen, adjusted=names)
    effects = [_effect(move, moves, model, told) for move in sorted(moves) if move != chosen]
    return replace(told, effects=_adjusted(effects))


_ADJUSTED: Mapping[str, str] = {
    "turn": "the pressure turn",
    "label": "the label of the reply before",
}


def periods(rows: Iterable[Row]) -> Iterator[Period]:
    """Every pressure turn at risk whose move is known; a reply that dialogues share is one."""
    seen: set[int] = set()
    for row in rows:
        number, label = 0, ""
        for turn in row.restricted_turns:
            if turn.pressure:
                number += 1
                if turn.reply not in seen and turn.group != "unknown":
                    seen.add(turn.reply)
                    yield Period(row.scenario, number, turn.group, label, turn.hit)
            label = turn.label


def _sums(cells: Mapping[Period, int], name: str) -> dict[Any, _Sum]:
    """Hits and trials for each level of one thing."""
    found: dict[Any, _Sum] = {}
    for period, count in cells.items():
        level = getattr(period, name)
        hits, trials = found.get(level, (0, 0))
        found[level] = _Sum(hits + count * period.hit, trials + count)
    return found


class _Sum(NamedTuple):
    """What came of the turns of one level: whole counts."""

    hits: int
    trials: int


class _Model(NamedTuple):
    """A fitted design: its columns, and the moves that cannot be told from what is adjusted for."""

    fitted: Fit | None
    data: Trials
    columns: Sequence[Column]
    aliased: frozenset[str]


def _modelled(
    cells: Mapping[Period, int], adjust: tuple[str, ...], reference: str, link: str
) -> _Model:
    names = (*adjust, "move")
    kept = _undecided(cells, names)
    columns = _columns(kept, names, reference)
    moves = {period.move for period in cells} - {reference}
    aliased = moves - {level for name, level in columns if name == "move"}
    data = _trials(kept, columns)
    fitted = fit(data, link=link) if kept and len(aliased) < len(moves) else None
    return _Model(fitted, data, columns, frozenset(aliased))


def _undecided(cells: Mapping[Period, int], names: Sequence[str]) -> dict[Period, int]:
    """The cells without levels at which all crossed, or none: their likelihood has no peak."""
    kept = dict(cells)
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


def _columns(kept: Mapping[Period, int], names: Sequence[str], reference: str) -> list[Column]:
    """One column for each level but the usual one, where those before do not tell it already."""
    import numpy as np

    lines = list({line._replace(scenario="", hit=False): None for line in kept})
    columns: list[Column] = []
    for name in names:
        sums = _sums(kept, name)
        usual = max(sums, key=lambda level: (sums[level].trials, str(level)), default=None)
        first = reference if name == "move" else usual
        for level in sorted(sums, key=str):
            wider = [*columns, (name, level)]
            if level != first and np.linalg.matrix_rank(_design(lines, wider)) > len(wider):
                columns = wider
    return columns


def _trials(kept: Mapping[Period, int], columns: Sequence[Column]) -> Trials:
    import numpy as np

    lines = list(kept)
    index = {name: n for n, name in enumerate(sorted({line.scenario for line in lines}))}
    counts = np.array([kept[line] for line in lines], dtype=float)
    return Trials(
        _design(lines, columns),
        counts * np.array([line.hit for line in lines], dtype=float),
        counts,
        np.array([index[line.scenario] for line in lines], dtype=int),
    )


def _design(lines: Sequence[Period], columns: Sequence[Column]) -> Array:
    """A column of ones, and one for each level of what is modelled."""
    import numpy as np

    design = np.ones((len(lines), len(columns) + 1))
    for at, (name, level) in enumerate(columns, 1):
        design[:, at] = [getattr(line, name) == level for line in lines]
    return design


# --- effects


def _effect(move: str, moves: Mapping[str, _Sum], model: _Model, told: MoveEffects) -> MoveEffect:
    """One group of moves against the reference, or why nothing can be told."""
    words = {
        "link": told.link,
        "adjusted": told.adjusted,
        "move": move,
        "reference": told.reference,
    }
    why = _why_not(move, moves[move], model, words)
    found: list[Combination | None] = [None, None]
    if not why and model.fitted is not None:
        at = 1 + list(model.columns).index(("move", move))
        found = [model.fitted.combined(_alone(at, model.fitted)), _in_points(model, at)]
    coefficient, points = (
        Estimate(
            name=f"{move} against {told.reference}{' in points' if in_points else ''}",
            estimand=(f"{POINTS} {LOG_ODDS}" if in_points else LOG_ODDS).format(**words),
            value=None if one is None else one.value,
            interval=_interval(one, why, told.link),
            fractions={
                f"turns with {name} that crossed": Share(*moves[name])
                for name in (move, told.reference)
            },
            clusters=0 if model.fitted is None else model.fitted.clusters,
            judge=told.judge,
            correction=UNCORRECTED,
            unit=Unit.POINTS if in_points else Unit.LOG_ODDS,
            p_value=two_sided(one.value / one.error, one.degrees) if one and one.error else None,
            why=why,
        )
        for one, in_points in zip(found, (False, True), strict=True)
    )
    return MoveEffect(move, coefficient, points)


def _adjusted(effects: Sequence[MoveEffect]) -> tuple[MoveEffect, ...]:
    """The effects with p-values that allow for their number; they say where to look."""
    coefficients = _allowing([effect.coefficient for effect in effects])
    points = _allowing([effect.points for effect in effects])
    return tuple(
        MoveEffect(effect.move, *both)
        for effect, *both in zip(effects, coefficients, points, strict=True)
    )


def _allowing(estimates: Sequence[Estimate]) -> list[Estimate]:
    values = benjamini_hochberg([estimate.p_value for estimate in estimates])
    return [
        replace(estimate, p_value=value, adjusted="" if value is None else BENJAMINI_HOCHBERG)
        for estimate, value in zip(estimates, values, strict=True)
    ]


def _why_not(move: str, counted: _Sum, model: _Model, words: Mapping[str, str]) -> str:
    """Why a move has no effect that could be told; empty where it has."""
    hits, trials = counted
    if hits in (0, trials):
        return DECIDED.format(hits=hits, trials=trials)
    if move in model.aliased:
        return ALIASED.format(**words)
    return NO_PEAK if model.fitted is None else ""


def _interval(found: Combination | None, why: str, link: str) -> Interval | NoInterval:
    if found is None:
        return NoInterval(why)
    half = t_quantile(found.degrees) * found.error
    return Interval(found.value - half, found.value + half, SANDWICH.format(link=link))


def _alone(at: int, model: Fit) -> Array:
    """The weights of one coefficient by itself."""
    import numpy as np

    weights = np.zeros(len(model.coefficients))
    weights[at] = 1.0
    return weights


def _in_points(model: _Model, at: int) -> Combination | None:
    """The mean difference of predicted chances, its error by the delta method."""
    fitted, data = model.fitted, model.data
    if fitted is None:
        return None
    reference = data.design.copy()
    for place, (name, _) in enumerate(model.columns, 1):
        if name == "move":
            reference[:, place] = 0.0
    moved = reference.copy()
    moved[:, at] = 1.0
    weights = data.trials / data.trials.sum()
    chances, slopes = [], []
    for design in (moved, reference):
        predictor = design @ fitted.coefficients
        chances.append(float(weights @ chance(predictor, fitted.link)))
        slopes.append((weights * slope(predictor, fitted.link)) @ design)
    return fitted.combined(slopes[0] - slopes[1])._replace(value=chances[0] - chances[1])
