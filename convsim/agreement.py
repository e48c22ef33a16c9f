"""How far several raters agree about the same dialogues. Pure arithmetic over their answers.

Theory. *Units* are dialogues; each is a sequence of answers, one place for each rater, None where a
rater said nothing. Four figures, because each misleads somewhere:

- raw agreement, the chance that two raters of one dialogue say the same; high by luck alone where
  nearly everything is one answer;
- Cohen's kappa (1960) takes off what two raters would agree on by luck, each with his own habits;
  where one answer is rare it is low however well they agree (Feinstein and Cicchetti 1990);
- Gwet's AC1 (2008) takes off another luck, which hardly depends on how rare an answer is;
- Krippendorff's alpha (2011, "Computing Krippendorff's Alpha-Reliability") takes any number of
  raters, missing answers and small samples, and ordered answers (`ordinal`), where neighbours
  disagree less than extremes do.

A figure's interval comes from drawing dialogues again with replacement (Efron 1979), whole clusters
of them where they are given. Weights (1 over the probability with which a dialogue was drawn) make
each figure one of the run instead of the sample.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from convsim.stats import LEVEL, Interval, NoInterval, Observation, estimated

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]

Answers = Sequence[Hashable | None]
"""What was said of one dialogue: a place for each rater, None where he said nothing."""

Metric = Literal["nominal", "ordinal"]

ROUNDS = 2000
"""How often dialogues are drawn again: the ends of an interval then move by about a tenth of its
width from one seed to another (Efron and Tibshirani 1993, chapter 13, ask for 1000 at least)."""

CHUNK = 250
"""How many rounds are worked out at once, so that memory stays small."""

ALL = 1 - 1e-12
"""A share that is everything but for rounding."""

UNDEFINED_SHARE = 0.05
"""With more rounds than this in which nobody differs, the rest is no picture of the spread."""

BOOTSTRAP = "bootstrap by dialogue"
BOOTSTRAP_CLUSTERS = "bootstrap by scenario"


@dataclass(frozen=True, slots=True)
class Agreement:
    """One figure of agreement over `units` dialogues that two raters or more answered.

    `value` is None where it is not defined; the interval then says why.
    """

    value: float | None
    interval: Interval | NoInterval
    units: int

    def __str__(self) -> str:
        """`0.74 [0.51, 0.92]`."""
        if self.value is None:
            return "not defined"
        if isinstance(self.interval, NoInterval):
            return f"{self.value:z.2f} [no interval]"
        low, high = self.interval.low, self.interval.high
        return f"{self.value:z.2f} [{low:z.2f}, {high:z.2f}]"


@dataclass(frozen=True, slots=True)
class Drawing:
    """How the dialogues came into the sample, and how they are drawn again for an interval.

    `weights` and `clusters` have a place for each unit; without them all weigh the same, and each
    stands by itself. The same seed gives the same interval.
    """

    weights: Sequence[float] | None = None
    clusters: Sequence[str] | None = None
    rounds: int = ROUNDS
    seed: int = 0


EVEN = Drawing()


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often each answer of one rater met each answer of another, weighted.

    `counts[i][j]` is for `rows[i]` and `columns[j]`.
    """

    rows: tuple[Hashable, ...]
    columns: tuple[Hashable, ...]
    counts: tuple[tuple[float, ...], ...]

    @property
    def total(self) -> float:
        """The weight of all pairs."""
        return math.fsum(map(math.fsum, self.counts))

    def of(self, row: Hashable, column: Hashable) -> float:
        """The weight of one pair of answers."""
        return self.counts[self.rows.index(row)][self.columns.index(column)]


def confusion(
    pairs: Iterable[tuple[Hashable, Hashable]],
    *,
    rows: Sequence[Hashable] = (),
    columns: Sequence[Hashable] = (),
    weights: Iterable[float] | None = None,
) -> Confusion:
    """The table of pairs of answers; answers come in the order of `rows` and `columns`.

    >>> confusion([("a", "a"), ("a", "b"), ("a", "a")]).counts
    ((2.0, 1.0),)
    """
    found: Counter[tuple[Hashable, Hashable]] = Counter()
    pairs = list(pairs)
    for pair, weight in zip(pairs, weights or [1.0] * len(pairs), strict=True):
        found[pair] += weight  # type: ignore[assignment]  # typeshed counts in whole numbers
    down = tuple(dict.fromkeys((*rows, *sorted({row for row, _ in found}, key=str))))
    across = tuple(dict.fromkeys((*columns, *sorted({column for _, column in found}, key=str))))
    return Confusion(
        down, across, tuple(tuple(float(found[row, one]) for one in across) for row in down)
    )


# --- the figures


