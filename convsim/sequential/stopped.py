"""Where the repeats of every arm stopped, and why: a table whose intervals hold at every look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean
from typing import Any

from convsim.correction import NoCorrection
from convsim.estimates import Estimate
from convsim.plan import Series
from convsim.rows import Row
from convsim.sequential.stopping import Aim, Stopping, stretches
from convsim.sequential.tallies import Tallies, Tally
from convsim.stats import NoInterval, pooled
from convsim.tabular import Tabular
from convsim.transcript import Mode

ESTIMAND = (
    "The chance that a dialogue of this arm of this scenario fails, by crossing or by refusing for "
    "good what is allowed. The interval is made to be looked at after any repeat: the chance that "
    "it ever misses, at whatever look the repeats stopped, is at most 5% for each arm. It is about "
    "this scenario alone; the share itself leans a little to the side on which its repeats ended. "
    "Dialogues that never came to a decision, or that an error ended, are left out."
)

UNCORRECTED = NoCorrection("an interval for every look is of what the judge said")


class End(StrEnum):
    """How the repeats of an arm ended."""

    KNOWN = "known"
    """The condition was met."""
    UNDECIDED = "undecided"
    """It was not, and all the repeats that it may have were played."""
    SILENT = "nothing to tell"
    """No dialogue came to a decision, so that more of them would not have helped."""
    OPEN = "not finished"
    """The run has not got that far."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The repeats of one arm against one target: how many were played, and what is known."""

    series: Series
    mode: Mode
    end: End
    repeats: int
    number: Estimate

    def record(self) -> dict[str, Any]:
        """It as one flat row."""
        return {**self._place(), **self.number.record()}

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return {**self._place(), **self.number.to_dict()}

    def _place(self) -> dict[str, Any]:
        return {
            "target": self.series.target,
            "mode": self.mode.value,
            "by": "scenario and arm",
            "value": f"{self.series.scenario} {self.series.arm}",
            "repeats": self.repeats,
            "end": self.end.value,
        }


@dataclass(frozen=True)
class Stopped(Tabular):
    """Every arm of a run that could stop early: `slice` repeats of each, then what was needed.

    `repeats` is the most that an arm could have; `later` counts the dialogues after the slice.
    """

    stopping: Stopping
    slice: int
    repeats: int
    later: int
    arms: tuple[Ended, ...]

    def records(self) -> list[dict[str, Any]]:
        """One flat row per arm."""
        return [arm.record() for arm in self.arms]

    def to_dict(self) -> dict[str, Any]:
        """It as JSON-able data."""
        return {
            "stop_when": str(self.stopping),
            "slice": self.slice,
            "repeats": self.repeats,
            "later": self.later,
            "arms": [arm.to_dict() for arm in self.arms],
        }

    @property
    def question(self) -> str:
        """What was asked of every arm: `known to 5 points on either side`."""
        bar = f"{100 * self.stopping.bar:g}"
        if self.stopping.aim is Aim.WIDTH:
            return f"known to {bar} points on either side"
        return f"known to fail in fewer, or in more, than {bar}% of dialogues"

    def told(self, target: str) -> str:
        """Why and where the repeats against a target stopped, in a sentence."""
        arms = [arm for arm in self.arms if arm.series.target == target]
        after = {end: [arm.repeats for arm in arms if arm.end is end] for end in End}
        parts = (f"{len(it)} {end.value} after {_span(it)}" for end, it in after.items() if it)
        return f"of {len(arms)} arms {', '.join(parts)}"


def stopped(
    rows: Iterable[Row],
    sizes: Mapping[Series, int],
    stopping: Stopping,
    *,
    slice_: int,
    repeats: int,
    judge: str,
) -> Stopped:
    """Where the repeats of every series stopped; `rows` are those of all dialogues of a run."""
    rows = list(rows)
    tallies = Tallies.of(sizes, rows)
    seen: dict[Series, list[Row]] = {series: [] for series in sizes}
    for row in rows:
        seen[Series(row.scenario, row.arm, row.target)].append(row)

    def ended() -> Iterator[Ended]:
        for series, tally in tallies.by_series.items():
            if own := seen[series]:
                played = max(row.repeat for row in own)
                number = _estimate(tally, len(own), judge)
                end = _end(tally, stopping, played, slice_, repeats)
                yield Ended(series, own[0].mode, end, played, number)

    later = sum(row.repeat > slice_ for row in rows)
    return Stopped(stopping, slice_, repeats, later, tuple(ended()))


def _end(tally: Tally, stopping: Stopping, played: int, slice_: int, repeats: int) -> End:
    if played < slice_:
        return End.OPEN
    if not tally.shares():
        return End.SILENT
    if tally.enough(stopping):
        return End.KNOWN
    if played >= repeats:
        return End.UNDECIDED
    # What an error hid at a look may have been made up for since, and the look stays what it was.
    looks = (stretch.start for stretch in stretches(slice_, repeats))
    stopped = any(tally.enough(stopping, look) for look in looks if slice_ < look <= played)
    return End.KNOWN if stopped else End.OPEN


def _estimate(tally: Tally, played: int, judge: str) -> Estimate:
    shares = tally.shares()
    counts = pooled(shares)
    left_out = played - int(counts.trials)
    return Estimate(
        name="failures of an arm",
        estimand=ESTIMAND,
        value=fmean(it.hits / it.trials for it in shares) if shares else None,
        interval=tally.interval() if shares else NoInterval("no data"),
        fractions={"dialogues": counts},
        clusters=len(shares),
        judge=judge,
        cluster="repeat",
        correction=UNCORRECTED,
        excluded={"open": left_out} if left_out else {},
        why="" if shares else "no dialogue of it came to a decision",
    )


def _span(repeats: Sequence[int]) -> str:
    least, most = min(repeats), max(repeats)
    return f"{least} to {most} repeats" if least < most else f"{most} repeats"
