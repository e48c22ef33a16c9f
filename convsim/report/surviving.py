"""How long refusals stand under pressure, laid out: as text, and as tables on a page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from convsim.estimates import Estimate, Number
from convsim.mitigations.deployed import deployed_rates
from convsim.multiplicity import HOLM, holm
from convsim.rates import Rate, percent
from convsim.report.excerpts import inert
from convsim.report.hanging import INDENT, hanging
from convsim.report.tables import Group, groups
from convsim.rows import Row
from convsim.stats import Interval, NoInterval
from convsim.survival import (
    MoveEffects,
    PairedMoves,
    Point,
    Spells,
    Survival,
    Test,
    alike,
    followed,
    logrank,
    move_effects,
    paired_moves,
    rmst_difference,
    spells_of,
    survival_of,
)
from convsim.tabular import Tabular
from convsim.transcript import Mode

NOTE = (
    "Of refusals that were pressed, the share that still stands after so many pressure turns since "
    "the first refusal; dialogues that never refused are apart. Model: a provider block takes a "
    "dialogue out. Deployed: a block holds. Not corrected for the judge's errors."
)
MOST = 8
"""How many lines of a curve, and of pairs of moves, the terminal shows."""

ERROR = 0.05
"""With what chance a run without any difference between its targets may tell one."""

FEW = 3
"""Up to so many pairs of targets have a line in a short summary."""

BRIEF = (
    "Of refusals that were pressed, the share that stands after so many pressure turns, by the "
    "paths that are so long."
)


@dataclass(frozen=True, slots=True)
class Survived:
    """What one target's dialogues in one mode tell.

    `longer` is the same for as many pressure turns as half of the scenarios have, without the
    shorter ones; None where all are as long. `over` is the over-refusal of the deployed stack, for
    which a block on an allowed ask counts; None where nothing allowed was blocked.
    """

    target: str
    mode: Mode
    survival: Survival
    effects: MoveEffects
    pairs: PairedMoves
    longer: Survival | None = None
    over: Rate | None = None

    @property
    def tells(self) -> bool:
        """Whether anything restricted was asked, or was to be before a block or an error."""
        told = self.survival
        met = told.never_refused
        return bool(told.model.points or met.denominator or met.excluded)

    @property
    def farthest(self) -> Survival:
        """Where the curves go farthest."""
        return self.longer or self.survival

    def records(self) -> Iterator[dict[str, Any]]:
        """One flat row per number."""
        place = {"target": self.target, "mode": self.mode.value}
        for record in self.survival.records():
            curve = record.pop("curve")
            which = ("curve", curve) if curve else ("number", record["name"])
            yield {**place, **_by(*which), **record}
        for curve in self.longer.curves if self.longer else ():
            for point in curve.points:
                yield {**place, **_by("longer curve", curve.name), **point.record()}
        for by, value, number in self._others():
            yield {**place, **_by(by, value), **_EMPTY, **number.record()}

    def _others(self) -> Iterator[tuple[str, str, Number]]:
        """What is no part of a `Survival`: by what, of which value, and the number."""
        if self.over is not None:
            yield "number", self.over.name, self.over
        if self.longer is not None:
            for mean in (self.longer.rmst, self.longer.rmst_deployed):
                yield "number", f"{mean.name}, first {self.longer.horizon}", mean
        for effect in self.effects.effects:
            yield "move", effect.move, effect.coefficient
            yield "move", effect.move, effect.points
        for (one, other), pair in self.pairs.pairs.items():
            yield "pair", f"{one} - {other}", pair

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return {
            "target": self.target,
            "mode": self.mode.value,
            **self.survival.to_dict(),
            "longer": self.longer.to_dict() if self.longer else None,
            "deployed_over_refusal": self.over.to_dict() if self.over else None,
            "move_effects": self.effects.to_dict(),
            "paired_moves": self.pairs.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Apart:
    """How two targets of one run differ: in turns held, and by the log-rank test.

    `p_value` is that of the turns, or of the test where turns have none (few crossings). It allows
    for all pairs of the run, as those of `turns` and `test` do; `adjusted` says how.
    """

    one: str
    other: str
    mode: Mode
    turns: Estimate
    test: Test
    p_value: float | None = None
    adjusted: str = ""

    @property
    def decided(self) -> str:
        """`more`, `less` or `undecided` turns held by the first; `none` without data.

        The interval is that of one pair. Of several pairs, one that leaves out 0 is not enough.
        """
        said = self.turns.decided
        if self.adjusted and said in ("more", "less"):
            return said if self.p_value is not None and self.p_value <= ERROR else "undecided"
        return said

    def records(self) -> Iterator[dict[str, Any]]:
        """One flat row per number."""
        place = {"target": self.one, "mode": self.mode.value}
        for number in (self.turns, *self.test.groups.values()):
            value = f"{self.one} - {self.other}"
            yield {**place, **_by("difference", value), **_EMPTY, **number.record()}

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return {
            "one": self.one,
            "other": self.other,
            "mode": self.mode.value,
            "decided": self.decided,
            "turns": self.turns.to_dict(),
            "test": self.test.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Surviving(Tabular):
    """How long refusals stand: of each target and mode, and how targets differ.

    run.survival().where(by="curve", value="model").frame()
    """

    parts: tuple[Survived, ...] = ()
    differences: tuple[Apart, ...] = ()

    def of(self, target: str, mode: Mode | None = None) -> Survival:
        """What one target's dialogues tell; the mode matters where the run has several.

        Raises `KeyError` where there is none.
        """
        for part in self.parts:
            if part.target == target and mode in (None, part.mode):
                return part.survival
        known = ", ".join(f"{part.target} ({part.mode.value})" for part in self.parts)
        raise KeyError(f"no survival of target {target!r}; there is that of {known or 'none'}")

    def records(self) -> list[dict[str, Any]]:
        """One flat row per number: by `number`, `curve`, `move`, `pair` or `difference`."""
        found: Sequence[Survived | Apart] = (*self.parts, *self.differences)
        return [record for part in found for record in part.records()]

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON-able data."""
        return {
            "targets": [part.to_dict() for part in self.parts],
            "differences": [item.to_dict() for item in self.differences],
        }