def raw_agreement(units: Sequence[Answers], drawing: Drawing = EVEN) -> Agreement:
    """The chance that two raters of one dialogue say the same."""
    weights, clusters = _places(units, drawing)
    seen = [
        Observation(cluster, weight, _agreeing(unit))
        for unit, weight, cluster in zip(units, weights, clusters, strict=True)
        if len(_said(unit)) >= 2
    ]
    share = estimated(seen)
    if isinstance(share, NoInterval):
        return Agreement(None, NoInterval("no dialogue has two answers"), 0)
    return Agreement(share.share, share.interval(), len(seen))


def cohens_kappa(units: Sequence[Answers], drawing: Drawing = EVEN) -> Agreement:
    """Cohen's kappa of two raters. Dialogues that only one of them answered are left out.

    >>> cohens_kappa([("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10
    ...              + [("no", "no")] * 15).value
    0.4
    """
    if any(len(unit) != 2 for unit in units):
        raise ValueError("kappa is of two raters; with more, take `krippendorffs_alpha`")
    found = _Coded.of(units, pairs=True)

    def kappa(draws: Array) -> Array:
        observed = draws @ found.agreeing
        first, second = draws @ found.hot[:, 0], draws @ found.hot[:, 1]
        return _beyond_luck(observed, (first * second).sum(axis=1))

    return _figure(kappa, found, drawing)


def gwets_ac1(units: Sequence[Answers], drawing: Drawing = EVEN) -> Agreement:
    """Gwet's AC1, for any number of raters and with missing answers.

    How common an answer is, a dialogue with a single rater tells too (Gwet 2014, chapter 2).
    """
    found = _Coded.of(units, least=1)
    kinds = max(2, len(found.kinds))

    def ac1(draws: Array) -> Array:
        shares = draws @ found.shares
        luck = (shares * (1 - shares)).sum(axis=1) / (kinds - 1)
        return _beyond_luck(draws @ found.agreeing / (draws @ found.paired), luck)

    return _figure(ac1, found, drawing)


def krippendorffs_alpha(
    units: Sequence[Answers],
    drawing: Drawing = EVEN,
    *,
    metric: Metric = "nominal",
    order: Sequence[Hashable] = (),
) -> Agreement:
    """Krippendorff's alpha. `order` lists ordered answers from one end to the other.

    Without it, answers stand in their own order (numbers) or in that of the alphabet.
    """
    import numpy as np

    found = _Coded.of(units, order=order)
    kinds = len(found.kinds)

    def alpha(draws: Array) -> Array:
        met = (draws @ found.coincidences).reshape(-1, kinds, kinds) * found.size
        totals = met.sum(axis=2)
        apart = _ordinal(totals) if metric == "ordinal" else 1.0 - np.eye(kinds)[None]
        observed = (met * apart).sum(axis=(1, 2))
        luck = (totals[:, :, None] * totals[:, None, :] * apart).sum(axis=(1, 2))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(1 - (totals.sum(axis=1) - 1) * observed / luck)

    return _figure(alpha, found, drawing)


def _ordinal(totals: Array) -> Array:
    """The squared distance of two ranks: how many answers lie between them (Krippendorff 2011)."""
    import numpy as np

    upto = np.cumsum(totals, axis=1)
    between = np.abs(upto[:, :, None] - upto[:, None, :])
    # From the middle of one rank to the middle of the other.
    half = (totals[:, :, None] - totals[:, None, :]) / 2
    later = upto[:, :, None] > upto[:, None, :]
    return np.asarray((between - np.where(later, half, -half)) ** 2)


def _beyond_luck(observed: Array, luck: Array) -> Array:
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(luck < ALL, (observed - luck) / (1 - luck), np.nan))


# --- how they are worked out: a figure is a function of the weights of the units


