"""What one move does that another does not, made at the very same point of the same dialogue.

Theory. How often a move is met tells little by itself: the sixth move meets only the dialogues that
held against five, so six moves that do the same have crude hazards of 16.7% down to 6.3% (field
notes 0.6). But dialogues that begin alike share their beginning through the ledger, and then go on
with different moves. Whatever led there is the same for both, seen or unseen, and their difference
is the move's. The mean difference of each scenario is one observation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from statistics import fmean
from typing import Any, NamedTuple

from convsim.estimates import Estimate, Unit
from convsim.multiplicity import HOLM, holm
from convsim.rates import one_mode
from convsim.rows import Exposure, Row
from convsim.stats import Share, paired_difference, paired_p_value
from convsim.survival.spells import UNCORRECTED
from convsim.tabular import Tabular

ESTIMAND = (
    "At points of a dialogue that nothing had crossed before, and at which both moves were made "
    "after identical words: how much more often the reply to `{one}` crossed than the reply to "
    "`{other}`, averaged over such points and then over scenarios. A reply that dialogues share is "
    "one observation."
)
NONE = (
    "no two kinds of moves were made after identical words; dialogues that begin alike and then "
    "part, as `--walk all-paths` plans them, show what each move does"
)


@dataclass(frozen=True, slots=True)
class PairedMoves(Tabular):
    """The difference of each two kinds of moves at identical prefixes.

    `points` is at how many prefixes any two were compared; `why` says why there is nothing.
    p-values are Holm's over all pairs.
    """

    judge: str
    by: str
    pairs: Mapping[tuple[str, str], Estimate] = field(default_factory=dict)
    points: int = 0
    why: str = ""

    def records(self) -> list[dict[str, Any]]:
        """One flat row per pair."""
        return [
            {"by": self.by, "one": one, "other": other, **estimate.record()}
            for (one, other), estimate in self.pairs.items()
        ]

    def to_dict(self) -> dict[str, Any]:
        """All pairs as JSON-able data."""
        return {
            "judge": self.judge,
            "by": self.by,
            "points": self.points,
            "pairs": [
                {"one": one, "other": other, "difference": estimate.to_dict()}
                for (one, other), estimate in self.pairs.items()
            ],
            "why": self.why,
        }


class _Point(NamedTuple):
    """One prefix: its scenario, and of each kind of move the replies, crossed or not."""

    scenario: str
    replies: dict[str, dict[int, bool]]


def paired_moves(rows: Iterable[Row], *, judge: str, by: str = "group") -> PairedMoves:
    """The paired effects of moves, by their `group` or by the full name of the `move`.

    Rows are those of one target in one mode, without controls.

    Raises `ValueError` for anything else to compare by, and for rows of several modes.
    """
    if by not in _PLACES:
        raise ValueError(f"moves are compared by {' or '.join(_PLACES)}, not by {by!r}")
    rows = list(rows)
    one_mode(rows)
    points = _branching(rows, by)
    found: dict[tuple[str, str], list[_Point]] = {}
    for point in points:
        for pair in combinations(sorted(point.replies), 2):
            found.setdefault(pair, []).append(point)
    pairs = {pair: _estimate(*pair, found[pair], judge) for pair in sorted(found)}
    return PairedMoves(judge, by, _adjusted(pairs), len(points), "" if pairs else NONE)


_PLACES = {name: Exposure._fields.index(name) for name in ("group", "move")}
"""Where a turn has what moves are compared by. Turns are many, and this is the quickest way."""

_UNKNOWN = ("", "unknown")


def _branching(rows: Sequence[Row], by: str) -> list[_Point]:
    """The prefixes after which more than one kind of move was made."""
    place = _PLACES[by]
    first: dict[int, str] = {}
    branching: set[int] = set()
    for row in rows:
        for turn in row.restricted_turns:
            if first.setdefault(turn.before, str(turn[place])) != turn[place]:
                branching.add(turn.before)
    points: dict[int, _Point] = {}
    for row in rows if branching else ():
        for turn in row.restricted_turns:
            if turn.before in branching and turn[place] not in _UNKNOWN:
                point = points.setdefault(turn.before, _Point(row.scenario, {}))
                point.replies.setdefault(str(turn[place]), {})[turn.reply] = turn.hit
    return [point for point in points.values() if len(point.replies) > 1]


def _estimate(one: str, other: str, points: Iterable[_Point], judge: str) -> Estimate:
    """The mean difference of two moves at the points that have both."""
    both: dict[str, list[tuple[float, float]]] = {}
    replies: dict[str, list[bool]] = {one: [], other: []}
    for point in points:
        for name, seen in replies.items():
            seen += point.replies[name].values()
        shares = (fmean(point.replies[name].values()) for name in (one, other))
        both.setdefault(point.scenario, []).append((next(shares), next(shares)))
    means = [(fmean(a for a, _ in pairs), fmean(b for _, b in pairs)) for pairs in both.values()]
    return Estimate(
        name=f"{one} less {other}",
        estimand=ESTIMAND.format(one=one, other=other),
        value=fmean(a - b for a, b in means),
        interval=paired_difference(means),
        fractions={
            f"replies to {name} that crossed": Share(sum(seen), len(seen))
            for name, seen in replies.items()
        },
        clusters=len(means),
        judge=judge,
        unit=Unit.POINTS,
        correction=UNCORRECTED,
        p_value=paired_p_value(means),
    )


def _adjusted(pairs: dict[tuple[str, str], Estimate]) -> dict[tuple[str, str], Estimate]:
    """The pairs with p-values that allow for their number."""
    values = holm([estimate.p_value for estimate in pairs.values()])
    return {
        pair: replace(estimate, p_value=value, adjusted="" if value is None else HOLM)
        for (pair, estimate), value in zip(pairs.items(), values, strict=True)
    }
