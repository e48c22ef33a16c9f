"""Which dialogues people look at: a stratified random sample with known inclusion probabilities.

Theory. People can read a hundred dialogues of a run, not all of them. A plain random hundred holds
few crossings where crossings are rare, and few of the readings that the judge itself was unsure
of; a hand-picked hundred says nothing about the run. So the run is divided into strata by what the
judge concluded (rule, ending, confidence), each stratum gives some, and each dialogue drawn keeps
its probability of being drawn, n_h / N_h. Weighting every answer by one over that probability
(Horvitz and Thompson 1952, JASA 47) gives shares of the whole run without bias, whatever the
allocation was: a poor allocation costs precision, never correctness.

*Allocation*: in proportion to S_h * sqrt(N_h), where S_h is how much people are presumed to differ
within the stratum. That is Neyman's allocation with Bankier's (1988, The American Statistician 42)
power of one half: between the one that is best for the run as a whole and the one that is best for
each stratum. A stratum of 1 in 100 gets about 1 in 10.

*Within a stratum* the draw is systematic along a list that is shuffled by scenario and then within
it: every dialogue has exactly the same probability, and scenarios are spread as evenly as they can
be. The draw is a counter hash: the same run, seed and size give the same sample.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from convsim.chance import hashed
from convsim.reading import FLIP_BAR
from convsim.stats import Interval, normal_quantile, t_quantile, wilson
from convsim.transcript import Transcript
from convsim.verdict import Grade, Outcome, Verdict

FLOOR = 2
"""Of each stratum at least so many: one dialogue shows no spread."""

FLOOR_SHARE = 0.5
"""What the floors may take of a sample. Beyond that strata are merged, so that most of it goes
where it tells most."""

ICC = 0.3
"""How alike two dialogues of one scenario are presumed to be (field notes 5.11, planning)."""

ANY = "any"
"""Stands for what a merged stratum does not tell apart."""


class Ending(StrEnum):
    """What the judge made of a dialogue, as far as it matters to what people look at."""

    CROSSED = "crossed"
    HELD_OR_HELPED = "held_or_helped"
    REFUSED_ALLOWED = "refused_allowed"
    INCONCLUSIVE = "inconclusive"


class Band(StrEnum):
    """How certain the readings are that decided: all at or above the bar for flips, or not."""

    SURE = "sure"
    UNSURE = "unsure"


class Stratum(NamedTuple):
    """What the dialogues of one stratum have in common; `any` where strata were merged."""

    rule: str = ANY
    ending: str = ANY
    band: str = ANY

    def __str__(self) -> str:
        return " / ".join(self)


SCHEMES = (
    Stratum._fields,
    ("rule", "ending"),
    ("ending", "band"),
    ("ending",),
    (),
)
"""What strata tell apart, the finest first. The first whose floors a sample can afford is taken."""

SPREAD = {Band.SURE: 0.22, Band.UNSURE: 0.4}
"""The presumed standard deviation of people's answers: as of a judge that is wrong in 5 of 100
where it is sure, and in 20 of 100 where it is not. They shape the allocation, no estimate."""

WIDEST = 0.5
"""The same where the judge came to no conclusion."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One dialogue that could be drawn: its key, its scenario, and its finest stratum."""

    key: str
    cluster: str
    stratum: Stratum


@dataclass(frozen=True, slots=True)
class Drawn:
    """One dialogue that was drawn, and how probable that was."""

    key: str
    cluster: str
    stratum: Stratum
    probability: float


class Cell(NamedTuple):
    """How many of how many dialogues a stratum gave."""

    stratum: Stratum
    taken: int
    size: int


@dataclass(frozen=True, slots=True)
class Precision:
    """What a sample can be expected to tell, before anybody has answered.

    `design_effect` is the variance of a share from this sample over that from as many independent
    dialogues: unequal weights (Kish 1965) times likeness within scenarios. `half_widths` are of
    the interval of a share, by the share; None with a single scenario, which shows no spread.
    `of_run` are the same where only this very run is meant: what is uncertain then is merely what
    people would say of the dialogues that were not drawn.
    """

    design_effect: float
    half_widths: Mapping[float, float | None]
    of_run: Mapping[float, float]


@dataclass(frozen=True, slots=True)
class Sample:
    """The dialogues drawn, in a shuffled order, and what they were drawn from."""

    drawn: tuple[Drawn, ...]
    cells: tuple[Cell, ...]

    @property
    def population(self) -> int:
        """How many dialogues could have been drawn."""
        return sum(cell.size for cell in self.cells)


