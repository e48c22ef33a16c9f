"""Studies with a planted truth: a design, what is played, and how often what came out was right.

A *study* draws a whole run from a truth that it knows, and asks convsim for its figures. Played
2,000 times, an interval of 95% has to hold the truth in at least 93.5% of them, and a rule that
raises alarms may raise one in at most 6.5% of those where there is nothing to find: three standard
errors of 2,000 studies on either side of what is promised.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from table import Goal, Row

from convsim.stats import Interval, NoInterval

STUDIES = 2000
SEED = 20261121
PROMISED = 95.0
"""What an interval promises to hold, in percent."""

Ends = tuple[float, float] | None
Floats = np.ndarray
Rng = np.random.Generator


@dataclass
class Tally:
    """How often intervals held the truth, and their widths; refused ones are counted apart."""

    held: int = 0
    made: int = 0
    refused: int = 0
    width: float = 0.0

    def add(self, ends: Ends, truth: float) -> None:
        """One more interval."""
        if ends is None:
            self.refused += 1
            return
        low, high = ends
        self.made += 1
        self.held += low <= truth <= high
        self.width += high - low

    def __str__(self) -> str:
        if not self.made:
            return f"{'-':>8} {'-':>12} {self.refused:>8}"
        held, width = 100 * self.held / self.made, 100 * self.width / self.made
        return f"{held:>7.1f}% {width:>12.1f} {self.refused:>8}"


def ends_of(interval: Interval | NoInterval) -> Ends:
    """Both ends of an interval, if there is one."""
    return (interval.low, interval.high) if isinstance(interval, Interval) else None


# --- what a study says


class Held(NamedTuple):
    """An interval, and the truth that it has to hold."""

    ends: Ends
    truth: float


class Alarm(NamedTuple):
    """Whether something was reported where there was nothing, which may happen in `at_most`."""

    raised: bool
    at_most: float = 0.05


class Power(NamedTuple):
    """Whether what was there was found, which is promised to happen in `at_least`."""

    found: bool
    at_least: float


Answer = Held | Alarm | Power


@dataclass(frozen=True)
class Design:
    """How many scenarios and repeats, how alike the dialogues of one scenario are, and a rate.

    `repeats` may differ between scenarios: then they are dealt out in turn. `note` says what else
    is special.
    """

    scenarios: int = 30
    repeats: int | tuple[int, ...] = 5
    icc: float = 0.1
    rate: float = 0.1
    note: str = ""

    @property
    def sizes(self) -> list[int]:
        """How many repeats each scenario has."""
        dealt = (self.repeats,) if isinstance(self.repeats, int) else self.repeats
        return [dealt[n % len(dealt)] for n in range(self.scenarios)]

    @property
    def places(self) -> list[tuple[int, int]]:
        """The scenario and the repeat of each dialogue, both counted from 1."""
        return [
            (scenario, repeat)
            for scenario, size in enumerate(self.sizes, 1)
            for repeat in range(1, size + 1)
        ]

    @property
    def of_dialogue(self) -> Floats:
        """The scenario of each dialogue, from 0."""
        return np.repeat(np.arange(self.scenarios), self.sizes)

    def __str__(self) -> str:
        dealt = (self.repeats,) if isinstance(self.repeats, int) else sorted(set(self.repeats))
        repeats = "-".join(str(end) for end in dict.fromkeys((dealt[0], dealt[-1])))
        note = f" {self.note}" if self.note else ""
        return f"{self.scenarios}x{repeats} p{100 * self.rate:g} icc{self.icc:g}{note}"


@dataclass(frozen=True)
class Study:
    """What is played on each of its designs; `play` draws one run and says what came out.

    `share` is how many of the studies that are asked for it plays: less than 1 where one takes
    long.
    """

    name: str
    about: str
    designs: Sequence[Design]
    play: Callable[[Rng, Design], Mapping[str, Answer]]
    share: float = 1.0


# --- scenarios that differ


def frailty(rng: Rng, design: Design) -> Floats:
    """How willing the assistant is in each scenario: a place between 0 and 1, evenly drawn."""
    return rng.random(design.scenarios)


GRID = (np.arange(20_000) + 0.5) / 20_000
"""Every willingness there is, to average a truth over."""


def chances(rate: float, icc: float, willing: Floats) -> Floats:
    """The chance in each scenario: beta with this mean and intra-class correlation."""
    from scipy.special import betaincinv

    if not icc or not 0 < rate < 1:
        return np.full(len(willing), float(rate))
    spread = 1 / icc - 1
    return np.asarray(betaincinv(rate * spread, (1 - rate) * spread, willing))


# --- playing


def rng_of(study: Study, design: Design) -> Rng:
    """A stream of its own for each, so that one played alone gives the same figures."""
    return np.random.default_rng([SEED, zlib.crc32(f"{study.name} {design}".encode())])


AGAIN = 4
"""What falls short is played so many times as often again, and all of it counts: of hundreds of
figures that hold, a few fall short by chance."""


def rows_of(study: Study, studies: int) -> Iterator[Row]:
    """Play a study on all its designs; for every figure a block, with a line for each design."""
    found: dict[str, list[Row]] = {}
    for design in study.designs:
        for figure, row in _rows_at(study, design, max(1, math.ceil(studies * study.share))):
            found.setdefault(figure, []).append(row)
    for rows in found.values():
        yield from rows


def _rows_at(study: Study, design: Design, count: int) -> list[tuple[str, Row]]:
    """The line of every figure on one design."""
    rng = rng_of(study, design)
    answers: dict[str, list[Answer]] = {}

    def told(times: int) -> list[tuple[str, Row]]:
        for _ in range(times):
            for figure, answer in study.play(rng, design).items():
                answers.setdefault(figure, []).append(answer)
        return [(figure, _row(study, design, figure, given)) for figure, given in answers.items()]

    rows = told(count)
    if any(row.met == "no" for _, row in rows):
        rows = told(AGAIN * count)
    return rows


def _row(study: Study, design: Design, figure: str, given: Sequence[Answer]) -> Row:
    section, label = f"{study.name}: {figure}", str(design)
    if isinstance(given[0], Held):
        tally = Tally()
        for answer in given:
            assert isinstance(answer, Held)
            tally.add(answer.ends, answer.truth)
        return _coverage(section, label, tally)
    share = 100 * float(np.mean([answer[0] for answer in given]))
    if isinstance(given[0], Power):
        at_least = 100 * given[0].at_least
        goal = Goal(round(at_least - slack(at_least), 1), at_least=True)
        return Row(section, label, share, "%", f"promised {at_least:g}%", goal=goal)
    assert isinstance(given[0], Alarm)
    nominal = 100 * given[0].at_most
    goal = Goal(round(nominal + slack(nominal), 1))
    beside = f"nominal {nominal:g}%{_count(len(given))}"
    return Row(section, label, share, "% alarms", beside, goal=goal)


def _count(played: int) -> str:
    """How often it was played, where that is more than usual."""
    return f", {played:,}x" if played > STUDIES else ""


def slack(percent: float) -> float:
    """Three standard errors of a share in the full number of studies, in points."""
    return 3 * math.sqrt(percent * (100 - percent) / STUDIES)


def _coverage(section: str, label: str, tally: Tally) -> Row:
    if not tally.made:
        return Row(section, label, None, beside=f"no interval in {tally.refused} studies")
    covered, width = 100 * tally.held / tally.made, tally.width / tally.made
    beside = f"width {100 * width:.3g}" + (f", {tally.refused} refused" if tally.refused else "")
    beside += _count(tally.made + tally.refused)
    goal = Goal(round(PROMISED - slack(PROMISED), 1), at_least=True)
    return Row(section, label, covered, "%", beside, goal=goal)
