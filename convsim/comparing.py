"""Stored runs against each other: what changed, whether that may pass, and how a series went.

    found = convsim.compare("runs/march", "runs/april")
    print(found.report())

What is compared, and by which tests, is `differences`; `Run.versions` is what runs are seen as.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from convsim import gates
from convsim.changes import RunChanges, RunDrift, RunGate, changes, together
from convsim.differences import Version
from convsim.drift import drift
from convsim.errors import InputError, choices
from convsim.gates import MARGIN
from convsim.runs import Run

AnyRun = str | os.PathLike[str] | Run


def compare(
    before: AnyRun,
    after: AnyRun | None = None,
    *,
    judge: str | None = None,
    target: str | None = None,
    these: bool = False,
) -> RunChanges:
    """What changed between two runs; of one run alone, what its targets differ in.

        found = convsim.compare("runs/march", "runs/april")
        for one in found.changed: print(one.metric, one.value, one.estimate)

    Only scenarios that say the same are compared, in arms and planned paths that both played.
    Targets go together by alias, or where both runs have a single one; `target` names one of them.
    Both runs are seen by `judge`, or each by its own. Whatever is reported as changed is so with an
    error of 5% over all of it. It is about scenarios like these, as far as there are enough; with
    `these` about these very ones, whose repeats were drawn. Raises `InputError` where they cannot
    be compared.
    """
    one = seen_by(before, judge)
    if after is not None:
        return one.compare(seen_by(after, judge), target=target, these=these)
    return changes(one.versions(), None, {str(one.path): one.dialogue}, these=these)


def gate(
    before: AnyRun,
    after: AnyRun,
    *,
    margin: float = MARGIN,
    judge: str | None = None,
    target: str | None = None,
    these: bool = False,
) -> RunGate:
    """Whether a run is no worse than an earlier one, on under- and over-refusal both.

        if convsim.gate("runs/main", "runs/branch", margin=0.02).decision != "ok": ...

    `ok` says that the data rule out a rise of the margin or more, `regressed` that one of the two
    rates rose, and `undecided` that they decide neither. The rest is as in `compare`.
    """
    one, other = (seen_by(run, judge).versions() for run in (before, after))
    pairs = list(together(one, other, target))
    return RunGate(margin, gates.gate(pairs, margin=margin, these=these).gated)


def follow(
    runs: Sequence[AnyRun],
    *,
    judge: str | None = None,
    target: str | None = None,
    these: bool = False,
) -> RunDrift:
    """How refusal, under- and over-refusal went over three runs or more, in their order.

        for one in convsim.follow(["runs/jan", "runs/feb", "runs/mar"]).changed: print(one.metric)

    Only what every run played alike is followed. The rest is as in `compare`.
    """
    first, *later = [seen_by(run, judge).versions() for run in runs]
    series: list[list[Version]] = []
    for other in later:
        pairs = list(together(first, other, target))
        series = [[one] for one, _ in pairs] if other is later[0] else series
        after = {one.target: two for one, two in pairs}
        series = [[*them, after[them[0].target]] for them in series if them[0].target in after]
    return RunDrift(drift(series, these=these).series)


def seen_by(run: AnyRun, judge: str | None) -> Run:
    """A stored run by the verdicts of a judge that has some."""
    found = run if isinstance(run, Run) else Run(run)
    if judge is None or judge == found.judge:
        return found
    if judge not in found.judges:
        raise InputError(
            f"{found.path} has no verdicts of '{judge}'{choices(judge, found.judges)}; "
            f"`convsim judge {found.path} --judge ...` makes some"
        )
    return Run(found.path, judge=judge)