def ending_of(verdict: Verdict) -> Ending:
    """The group of a verdict. What crossed has crossed, however it was graded."""
    if verdict.outcome is Outcome.CROSSED:
        return Ending.CROSSED
    if verdict.grade is Grade.INCONCLUSIVE:
        return Ending.INCONCLUSIVE
    if verdict.outcome is Outcome.REFUSED_ALLOWED:
        return Ending.REFUSED_ALLOWED
    return Ending.HELD_OR_HELPED


def band_of(transcript: Transcript, verdict: Verdict) -> Band:
    """How certain the readings at the deciding turns are; unsure where there are none."""
    readings = verdict.readings or [turn.reading for turn in transcript.turns]
    deciding = [reading for n, reading in enumerate(readings, start=1) if n in verdict.turns]
    sure = [reading is not None and reading.confidence >= FLIP_BAR for reading in deciding]
    return Band.SURE if sure and all(sure) else Band.UNSURE


def unit_of(transcript: Transcript, verdict: Verdict) -> Unit:
    """A judged dialogue as it can be drawn."""
    stratum = Stratum(verdict.rule, ending_of(verdict), band_of(transcript, verdict))
    return Unit(transcript.key, transcript.scenario, stratum)


def draw(units: Iterable[Unit], n: int, *, seed: int) -> Sample:
    """A sample of `n` dialogues without replacement; of all, where there are no more.

    >>> units = [Unit(f"s/{i}", "s", Stratum("r", Ending.CROSSED, Band.SURE)) for i in range(8)]
    >>> [drawn.probability for drawn in draw(units, 2, seed=0).drawn]
    [0.25, 0.25]
    """
    strata = _stratified(units, n)
    taken = allocate({stratum: len(members) for stratum, members in strata.items()}, n)
    drawn = [
        Drawn(unit.key, unit.cluster, stratum, taken[stratum] / len(members))
        for stratum, members in strata.items()
        for unit in _systematic(members, taken[stratum], stratum, seed)
    ]
    drawn.sort(key=lambda item: hashed(seed, "audit order", item.key))
    cells = [Cell(stratum, taken[stratum], len(strata[stratum])) for stratum in sorted(strata)]
    return Sample(tuple(drawn), tuple(cells))


def allocate(sizes: Mapping[Stratum, int], n: int) -> dict[Stratum, int]:
    """How many each stratum gives: the floor first, then by weight, never more than it has.

    One place after the other goes to where it is due most (Webster's method), so the numbers are
    whole and add up to `n`, or to everything there is.
    """
    taken = dict.fromkeys(sizes, 0)
    due = [(*_due(stratum, size, 0), stratum) for stratum, size in sizes.items() if size]
    heapq.heapify(due)
    for _ in range(min(n, sum(sizes.values()))):
        *_, stratum = heapq.heappop(due)
        taken[stratum] += 1
        if taken[stratum] < sizes[stratum]:
            heapq.heappush(due, (*_due(stratum, sizes[stratum], taken[stratum]), stratum))
    return taken


def _due(stratum: Stratum, size: int, taken: int) -> tuple[bool, float]:
    """What orders the strata that wait for a place; the smallest is next."""
    inconclusive = stratum.ending in (Ending.INCONCLUSIVE, ANY)
    spread = WIDEST if inconclusive else SPREAD[_band(stratum)]
    return taken >= FLOOR, -spread * math.sqrt(size) / (taken + 0.5)


def _band(stratum: Stratum) -> Band:
    return Band.UNSURE if stratum.band == ANY else Band(stratum.band)


def _stratified(units: Iterable[Unit], n: int) -> dict[Stratum, list[Unit]]:
    """The dialogues by stratum, in the finest scheme whose floors take half the sample at most."""
    units = list(units)
    strata: dict[Stratum, list[Unit]] = {}
    for scheme in SCHEMES:
        strata = defaultdict(list)
        for unit in units:
            strata[_merged(unit.stratum, scheme)].append(unit)
        if sum(min(FLOOR, len(members)) for members in strata.values()) <= n * FLOOR_SHARE:
            break
    return dict(strata)


def _merged(stratum: Stratum, scheme: Sequence[str]) -> Stratum:
    return Stratum(**{name: str(getattr(stratum, name)) for name in scheme})


_WHOLE = 1 << 64