def _by(by: str, value: str) -> dict[str, str]:
    return {"by": by, "value": value}


_EMPTY: Mapping[str, None] = dict.fromkeys(
    ("turn", "at_risk", "crossed", "blocked", "plain_low", "plain_high")
)


def surviving(rows: Iterable[Row], *, judge: str, reviewed: Collection[str] = ()) -> Surviving:
    """How long refusals stand, by target and mode; only where a refusal was pressed, or none came.

    Controls are left out.
    """
    found = [group.without_controls() for group in groups(rows)]
    spells = [spells_of(group.rows) for group in found]
    parts = []
    for group, them in zip(found, spells, strict=True):
        others = [it for other, it in zip(found, spells, strict=True) if other.mode is group.mode]
        parts.append(_part_of(group, alike([them, *others])[0], judge, reviewed))
    told = tuple(part for part in parts if part.tells)
    return Surviving(told, _adjusted(_differences(found, told, judge)))


def _part_of(group: Group, spells: Spells, judge: str, reviewed: Collection[str]) -> Survived:
    told = survival_of(group.rows, spells, judge)
    return Survived(
        group.target,
        group.mode,
        told,
        move_effects(group.rows, judge=judge),
        paired_moves(group.rows, judge=judge),
        followed(told, spells, spells.usual) if spells.usual > told.horizon > 0 else None,
        deployed_rates(group.rows, judge=judge, reviewed=reviewed).over
        if any(row.over_blocked for row in group.rows)
        else None,
    )


def _differences(found: Sequence[Group], parts: Sequence[Survived], judge: str) -> Iterator[Apart]:
    """How each two targets of one mode differ, over the turns that both are followed for."""
    horizons = {(part.target, part.mode): part.farthest.horizon for part in parts}
    for one, other in combinations(found, 2):
        turns = min(horizons.get((it.target, it.mode), 0) for it in (one, other))
        if one.mode is other.mode and turns:
            yield Apart(
                one.target,
                other.target,
                one.mode,
                rmst_difference(one.rows, other.rows, judge=judge, horizon=turns),
                logrank(
                    {one.target: one.rows, other.target: other.rows}, judge=judge, horizon=turns
                ),
            )


def _adjusted(found: Iterable[Apart]) -> tuple[Apart, ...]:
    """The differences, with p-values that allow for the number of pairs."""
    items = [replace(item, p_value=_first(item.turns.p_value, item.test.p_value)) for item in found]
    if len(items) < 2:
        return tuple(items)
    pairs = holm([item.p_value for item in items])
    tests = holm([item.test.p_value for item in items])
    return tuple(
        replace(
            item,
            turns=_allowing(item.turns, None if item.turns.p_value is None else p_value),
            test=_tested(item.test, tested),
            p_value=p_value,
            adjusted=HOLM,
        )
        for item, p_value, tested in zip(items, pairs, tests, strict=True)
    )


def _first(one: float | None, other: float | None) -> float | None:
    return other if one is None else one


def _allowing(number: Estimate, value: float | None) -> Estimate:
    """A number with Holm's p-value in the place of its own."""
    return replace(number, p_value=value, adjusted="" if value is None else HOLM)


def _tested(test: Test, value: float | None) -> Test:
    """The same of a test of two groups, whose only number has the p-value of the test."""
    groups = {name: _allowing(number, value) for name, number in test.groups.items()}
    return replace(test, p_value=value, adjusted="" if value is None else HOLM, groups=groups)


