"""Several judges at work: what each concluded, who abstained, and which failure counts.

A judge that raises has abstained, and its word is none: its mistake is written into its vote. So
has one whose server does not accept the question (a dialogue that is too long for its model, say):
it would not accept it tomorrow. A call that failed otherwise is something else. It is no vote of
any kind, so the whole verdict is missing, and a resumed run asks again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from convsim.case import Case
from convsim.errors import (
    CallError,
    ConvsimError,
    Halted,
    Permanent,
    RefusedRequest,
    Suspended,
)
from convsim.ports import Judge
from convsim.transcript import Transcript
from convsim.verdict import Grade, Outcome, Reason, Verdict, Vote

MISSING = (CallError, Halted, Suspended)
"""What leaves a verdict missing: a failed call, and a run that stops before a call."""

REFUSED = f"{RefusedRequest.kind}: "
"""Begins the `detail` of an abstention because the server did not accept a question."""

_GRAVEST = (Suspended, Halted, Permanent, CallError)
"""Of several failures the one that says most about the run: first what stops it."""


def name_of(judge: Judge) -> str:
    """What a judge calls itself."""
    return str(getattr(judge, "name", type(judge).__name__))


def abstention(judge: str, transcript: Transcript, case: Case, why: str) -> Verdict:
    """No conclusion, because of `why`."""
    return Verdict(
        key=transcript.key,
        grade=Grade.INCONCLUSIVE,
        outcome=Outcome.UNDECIDED,
        reason=Reason.ABSTAINED,
        finding=Outcome.UNDECIDED.value,
        turns=(),
        quote="",
        rule=case.rule.id,
        findings=(),
        judge=judge,
        detail=why,
    )


async def verdict_of(judge: Judge, transcript: Transcript, case: Case) -> Verdict:
    """The judge's verdict: an abstention where it raises, unless that leaves it missing."""
    try:
        return await judge.judge(transcript, case)
    except RefusedRequest as error:
        why = ": ".join(filter(None, [str(error), error.detail]))
        return abstention(name_of(judge), transcript, case, f"{REFUSED}{why}")
    except MISSING:
        raise
    except Exception as error:  # noqa: BLE001 - a judge is anybody's code; what it raised is kept
        why = f"{type(error).__name__}: {error}"
        return abstention(name_of(judge), transcript, case, why)


async def verdicts_of(judged: Iterable[tuple[Judge, Transcript, Case]]) -> list[Verdict]:
    """Their verdicts, found at the same time, in this order.

    Nobody is cut short by another's failure: what was asked is paid for, and is in the ledger when
    the dialogue is judged again. Then the gravest failure is raised, the first of equals.
    """

    async def settled(judge: Judge, transcript: Transcript, case: Case) -> Verdict | ConvsimError:
        try:
            return await verdict_of(judge, transcript, case)
        except MISSING as error:
            return error

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(settled(*each)) for each in judged]
    results = [task.result() for task in tasks]
    failures = [result for result in results if not isinstance(result, Verdict)]
    if failures:
        raise min(failures, key=_gravity)
    return [result for result in results if isinstance(result, Verdict)]


def _gravity(error: ConvsimError) -> int:
    return next(rank for rank, kind in enumerate(_GRAVEST) if isinstance(error, kind))


def vote_of(judge: Judge, verdict: Verdict) -> Vote:
    """What is kept of one judge's verdict beside that of all."""
    return Vote(
        judge=name_of(judge),
        grade=verdict.grade,
        outcome=verdict.outcome,
        reason=verdict.reason,
        finding=verdict.finding,
        detail=verdict.detail,
    )