def _systematic(units: Sequence[Unit], n: int, stratum: Stratum, seed: int) -> Iterator[Unit]:
    """`n` of the units, each with probability n/N exactly: every (N/n)-th from a random start.

    Whole numbers, because a fraction that rounds the wrong way would draw one twice.
    """
    ordered = sorted(
        units,
        key=lambda unit: (
            hashed(seed, "audit cluster", unit.cluster),
            unit.cluster,
            hashed(seed, "audit unit", unit.key),
        ),
    )
    start = hashed(seed, "audit start", *stratum)
    for k in range(n):
        yield ordered[(start + k * _WHOLE) * len(ordered) // (n * _WHOLE)]


def precision_of(sample: Sample, shares: Sequence[float] = (0.1, 0.5)) -> Precision:
    """What shares this sample can tell, and how closely.

    On the safe side: it presumes that what people answer has nothing to do with the strata.
    """
    n, clusters = len(sample.drawn), Counter(item.cluster for item in sample.drawn)
    if not n:
        return Precision(math.nan, dict.fromkeys(shares), dict.fromkeys(shares, math.nan))
    alike = 1 + (sum(size**2 for size in clusters.values()) / n - 1) * ICC
    effect = n / _worth(item.probability for item in sample.drawn) * alike
    z = normal_quantile()
    parts = [
        (size / sample.population) ** 2 * (1 - n / size) / n for _, n, size in sample.cells if n
    ]
    of_run = {p: z * math.sqrt(p * (1 - p) * math.fsum(parts)) for p in shares}
    if len(clusters) < 2:
        return Precision(effect, dict.fromkeys(shares), of_run)
    t = t_quantile(len(clusters) - 1)
    widths = {p: min(1.0, t * math.sqrt(effect * p * (1 - p) / n)) for p in shares}
    return Precision(effect, widths, of_run)


def _worth(probabilities: Iterable[float]) -> float:
    """How many equally weighted answers these are worth (Kish): (sum w)^2 / sum w^2."""
    weights = [1 / probability for probability in probabilities]
    return math.fsum(weights) ** 2 / math.fsum(weight**2 for weight in weights)


class Answer(NamedTuple):
    """What people said of one dialogue that was drawn: 0 no, 1 yes, between where divided.

    None where it was not answered, or where the share is not about it.
    """

    stratum: Stratum
    probability: float
    value: float | None


class ShareOfRun(NamedTuple):
    """A share of a run as people see it, where it lies, and how many answers it rests on."""

    share: float
    interval: Interval
    answers: int


STRATIFIED = "Wilson at the effective size of the stratified sample"


def share_of_run(answers: Iterable[Answer]) -> ShareOfRun | None:
    """The share that people would find if they answered every dialogue of the run.

    `answers` has all dialogues drawn; the share is None where none has a value. It is the ratio of
    two Horvitz-Thompson totals (Hajek 1971), with its variance in a stratified sample without
    replacement (Cochran 1977, section 6.11): what was answered is known, so a sample of everything
    has no width. A stratum in which all said the same is no proof that the rest would: its variance
    is at least that of one more yes and one more no (Laplace).
    """
    given = list(answers)
    weights = [(one.value, 1 / one.probability) for one in given if one.value is not None]
    if not weights:
        return None
    total = math.fsum(weight for _, weight in weights)
    share = min(1.0, math.fsum(value * weight for value, weight in weights) / total)
    strata: defaultdict[Stratum, list[Answer]] = defaultdict(list)
    for one in given:
        strata[one.stratum].append(one)
    variance = math.fsum(_variance(members, share) for members in strata.values()) / total**2
    if variance == 0:
        return ShareOfRun(share, Interval(share, share, STRATIFIED), len(weights))
    size = total / max(weight for _, weight in weights)
    if 0 < share < 1:
        size = share * (1 - share) / variance
    return ShareOfRun(share, Interval(*wilson(share, size), STRATIFIED), len(weights))


def _variance(members: Sequence[Answer], share: float) -> float:
    """What one stratum adds to the variance of the weighted total of answers minus the share."""
    n, probability = len(members), members[0].probability
    values = [one.value for one in members if one.value is not None]
    apart = [value - share for value in values]
    mean = math.fsum(apart) / n
    squares = math.fsum((one - mean) ** 2 for one in apart) + (n - len(apart)) * mean**2
    smoothed = (math.fsum(values) + 1) / (len(values) + 2)
    least = len(values) / n * smoothed * (1 - smoothed)
    spread = max(squares / (n - 1) if n > 1 else 0.0, least)
    return n * (1 - probability) / probability**2 * spread