# --- as text


def lines(found: Surviving, width: int = 80, *, all_lines: bool = False) -> Iterator[str]:
    """How long refusals stand, and how targets differ; nothing where nothing was asked.

    With `all_lines` every number of each target, its curve, its moves, and each pair of targets.
    """
    if not found.parts:
        return
    yield "SURVIVAL OF A REFUSAL"
    yield from hanging("", NOTE if all_lines else BRIEF, width)
    for part in found.parts:
        yield f"{INDENT}{inert(part.target)} ({part.mode.value})"
        yield from _part(part, width) if all_lines else _briefly(part, width)
    few = all_lines or len(found.differences) <= FEW
    for item in found.differences if few else ():
        who = inert(f"{item.one} less {item.other} ({item.mode.value}): ")
        yield from hanging(who, apart(item), width)
    if not few:
        told = sum(item.decided in ("more", "less") for item in found.differences)
        yield from hanging(
            "",
            f"{told} of {len(found.differences)} pairs of targets differ in turns held "
            f"({HOLM}; --all)",
            width,
        )
    if all_lines and (methods := _methods(found)):
        yield from hanging("", methods, width)


def _briefly(part: Survived, width: int) -> Iterator[str]:
    """Where the curve ends, the turns held, who never refused, and what no curve knows."""
    told, last = part.farthest, part.farthest.model.last
    found: dict[str, str] = {}
    if last is not None:
        turns = f"{last.turn} turn{'' if last.turn == 1 else 's'}"
        found = {f"stands after {turns}": _stands(told), f"held of {turns}": _figure(told.rmst)}
        if _blocks(told) and told.rmst_deployed.shown != told.rmst.shown:
            found["the same, deployed"] = _figure(told.rmst_deployed)
    if last is None or told.never_refused.numerator:
        found["never refused"] = _figure(told.never_refused)
    for name, figure in found.items():
        yield from hanging(f"  {name:<23}", figure, width)
    for note in (*_cut_short(told), *_left_out(told)):
        yield from hanging("  ", inert(note.replace(" pressure turns", " turns")), width)


def _stands(told: Survival) -> str:
    """The end of the model's curve, and how many it saw cross."""
    points = told.model.points
    share, crossed = points[-1].share, sum(point.crossed for point in points)
    scenarios = f"{share.clusters} scenario{'' if share.clusters == 1 else 's'}"
    counts = f"{crossed:,}/{points[0].at_risk:,} crossed in {scenarios}"
    return f"{share.shown:>6} {share.span:<14} {counts}"


def _figure(number: Number) -> str:
    """A number as the headline prints it."""
    if number.value is None:
        return said(number)
    return f"{number.shown:>6} {number.span:<14} {number.counts}"


def _part(part: Survived, width: int) -> Iterator[str]:
    for name, number in named(part):
        yield from hanging(f"  {name:<24}", said(number), width)
    for head, line in _table(part.farthest):
        yield f"{INDENT * 2}{head:<6}{line}"
    for note in notes(part):
        yield from hanging("  ", inert(note), width)


def said(number: Number) -> str:
    """A number, and why it has no interval."""
    interval = number.interval
    if isinstance(interval, NoInterval) and number.value is not None:
        return f"{number}: {interval.reason}"
    return str(number)


def named(part: Survived) -> list[tuple[str, Number]]:
    """The numbers beside the curves that tell something, by what they are called."""
    told = part.survival
    found: list[tuple[str, Number]] = [("never refused", told.never_refused)]
    if told.model.points:
        found += [
            ("crossed at first press", told.second_round),
            (f"turns held of first {told.horizon}", told.rmst),
        ]
    if part.longer is not None:
        found.append((f"first {part.longer.horizon}, longer paths", part.longer.rmst))
    if _blocks(told):
        found.append(("the same, deployed", part.farthest.rmst_deployed))
    if part.farthest.median.value is not None:
        found.append(("median turn of crossing", part.farthest.median))
    if part.over is not None:
        found.append(("over-refusal, deployed", part.over))
    return found


def _blocks(told: Survival) -> bool:
    return len(told.curves) > 2


def _table(told: Survival) -> Iterator[tuple[str, str]]:
    """The curves, turn by turn, with the turns in the middle left out where they are many."""
    if not told.model.points:
        return
    heads = f"{'at risk':>8}  {'model':<21}" + ("deployed" if _blocks(told) else "")
    yield "turn", heads.rstrip()
    points = list(zip(told.model.points, told.deployed.points, strict=False))
    kept = points if len(points) <= MOST else [*points[: MOST - 1], points[-1]]
    for one, other in kept:
        shares = f"{_share(one):<21}" + (_share(other) if _blocks(told) else "")
        yield str(one.turn), f"{one.at_risk:>8,}  {shares}".rstrip()


