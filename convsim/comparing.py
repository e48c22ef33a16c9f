"""Stored runs against each other: what changed, whether that may pass, and how a series went.

    found = convsim.compare("runs/march", "runs/april")
    print(found.report())

This opens runs and hands their `Run.versions` on. What is compared, and by which tests, is
`differences`; what comes of it, with a report, is `changes`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from convsim import gates
from convsim.changes import RunChanges, RunDrift, RunGate, apart, changes, together
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
    lost = sorted({it.target for it in one} - {it.target for it, _ in pairs})
    if target is None and lost:
        raise InputError(
            f"{one[0].run} has the target{'' if len(lost) == 1 else 's'} {', '.join(lost)}, "
            f"{other[0].run} has not: nothing says whether that may pass. Play it with both, or "
            "name the target to look at (`--target ALIAS`)"
        )
    found = gates.gate(pairs, margin=margin, these=these).gated
    alone = apart(one, other, target)
    told = (replace(pair, matched=pair.matched.leaving_out(alone)) for pair in found)
    return RunGate(margin, tuple(told))


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
    pairs = [{one.target: two for one, two in together(first, it, target)} for it in later]
    series = [
        [one, *(after[one.target] for after in pairs)]
        for one in first
        if all(one.target in after for after in pairs)
    ]
    if not series:
        raise InputError("none of the targets is in every one of these runs; leave some runs out")
    alone = dict.fromkeys(it for other in later for it in apart(first, other, target))
    found = drift(series, these=these)
    return RunDrift(tuple(replace(one, left_out=(*one.left_out, *alone)) for one in found.series))


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
