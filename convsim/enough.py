"""Whether an arm was repeated often enough: by what was walked, or by what is decided.

A run that may stop early is played in waves: some repeats of what is not enough yet, then a look.
Whether a further repeat is played hangs on the earlier ones alone. So the plan is the same in
whichever order dialogues end, and a run that was interrupted goes on with the plan that it had.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from convsim.assess import parse_verdicts
from convsim.case import Case
from convsim.coverage import Coverage, Until
from convsim.manifest import Setup
from convsim.plan import Plan, Series
from convsim.recast import graph_played
from convsim.rows import row_of
from convsim.sequential import Stopping, Tallies, stretches
from convsim.stores import RunDirectory
from convsim.suite import Suite
from convsim.transcript import Transcript, parse_transcript
from convsim.verdict import Verdict
from convsim.walk import case_in


class Enough(Protocol):
    """What is enough, and what was seen of it.

    `judged` says that it hangs on verdicts, `looks` which repeats lie between two looks.
    """

    judged: bool
    looks: Iterable[range]

    def before(self, repeat: int) -> frozenset[Series]:
        """What needs no repeat from this one on."""
        ...

    def add(self, transcript: Transcript, verdict: Verdict | None, case: Case) -> None:
        """Count a dialogue."""
        ...


class Walked:
    """Enough of the graphs of a scenario was covered; then all of its arms are."""

    judged: bool = False

    def __init__(self, until: Until, plan: Plan) -> None:
        self.looks: Iterable[range] = (range(n, n + 1) for n in range(1, plan.repeats + 1))
        self._until = until
        self._series = plan.series
        self._coverage = Coverage(plan.graphs, plan.targets)

    def before(self, repeat: int) -> frozenset[Series]:
        """All of the scenarios of which enough was covered before a repeat."""
        held: dict[str, bool] = {}
        for scenario in {series.scenario for series in self._series}:
            held[scenario] = self._until.holds(self._coverage, scenario, before=repeat)
        return frozenset(series for series in self._series if held[series.scenario])

    def add(self, transcript: Transcript, verdict: Verdict | None, case: Case) -> None:
        """Count what a dialogue walked."""
        self._coverage.add(transcript)


class Decided:
    """What is asked of an arm is decided; a slice of all arms is played before any is."""

    judged: bool = True

    def __init__(self, stopping: Stopping, plan: Plan, slice_: int) -> None:
        self.looks: Iterable[range] = stretches(slice_, plan.repeats)
        self._stopping = stopping
        self._slice = slice_
        self._tallies = Tallies(plan.series)
        self._enough: frozenset[Series] = frozenset()

    def before(self, repeat: int) -> frozenset[Series]:
        """Those that were decided at this look or an earlier one; none within the slice.

        What was decided stays so, whatever else was played before an error was made up for.
        """
        if repeat > self._slice:
            open_ = self._tallies.by_series.keys() - self._enough
            self._enough |= self._tallies.enough(self._stopping, before=repeat, of=open_)
        return self._enough

    def add(self, transcript: Transcript, verdict: Verdict | None, case: Case) -> None:
        """Count how a dialogue ended. One without a verdict tells nothing yet."""
        if verdict is not None:
            self._tallies.add(row_of(transcript, verdict, case, verdict.readings))


def enough_of(setup: Setup, plan: Plan) -> Enough | None:
    """What is enough in a run, nothing being seen yet; None where all of it is played."""
    if (until := setup.stops()) is not None:
        return Walked(until, plan)
    if (stopping := setup.decides()) is not None and setup.slice is not None:
        return Decided(stopping, plan, setup.slice)
    return None


def played_before(
    directory: RunDirectory, suite: Suite, judge: str
) -> Iterator[tuple[Transcript, Verdict | None, Case]]:
    """What earlier sessions played, each dialogue with its last verdict, if it has one."""
    judged = dict(directory.keys(f"verdicts/{judge}"))
    for row in directory.read("dialogues"):
        transcript = parse_transcript(row)
        verdict = None
        if (offset := judged.get(transcript.key)) is not None:
            (verdict,) = parse_verdicts([directory.row_at(f"verdicts/{judge}", offset)])
        yield transcript, verdict, case_in(graph_played(suite, transcript), transcript)
