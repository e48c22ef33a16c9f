"""Stored runs against each other: what changed, whether that may pass, and how a series went.

    found = convsim.compare("runs/march", "runs/april")
    print(found.report())

What is compared, and by which tests, is `differences`; this file finds the versions in run
directories.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import combinations

from convsim.differences import Differences, Version, differences
from convsim.errors import InputError, choices
from convsim.report.tables import groups
from convsim.runs import Run

AnyRun = str | os.PathLike[str] | Run


def compare(
    before: AnyRun,
    after: AnyRun | None = None,
    *,
    judge: str | None = None,
    target: str | None = None,
) -> Differences:
    """What changed between two runs; of one run alone, what its targets differ in.

        found = convsim.compare("runs/march", "runs/april")
        for one in found.changed: print(one.metric, one.value, one.estimate)

    Only scenarios that say the same are compared, in arms and planned paths that both played.
    Targets go together by alias, or where both runs have a single one; `target` names one of them.
    Both runs are seen by `judge`, or each by its own. Whatever is reported as changed is so with an
    error of 5% over all of it. Raises `InputError` where they cannot be compared.
    """
    one = versions(before, judge)
    if after is None:
        return differences(list(combinations(_several(one), 2)))
    return differences(list(_together(one, versions(after, judge), target)))


def versions(run: AnyRun, judge: str | None = None) -> list[Version]:
    """Every target of a run in every mode, as a judge sees it.

    Raises `InputError` where the judge is void, has no verdicts, or nothing was judged.
    """
    run = seen_by(run, judge)
    if run.void is not None:
        raise InputError(f"VOID: {run.void}")
    data, made = run.data, run.manifest
    rules = {rule.id: rule for rule in run.rules}
    found = [
        Version(
            run=str(run.path),
            target=group.target,
            mode=group.mode,
            judge=run.judge,
            rows=group.rows,
            contents={item.id: item.content for item in run.suite.scenarios},
            rules={name: rules[rule.id] for name, rule in run.suite.rules.items()},
            classifier=made["classifier"] if run.judge == "rules" else "",
            router=made["classifier"],
            seed=made["seed"],
            reviewed=data.reviewed,
            incomplete=_incomplete(run),
        )
        for group in groups(data.rows)
    ]
    if not found:
        raise InputError(f"{run.path} has no dialogue with a verdict of {run.judge}")
    return found


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


def _incomplete(run: Run) -> str:
    """What is missing of a run, in words; empty where nothing is."""
    told = []
    if run.missing:
        told.append(
            f"{run.missing} of {run.planned} dialogues are missing (`convsim resume {run.path}`)"
        )
    if run.unjudged:
        told.append(f"{run.unjudged} dialogues have no verdict of {run.judge}")
    return "; ".join(told)


def _several(found: Sequence[Version]) -> Sequence[Version]:
    if len(found) < 2:
        raise InputError(
            f"{found[0].run} has one target, {found[0].target}, and nothing to compare it with; "
            "name a second run"
        )
    return found


def _together(
    before: Sequence[Version], after: Sequence[Version], target: str | None
) -> Iterator[tuple[Version, Version]]:
    """Which versions of two runs belong together."""
    if target is not None:
        yield _called(target, before), _called(target, after)
    elif len(before) == len(after) == 1:
        yield before[0], after[0]
    else:
        by_alias = {one.target: one for one in before}
        found = [(by_alias[one.target], one) for one in after if one.target in by_alias]
        if not found:
            names = [", ".join(one.target for one in side) for side in (before, after)]
            raise InputError(
                f"{before[0].run} has the targets {names[0]}, {after[0].run} {names[1]}: none of "
                "them has the same alias; give both runs one target each, or the same aliases "
                "(`--target ALIAS=TARGET`)"
            )
        yield from found


def _called(alias: str, versions: Sequence[Version]) -> Version:
    by_alias = {one.target: one for one in versions}
    if alias not in by_alias:
        raise InputError(f"{versions[0].run} has no target '{alias}'{choices(alias, by_alias)}")
    return by_alias[alias]