def _share(point: Point) -> str:
    return f"{percent(point.share.value or 0.0):>5}% {point.share.span}"


def notes(part: Survived) -> Iterator[str]:
    """What a reader of a curve should know, and what moves do to it."""
    told = part.farthest
    yield from _cut_short(told)
    if part.longer is not None:
        yield (
            f"the curve is of paths with {told.horizon} pressure turns and more, in "
            f"{told.model.clusters} of {part.survival.model.clusters} scenarios; all paths have "
            f"{part.survival.horizon}"
        )
    elif told.stops:
        yield told.stops
    yield from _left_out(told)
    yield from _moves(part)


def _cut_short(told: Survival) -> Iterator[str]:
    last = told.model.last
    if last is not None and last.share.bounds is not None:
        worst, best = last.share.bounds
        yield (
            f"errors and unread turns cut dialogues short: after turn {last.turn} at best "
            f"{percent(best)}%, at worst {percent(worst)}%"
        )


def _left_out(told: Survival) -> Iterator[str]:
    """What no curve has; where there is none, what kept dialogues from coming to a refusal."""
    excluded = told.model.excluded if told.model.points else told.never_refused.excluded
    if counts := ", ".join(f"{count:,} {why}" for why, count in excluded.items()):
        yield f"left out: {counts}"


def _moves(part: Survived) -> Iterator[str]:
    """The paired effects of moves; where there are none, that they cannot be told."""
    shown = sorted(part.pairs.pairs.items(), key=lambda item: -abs(item[1].value or 0.0))
    for (one, other), estimate in shown[:MOST]:
        yield f"{one} less {other}, after identical words: {estimate} points"
    if len(shown) > MOST:
        yield f"and {len(shown) - MOST} more pairs of moves (on the page)"


def apart(item: Apart) -> str:
    """`+0.43 turns held [-1.85, 0.85] 20/80 against 9/41 in 9 scenarios: undecided; ...`."""
    turns, p_value = item.turns, item.test.p_value
    test = "none" if p_value is None else f"p = {p_value:.3f}" if p_value >= 0.001 else "p < 0.001"
    test += f" ({item.test.adjusted})" if item.test.adjusted else ""
    if turns.value is None:
        return f"{turns}; log-rank {test}"
    said = item.decided
    verdict = {"more": "it holds longer", "less": "it holds less long"}.get(said, said)
    return f"{turns.shown} turns held {turns.span} {turns.counts}: {verdict}; log-rank {test}"


def _methods(found: Surviving) -> str:
    """How the intervals were made."""
    told = [point.share.interval for it in found.parts for point in it.farthest.model.points]
    told += [number.interval for part in found.parts for _, number in named(part)]
    ways = sorted({it.method for it in told if isinstance(it, Interval)})
    return f"[low, high]: 95%, clustered by scenario ({'; '.join(ways)})." if ways else ""


# --- as tables on a page


def blocks(found: Surviving) -> list[dict[str, Any]]:
    """For each target and mode the numbers, the curve and the notes that a page shows."""
    return [_block(part) for part in found.parts]


def _block(part: Survived) -> dict[str, Any]:
    told = part.farthest
    return {
        "target": part.target,
        "mode": part.mode.value,
        "numbers": [_line(name, number) for name, number in named(part)],
        "moves": [
            _line(f"{one} less {other}", estimate)
            for (one, other), estimate in part.pairs.pairs.items()
        ],
        "effects": [
            _line(number.name, number)
            for effect in part.effects.effects
            for number in (effect.coefficient, effect.points)
            if number.value is not None
        ],
        "turns": [
            {
                "turn": one.turn,
                "at_risk": f"{one.at_risk:,}",
                "crossed": f"{one.crossed:,}",
                "blocked": f"{other.blocked:,}",
                "model": _line("", one.share),
                "plain": _plain(one),
                "deployed": _line("", other.share),
            }
            for one, other in zip(told.model.points, told.deployed.points, strict=False)
        ],
        "notes": list(notes(replace(part, pairs=PairedMoves("", "")))),
    }


def _line(name: str, number: Number) -> dict[str, str]:
    method = number.interval
    return {
        "name": name,
        "shown": number.shown,
        "span": number.span if number.value is not None else "",
        "counts": number.counts if number.value is not None else "",
        "method": method.method if isinstance(method, Interval) else method.reason,
        "estimand": number.estimand,
    }


def _plain(point: Point) -> str:
    plain = point.plain
    if isinstance(plain, NoInterval):
        return ""
    return f"[{100 * plain.low:.1f}, {100 * plain.high:.1f}]"


def differences(found: Surviving) -> list[dict[str, str]]:
    """How targets differ, as lines."""
    return [
        {"who": f"{one.one} less {one.other} ({one.mode.value})", "said": apart(one)}
        for one in found.differences
    ]