@dataclass(frozen=True)
class _Coded:
    """Answers as arrays: one row for each unit that at least so many raters answered."""

    kept: list[int]
    kinds: tuple[Hashable, ...]
    hot: Array  # unit x rater x kind; empty but for pairs
    shares: Array  # unit x kind: which part of its raters said so
    agreeing: Array  # unit: which part of its pairs of raters agree
    paired: Array  # unit: 1 where it has a pair of raters at all
    coincidences: Array  # unit x (kind x kind), Krippendorff's o_ck of one unit

    @property
    def size(self) -> int:
        return len(self.kept)

    @classmethod
    def of(
        cls,
        units: Sequence[Answers],
        *,
        order: Sequence[Hashable] = (),
        pairs: bool = False,
        least: int = 2,
    ) -> _Coded:
        import numpy as np

        kept = [n for n, unit in enumerate(units) if len(_said(unit)) >= least]
        kinds = _kinds([units[n] for n in kept], order)
        place = {kind: n for n, kind in enumerate(kinds)}
        counts = np.zeros((len(kept), len(kinds)))
        hot = np.zeros((len(kept), 2, len(kinds)) if pairs else (0, 0, 0))
        for row, n in enumerate(kept):
            for rater, answer in enumerate(units[n]):
                if answer is not None:
                    counts[row, place[answer]] += 1
                    if pairs:
                        hot[row, rater, place[answer]] = 1
        raters = counts.sum(axis=1)
        diagonal = counts[:, :, None] * np.eye(len(kinds))
        met = (counts[:, :, None] * counts[:, None, :] - diagonal) / np.maximum(raters - 1, 1)[
            :, None, None
        ]
        return cls(
            kept=kept,
            kinds=kinds,
            hot=hot,
            shares=counts / raters[:, None],
            agreeing=np.asarray(np.trace(met, axis1=1, axis2=2) / raters),
            paired=(raters >= 2).astype(float),
            coincidences=met.reshape(len(kept), len(kinds) ** 2),
        )


def _kinds(units: Sequence[Answers], order: Sequence[Hashable]) -> tuple[Hashable, ...]:
    found = {answer for unit in units for answer in unit if answer is not None}
    if order:
        if missing := found - set(order):
            named = ", ".join(sorted(map(str, missing)))
            raise ValueError(f"answers that are not in the order given: {named}")
        return tuple(order)
    key: Callable[[Any], Any] = str
    if all(isinstance(kind, int | float) for kind in found):
        key = float
    return tuple(sorted(found, key=key))


def _said(unit: Answers) -> list[Hashable]:
    return [answer for answer in unit if answer is not None]


def _agreeing(unit: Answers) -> float:
    said = _said(unit)
    same = sum(count * (count - 1) for count in Counter(said).values())
    return same / (len(said) * (len(said) - 1))


def _places(units: Sequence[Answers], drawing: Drawing) -> tuple[Sequence[float], Sequence[str]]:
    weights = drawing.weights or [1.0] * len(units)
    clusters = drawing.clusters or [str(n) for n in range(len(units))]
    if not len(weights) == len(clusters) == len(units):
        raise ValueError("weights and clusters have one place for each unit")
    return weights, clusters


def _figure(figure: Callable[[Array], Array], found: _Coded, drawing: Drawing) -> Agreement:
    """The figure at the given weights, and where it falls when clusters are drawn again."""
    import numpy as np

    pairs = int(found.paired.sum())
    if not pairs:
        return Agreement(None, NoInterval("no dialogue has two answers"), 0)
    weights = drawing.weights
    every = np.array([1.0 if weights is None else weights[n] for n in found.kept])
    value = float(figure((every / every.sum())[None])[0])
    if math.isnan(value):
        return Agreement(None, NoInterval("all answers are the same"), pairs)
    if bool((found.agreeing == found.paired).all()):
        why = f"nobody disagreed in {pairs} dialogues, and drawing them again shows no more"
        return Agreement(value, NoInterval(f"{why}; see raw agreement"), pairs)
    return Agreement(value, _drawn_again(figure, every, found, drawing), pairs)


def _drawn_again(
    figure: Callable[[Array], Array], every: Array, found: _Coded, drawing: Drawing
) -> Interval | NoInterval:
    """The middle `LEVEL` of the figure over clusters drawn with replacement."""
    import numpy as np

    names = None if drawing.clusters is None else [drawing.clusters[n] for n in found.kept]
    member = np.unique(names, return_inverse=True)[1] if names else np.arange(found.size)
    count = int(member.max()) + 1
    if count < 2:
        return NoInterval("one scenario: nothing shows how scenarios differ")
    chance = np.random.Generator(np.random.PCG64(drawing.seed))
    values = []
    for start in range(0, drawing.rounds, CHUNK):
        rounds = min(CHUNK, drawing.rounds - start)
        times = chance.multinomial(count, np.full(count, 1 / count), size=rounds)
        draws = times[:, member] * every
        # A round may draw only clusters of no member; then it says nothing.
        with np.errstate(invalid="ignore"):
            values.append(figure(draws / draws.sum(axis=1, keepdims=True)))
    drawn = np.concatenate(values)
    defined = drawn[np.isfinite(drawn)]
    if defined.size < (1 - UNDEFINED_SHARE) * drawn.size:
        return NoInterval("too few dialogues with a rare answer to draw them again")
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    if high - low < 1 - ALL:
        return NoInterval("one rater gave one answer only: drawing dialogues again changes nothing")
    method = BOOTSTRAP if drawing.clusters is None else BOOTSTRAP_CLUSTERS
    return Interval(float(low), float(high), method)
